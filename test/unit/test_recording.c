// SPDX-License-Identifier: GPL-2.0-only
/* The file of a recording: what was written comes back, and what is no recording is refused. */
#include "unit/recording_file.h"

#include "lib/texts.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* xorshift64: Marsaglia, "Xorshift RNGs", 2003. */
static u64 any(void)
{
	static u64 seed = 88172645463325252ULL;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static void what_was_written_comes_back(void **state)
{
	struct why_recording r;
	size_t i;

	(void)state;
	write_small();
	assert_int_equal(why_recording_open(path, &r, &err), 0);
	assert_int_equal(r.nr, 7);
	assert_int_equal(r.bytes, file_size);
	assert_int_equal(r.nr_events, 2 * RUN + 1);
	assert_int_equal(r.lost, 7);
	assert_int_equal(r.nr_cpus, 8);
	assert_true(r.is_complete);
	assert_string_equal(r.damage, "");
	assert_int_equal(r.sections[3].lost, 3);
	assert_int_equal(r.sections[3].first_ns, 1000000);
	assert_int_equal(r.sections[6].what, WHY_SECTION_FINAL);
	for (i = 0; i < r.nr; i++)
		assert_small_section(&r, i);
	why_recording_close(&r);
}

static void long_runs_are_split_and_losses_told_once(void **state)
{
	struct why_writer *w = open_writer();
	struct why_recording r;
	struct stat st;

	(void)state;
	add_run(w, 1, LONG, 77, 9);
	assert_int_equal(why_writer_bytes(w), !stat(path, &st) ? st.st_size : -1);
	assert_int_equal(why_writer_close(w, &err), 0);
	assert_int_equal(why_recording_open(path, &r, &err), 0);
	assert_int_equal(r.nr, 2);
	assert_int_equal(r.nr_events, LONG);
	assert_int_equal(r.lost, 9);
	assert_int_equal(r.sections[1].lost, 0);
	assert_events(&r, 0, 1, WHY_PACK_EVENTS, 77);
	assert_int_equal(why_recording_events(&r, 1, reader, back), LONG - WHY_PACK_EVENTS);
	make_events(1, LONG, 77);
	assert_int_equal(back[99].at_ns, events[LONG - 1].at_ns);
	why_recording_close(&r);
}

static void a_long_text_comes_back(void **state)
{
	size_t size = 1 << 20, i;
	char *text = malloc(size + 1);
	struct why_writer *w = open_writer();
	struct why_recording r;

	(void)state;
	for (i = 0; i < size; i++)
		text[i] = (char)('!' + any() % 90);
	text[size] = '\0';
	assert_int_equal(why_writer_text(w, WHY_SECTION_TICK, text, &err), 0);
	add_run(w, 1, 5, 77, 0);
	assert_int_equal(why_writer_close(w, &err), 0);
	assert_int_equal(why_recording_open(path, &r, &err), 0);
	assert_text(&r, 0, text);
	assert_events(&r, 1, 1, 5, 77);
	why_recording_close(&r);
	free(text);
}

static void more_sections_than_a_chunk_of_the_index(void **state)
{
	struct why_writer *w = open_writer();
	struct why_recording r;
	u32 i;

	(void)state;
	for (i = 0; i < 200; i++)
		add_run(w, i, 2, 1000 * i, 0);
	assert_int_equal(why_writer_close(w, &err), 0);
	assert_int_equal(why_recording_open(path, &r, &err), 0);
	assert_true(r.is_complete && !r.damage[0]);
	assert_int_equal(r.nr, 200);
	for (i = 0; i < 200; i++)
		assert_events(&r, i, i, 2, 1000 * i);
	why_recording_close(&r);
}

/* --- what is none --- */

static void assert_refused(const char *name, const char *why)
{
	struct why_recording r;

	memset(&err, 0, sizeof(err));
	assert_true(why_recording_open(name, &r, &err) < 0);
	assert_int_equal(err.exit_code, WHY_EXIT_FAILED);
	assert_non_null(strstr(err.what, why));
	assert_non_null(strstr(err.what, name));
	assert_null(strchr(err.what, '\n'));
	assert_true(err.hint[0]);
}

static void what_is_no_recording_is_refused(void **state)
{
	struct why_file_head head;
	struct why_writer *w;

	(void)state;
	assert_refused(folder, "directory");
	assert_refused("/dev/null", "no regular file");
	assert_refused("/nowhere/at/all", "No such file");
	write_file("", 0);
	assert_refused(path, "empty");
	write_file("12:34 not what you look for\n", 28);
	assert_refused(path, "no recording");
	write_file("x", 1);
	assert_refused(path, "no recording");
	w = open_writer();
	assert_int_equal(why_writer_close(w, &err), 0);
	assert_refused(path, "no whole section");
	write_small();
	memcpy(&head, file, sizeof(head));
	head.version = htole32(2);
	write_file(&head, sizeof(head));
	assert_refused(path, "damaged");
	head.crc = why_file_crc(&head, sizeof(head));
	write_file(&head, sizeof(head));
	assert_refused(path, "later version");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(path, "no regular file");
	unlink(path);
}

/* --- writing --- */

static void a_full_disk_is_told_with_its_path(void **state)
{
	struct why_writer *w;

	(void)state;
	assert_int_equal(why_writer_open("/dev/full", &w, &err), 0);
	assert_int_equal(why_writer_text(w, WHY_SECTION_META, "{}", &err), -ENOSPC);
	assert_non_null(strstr(err.what, "/dev/full"));
	assert_non_null(strstr(err.hint, "full"));
	assert_int_equal(why_writer_close(w, &err), -ENOSPC);
	assert_int_equal(why_writer_open("/nowhere/at/all", &w, &err), -ENOENT);
	assert_non_null(strstr(err.what, "/nowhere/at/all"));
	assert_int_equal(why_writer_open(folder, &w, &err), -EISDIR);
}

static void what_was_there_goes_only_once_something_takes_its_place(void **state)
{
	struct why_writer *w = open_writer();
	struct stat st;

	(void)state;
	add_run(w, 1, 5, 77, 0);
	assert_int_equal(why_writer_close(w, &err), 0);
	assert_int_equal(why_writer_open(path, &w, &err), 0);
	why_writer_abandon(w);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 100);
	unlink(path);
	assert_int_equal(why_writer_open(path, &w, &err), 0);
	why_writer_abandon(w);
	assert_int_equal(stat(path, &st), -1);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void where_the_disk_is_full_the_rest_can_be_read(void **state)
{
	struct why_writer *w;
	struct why_recording r;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	w = open_writer();
	add_run(w, 4, RUN, 100, 0);
	limit_files(why_writer_bytes(w) + 100);
	make_events(4, RUN, 900000);
	assert_int_equal(why_writer_events(w, 4, events, RUN, 0, &err), -EFBIG);
	assert_non_null(strstr(err.what, path));
	assert_true(err.hint[0]);
	limit_files(RLIM_INFINITY);
	/* Whatever comes after the part of a section would be lost with it. */
	assert_int_equal(why_writer_events(w, 4, events, RUN, 0, &err), -EFBIG);
	assert_int_equal(why_writer_text(w, WHY_SECTION_META, "", &err), -EFBIG);
	assert_int_equal(why_writer_close(w, &err), -EFBIG);
	assert_int_equal(why_recording_open(path, &r, &err), 0);
	assert_int_equal(r.nr, 1);
	assert_false(r.is_complete);
	assert_events(&r, 0, 4, RUN, 100);
	why_recording_close(&r);
}

static void what_breaks_the_contract_is_not_written(void **state)
{
	struct why_writer *w = open_writer();
	u64 bytes = why_writer_bytes(w);

	(void)state;
	make_events(1, RUN, 100);
	events[7].at_ns = 1;
	assert_int_equal(why_writer_events(w, 1, events, RUN, 0, &err), -EINVAL);
	make_events(1, RUN, 100);
	assert_int_equal(why_writer_events(w, 1 << 20, events, RUN, 0, &err), -EINVAL);
	assert_int_equal(why_writer_text(w, WHY_SECTION_EVENTS, "", &err), -EINVAL);
	assert_int_equal(why_writer_bytes(w), bytes);
	add_run(w, 1, RUN, 100, 0);
	assert_int_equal(why_writer_close(w, &err), 0);
}

static void *copy_slowly(void *from)
{
	char buffer[1000];
	FILE *f = fopen(path, "we");
	ssize_t n;

	while ((n = read(*(int *)from, buffer, sizeof(buffer))) > 0) {
		fwrite(buffer, 1, (size_t)n, f);
		usleep(100);
	}
	fclose(f);
	return NULL;
}

static void standard_output_may_be_a_slow_pipe(void **state)
{
	int ends[2], out = dup(STDOUT_FILENO);
	struct why_recording r;
	struct why_writer *w;
	pthread_t thread;
	size_t i;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(pthread_create(&thread, NULL, copy_slowly, &ends[0]), 0);
	fflush(stdout);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	assert_int_equal(why_writer_open("-", &w, &err), 0);
	for (i = 0; i < WHY_PACK_EVENTS; i++)
		events[i] = (struct why_event){ .at_ns = i, .body = any() };
	assert_int_equal(why_writer_events(w, 3, events, WHY_PACK_EVENTS, 0, &err), 0);
	assert_true(why_writer_bytes(w) > 8 * WHY_PACK_EVENTS);
	assert_int_equal(why_writer_close(w, &err), 0);
	dup2(out, STDOUT_FILENO);
	close(out);
	pthread_join(thread, NULL);
	close(ends[0]);
	assert_int_equal(why_recording_open(path, &r, &err), 0);
	assert_true(r.is_complete);
	assert_int_equal(why_recording_events(&r, 0, reader, back), WHY_PACK_EVENTS);
	for (i = 0; i < WHY_PACK_EVENTS; i++)
		assert_int_equal(back[i].body, events[i].body);
	why_recording_close(&r);
}

/* Programs that the kernel did not run: how often and at which events. */
static void missed_runs_come_back(void **state)
{
	struct why_snapshot *s = why_snapshot_new(1), *read = why_snapshot_new(1);
	char *text;

	(void)state;
	s->recursion_misses = 3;
	strcpy(s->missed_in, "hrtimer_expire_entry ipi_send_cpu");
	text = why_final_text(s, true);
	assert_int_equal(why_final_read(text, read, true), 0);
	assert_int_equal(read->recursion_misses, 3);
	assert_string_equal(read->missed_in, s->missed_in);
	free(text);
	why_snapshot_free(read);
	why_snapshot_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_comes_back),
		cmocka_unit_test(missed_runs_come_back),
		cmocka_unit_test(long_runs_are_split_and_losses_told_once),
		cmocka_unit_test(a_long_text_comes_back),
		cmocka_unit_test(more_sections_than_a_chunk_of_the_index),
		cmocka_unit_test(what_is_no_recording_is_refused),
		cmocka_unit_test(a_full_disk_is_told_with_its_path),
		cmocka_unit_test(what_was_there_goes_only_once_something_takes_its_place),
		cmocka_unit_test(where_the_disk_is_full_the_rest_can_be_read),
		cmocka_unit_test(what_breaks_the_contract_is_not_written),
		cmocka_unit_test(standard_output_may_be_a_slow_pipe),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
