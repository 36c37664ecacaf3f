/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the sections of a well-formed file: what checksums keep from other targets. A
 * section is its kind (1), CPU (1), length (2) and content: a text, or events of 12 bytes: type
 * (1), nanoseconds since the last one (3), body (8).
 */
#ifndef WHY_TEST_FUZZ_SECTIONS_H
#define WHY_TEST_FUZZ_SECTIONS_H

#include "lib/pack.h"
#include "lib/recording.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HEAD = 4, EVENT = 12, CPUS = 8 };

static int put_events(struct why_writer *w, u32 cpu, u64 *now, const uint8_t *bytes, size_t size)
{
	static struct why_event e[65536 / EVENT + 1];
	struct why_error err;
	size_t n, i;

	for (i = 0, n = size / EVENT; i < n; i++, bytes += EVENT) {
		*now += bytes[1] | (u64)bytes[2] << 8 | (u64)bytes[3] << 16;
		e[i].at_ns = *now;
		e[i].cpu = cpu;
		e[i].type = bytes[0] % (WHY_RECORD_NR + 1);
		memcpy(&e[i].body, bytes + 4, sizeof(e[i].body));
	}
	return n ? why_writer_events(w, cpu, e, n, 0, &err) : 0;
}

static int put_text(struct why_writer *w, u32 what, const uint8_t *bytes, size_t size)
{
	struct why_error err;
	char *text = malloc(size + 1);
	int rc;

	memcpy(text, bytes, size);
	text[size] = 0;
	rc = why_writer_text(w, what, text, &err);
	free(text);
	return rc;
}

static void put_sections(struct why_writer *w, const uint8_t *data, size_t size)
{
	u64 now[CPUS] = { 0 };
	size_t length;
	u32 what, cpu;
	int rc = 0;

	while (!rc && size > HEAD) {
		what = data[0] % WHY_SECTION_NR;
		cpu = data[1] % CPUS;
		length = data[2] | (size_t)data[3] << 8;
		data += HEAD;
		size -= HEAD;
		if (length > size)
			length = size;
		rc = what == WHY_SECTION_EVENTS ? put_events(w, cpu, &now[cpu], data, length) :
						  put_text(w, what, data, length);
		data += length;
		size -= length;
	}
}

/* A file of them in memory, to be closed; `path` (64 bytes) gets its name. Negative: none. */
static int write_sections(char *path, const uint8_t *data, size_t size)
{
	struct why_error err;
	struct why_writer *w;
	int fd = memfd_create("sections", 0);

	if (fd < 0)
		return fd;
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	if (why_writer_open(path, &w, &err)) {
		close(fd);
		return -1;
	}
	put_sections(w, data, size);
	why_writer_close(w, &err);
	return fd;
}

#endif
