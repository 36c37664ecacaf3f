/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording to test with, in a folder of its own: small enough to be damaged at every bit, and
 * known section by section. Each test program has its own, hence the statics.
 */
#ifndef WHY_TEST_RECORDING_FILE_H
#define WHY_TEST_RECORDING_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/recording_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUN = 20, LONG = WHY_PACK_EVENTS + 100, FILE_MAX = 1 << 20 };

static char folder[] = "/tmp/whylate-recording-XXXXXX";
static char path[64];
static struct why_error err;
static struct why_event events[LONG], back[WHY_PACK_EVENTS];
static struct why_run_reader *reader;

/* The file as it was written. */
static u8 file[FILE_MAX];
static size_t file_size;

static inline void make_events(u32 cpu, size_t n, u64 first_ns)
{
	size_t i;

	for (i = 0; i < n; i++)
		events[i] = (struct why_event){
			.at_ns = first_ns + i * 1000 + i * i % 7,
			.cpu = cpu,
			.type = i % 3 ? WHY_RECORD_WAKING : WHY_RECORD_SWITCH,
			.body = why_record_body((u32)i + cpu, (u32)i % 5, cpu),
		};
}

static inline struct why_writer *open_writer(void)
{
	struct why_writer *w;

	assert_int_equal(why_writer_open(path, &w, &err), 0);
	return w;
}

static inline void add_run(struct why_writer *w, u32 cpu, size_t n, u64 first_ns, u64 lost)
{
	make_events(cpu, n, first_ns);
	assert_int_equal(why_writer_events(w, cpu, events, n, lost, &err), 0);
}

static inline void read_file(void)
{
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	file_size = fread(file, 1, sizeof(file), f);
	fclose(f);
}

static inline void write_file(const void *bytes, size_t size)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	fclose(f);
}

/* Three CPUs, five texts, losses: small enough to be damaged at every bit. */
static inline void write_small(void)
{
	struct why_writer *w = open_writer();

	assert_int_equal(why_writer_text(w, WHY_SECTION_META, "{\"kernel\":\"6.12\"}", &err), 0);
	add_run(w, 0, RUN, 1000000, 0);
	assert_int_equal(why_writer_text(w, WHY_SECTION_TASKS, "[1,2]", &err), 0);
	add_run(w, 7, 1, 1000000, 3);
	assert_int_equal(why_writer_events(w, 2, NULL, 0, 4, &err), 0);
	assert_int_equal(why_writer_events(w, 2, NULL, 0, 0, &err), 0);
	add_run(w, 0, RUN, 2000000, 0);
	assert_int_equal(why_writer_text(w, WHY_SECTION_FINAL, "", &err), 0);
	assert_int_equal(why_writer_close(w, &err), 0);
	read_file();
}

static inline void assert_text(const struct why_recording *r, size_t section, const char *text)
{
	char *is = why_recording_text(r, section, &err);

	assert_non_null(is);
	assert_string_equal(is, text);
	free(is);
}

static inline void assert_events(const struct why_recording *r, size_t section, u32 cpu, size_t n,
			  u64 first_ns)
{
	size_t i;

	assert_int_equal(why_recording_events(r, section, reader, back), n);
	make_events(cpu, n, first_ns);
	for (i = 0; i < n; i++) {
		assert_int_equal(back[i].at_ns, events[i].at_ns);
		assert_int_equal(back[i].cpu, cpu);
		assert_int_equal(back[i].type, events[i].type);
		assert_int_equal(back[i].body, events[i].body);
	}
}

/* One of write_small()'s sections is as it was written. */
static inline void assert_small_section(const struct why_recording *r, size_t i)
{
	switch (i) {
	case 0:
		assert_text(r, i, "{\"kernel\":\"6.12\"}");
		break;
	case 1:
		assert_events(r, i, 0, RUN, 1000000);
		break;
	case 2:
		assert_text(r, i, "[1,2]");
		break;
	case 3:
		assert_events(r, i, 7, 1, 1000000);
		break;
	case 4:
		assert_int_equal(why_recording_events(r, i, reader, back), 0);
		break;
	case 5:
		assert_events(r, i, 0, RUN, 2000000);
		break;
	default:
		assert_text(r, i, "");
	}
}

static inline int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	reader = why_run_reader_new();
	return reader ? 0 : -1;
}

static inline int tear_down(void **state)
{
	(void)state;
	why_run_reader_free(reader);
	unlink(path);
	return rmdir(folder);
}

#endif
