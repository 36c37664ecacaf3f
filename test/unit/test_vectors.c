// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every vector, and random streams, through the core in user space and through the core loaded
 * into the kernel: what is expected holds, and the two leave the same bytes behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "test/vectors/parse.h"
#include "unit/random_ops.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "skel/vector.skel.h"

static struct vector *kernel_core;

static int load_kernel_core(void **state)
{
	(void)state;
	kernel_core = vector__open_and_load();
	return kernel_core ? 0 : -1;
}

static int unload_kernel_core(void **state)
{
	(void)state;
	vector__destroy(kernel_core);
	return 0;
}

static void clear_map(struct bpf_map *map, u32 nr)
{
	size_t size = bpf_map__value_size(map);
	void *zero = calloc(1, size);
	u32 i;

	for (i = 0; i < nr; i++)
		assert_int_equal(bpf_map__update_elem(map, &i, sizeof(i), zero, size, BPF_ANY), 0);
	free(zero);
}

static void kernel_apply(const struct vec_op *o)
{
	struct vec_op copy = *o;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &copy, .ctx_size_in = sizeof(copy));

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(kernel_core->progs.apply_line),
						&opts), 0);
}

static void assert_map_equal(struct bpf_map *map, const void *expected, size_t size, u32 nr)
{
	void *value = malloc(size);
	u32 i;

	assert_int_equal(bpf_map__value_size(map), size);
	for (i = 0; i < nr; i++) {
		assert_int_equal(bpf_map__lookup_elem(map, &i, sizeof(i), value, size, 0), 0);
		assert_memory_equal(value, (const char *)expected + i * size, size);
	}
	free(value);
}

static void assert_kernel_equals(const struct world *w)
{
	assert_map_equal(kernel_core->maps.vec_cpus, w->cpus, sizeof(w->cpus[0]), VEC_CPUS);
	assert_map_equal(kernel_core->maps.vec_tasks, w->tasks, sizeof(w->tasks[0]), VEC_TASKS);
}

static void clear_kernel(void)
{
	clear_map(kernel_core->maps.vec_cpus, VEC_CPUS);
	clear_map(kernel_core->maps.vec_tasks, VEC_TASKS);
}

/* Returns the number of expectations met. */
static int run_file(const char *path, struct world *w)
{
	char line[256], why[512];
	FILE *f = fopen(path, "r");
	struct vec_op o;
	int rc, nr = 0;

	assert_non_null(f);
	clear_kernel();
	while (fgets(line, sizeof(line), f)) {
		rc = vec_parse(line, &o);
		if (rc < 0)
			fail_msg("%s: cannot read: %s", path, line);
		if (rc > 0) {
			world_apply(w, &o);
			kernel_apply(&o);
		} else if (!vec_expect(line, w->cpus, w->tasks, why, sizeof(why))) {
			fail_msg("%s: %s", path, why);
		}
		nr += !strncmp(line, "expect", 6);
	}
	fclose(f);
	return nr;
}

static void every_vector_holds_in_user_space_and_in_the_kernel(void **state)
{
	struct world *w = aligned_alloc(4096, sizeof(*w));
	glob_t files;
	size_t i;

	(void)state;
	assert_int_equal(glob("test/vectors/*.vec", 0, NULL, &files), 0);
	for (i = 0; i < files.gl_pathc; i++) {
		memset(w, 0, sizeof(*w));
		assert_true(run_file(files.gl_pathv[i], w) > 0);
		assert_kernel_equals(w);
	}
	assert_true(files.gl_pathc >= 10);
	globfree(&files);
	free(w);
}

static void run_stream(struct stream s, int nr)
{
	struct world *w = aligned_alloc(4096, sizeof(*w));
	struct vec_op o = { .kind = VEC_BEGIN };

	o.now = s.now = 1000000;
	memset(w, 0, sizeof(*w));
	clear_kernel();
	world_begin(w, s.now);
	for (o.cpu = 0; o.cpu < VEC_CPUS; o.cpu++)
		kernel_apply(&o);
	while (nr--) {
		stream_op(&s, &o);
		world_apply(w, &o);
		kernel_apply(&o);
	}
	assert_kernel_equals(w);
	free(w);
}

static void random_streams_leave_the_same_bytes_in_both(void **state)
{
	(void)state;
	run_stream((struct stream){ .seed = 1 }, 20000);
	run_stream((struct stream){ .seed = 2, .keep = WHY_KEEP_NOTHING }, 20000);
}

static void hostile_streams_leave_the_same_bytes_in_both(void **state)
{
	(void)state;
	run_stream((struct stream){ .seed = 3, .is_hostile = 1 }, 20000);
	run_stream((struct stream){ .seed = 4, .is_hostile = 1, .keep = WHY_KEEP_NOTHING }, 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_holds_in_user_space_and_in_the_kernel),
		cmocka_unit_test(random_streams_leave_the_same_bytes_in_both),
		cmocka_unit_test(hostile_streams_leave_the_same_bytes_in_both),
	};

	return cmocka_run_group_tests(tests, load_kernel_core, unload_kernel_core);
}
