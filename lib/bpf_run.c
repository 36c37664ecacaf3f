// SPDX-License-Identifier: GPL-2.0-only
/* Running programs and mapping maps, whatever object they are of: see bpf_run.h. */
#include "lib/bpf_run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

const char *why_bpf_event(const struct bpf_program *p)
{
	const char *section = bpf_program__section_name(p);

	return strncmp(section, "tp_btf/", 7) ? NULL : section + 7;
}

void *why_bpf_map(struct bpf_map *map, size_t element, size_t nr, size_t *ret_size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p;

	*ret_size = (element * nr + page - 1) / page * page;
	p = mmap(NULL, *ret_size, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
	return p == MAP_FAILED ? NULL : p;
}

void why_bpf_unmap(void *p, size_t size)
{
	if (p)
		munmap(p, size);
}

/*
 * Runs an edge program on CPU `cpu`, or here with the CPU's number as its argument; again while it
 * says that the instant was a bad one.
 */
static int run_edge(const struct bpf_program *p, u32 cpu, bool is_there)
{
	u64 args[1] = { cpu };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));
	int rc, tries = 1000;

	if (is_there) {
		opts.flags = BPF_F_TEST_RUN_ON_CPU;
		opts.cpu = cpu;
	}
	do {
		rc = bpf_prog_test_run_opts(bpf_program__fd(p), &opts);
	} while (!rc && opts.retval && --tries);
	return rc ?: opts.retval ? -EAGAIN : 0;
}

int why_bpf_run_edges(u32 nr_cpus, const struct bpf_program *here,
		      const struct bpf_program *offline)
{
	u32 cpu;
	int rc;

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		rc = run_edge(here, cpu, true);
		if (rc == -ENXIO)
			rc = offline ? run_edge(offline, cpu, false) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

int why_bpf_walk_tasks(const struct bpf_program *p,
		       int (*take)(void *arg, const struct why_task_record *r), void *arg)
{
	struct why_task_record buf[64];
	struct bpf_link *link = bpf_program__attach_iter(p, NULL);
	int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -errno;
	size_t have = 0, i;
	ssize_t n = 0;
	int rc = fd < 0 ? fd : 0;

	while (!rc && (n = read(fd, (char *)buf + have, sizeof(buf) - have)) > 0) {
		have += (size_t)n;
		for (i = 0; take && !rc && i < have / sizeof(buf[0]); i++)
			rc = take(arg, &buf[i]);
		have %= sizeof(buf[0]);
		memmove(buf, &buf[i], take ? have : 0);
	}
	if (n < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return rc;
}

/* What the kernel says of the program of an event. Whether it says anything. */
static bool ask(const struct bpf_program *p, struct bpf_prog_info *ret)
{
	u32 size = sizeof(*ret);

	memset(ret, 0, sizeof(*ret));
	return why_bpf_event(p) && bpf_program__fd(p) >= 0 &&
	       !bpf_obj_get_info_by_fd(bpf_program__fd(p), ret, &size);
}

struct why_bpf_cost why_bpf_cost(struct bpf_object *obj)
{
	struct bpf_program *p;
	struct bpf_prog_info info;
	struct why_bpf_cost sum = {};

	bpf_object__for_each_program(p, obj) {
		if (!ask(p, &info))
			continue;
		sum.runs += info.run_cnt;
		sum.run_ns += info.run_time_ns;
	}
	return sum;
}

u64 why_bpf_misses(struct bpf_object *obj, char *ret_in, size_t room)
{
	struct bpf_program *p;
	struct bpf_prog_info info;
	u64 sum = 0;
	size_t used;

	*ret_in = 0;
	bpf_object__for_each_program(p, obj) {
		if (!ask(p, &info) || !info.recursion_misses)
			continue;
		sum += info.recursion_misses;
		used = strlen(ret_in);
		if (used + strlen(why_bpf_event(p)) + 2 <= room)
			snprintf(ret_in + used, room - used, "%s%s", used ? " " : "",
				 why_bpf_event(p));
	}
	return sum;
}
