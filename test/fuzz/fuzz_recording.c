// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a recording: opened, and every section read. The first byte says whether the
 * checksums of heads, index and foot are set right before, which no fuzzer finds by itself.
 */
#include "lib/recording_format.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_right)
{
	if (!is_right)
		abort();
}

/* Sets the checksums of the head and of each section in turn.. */
static void mend_sections(u8 *file, size_t size)
{
	struct why_file_section f;
	size_t at = sizeof(struct why_file_head);
	u32 crc;

	crc = why_file_crc(file, at);
	memcpy(file + at - sizeof(crc), &crc, sizeof(crc));
	while (size - at >= sizeof(f)) {
		memcpy(&f, file + at, sizeof(f));
		f.crc = why_file_crc(&f, sizeof(f));
		memcpy(file + at, &f, sizeof(f));
		if (le32toh(f.size) > size - at - sizeof(f))
			break;
		at += sizeof(f) + le32toh(f.size);
	}

}

/* The same of the index and the foot, where the foot says that they are. */
static void mend_foot(u8 *file, size_t size)
{
	struct why_file_section f;
	struct why_file_foot foot;
	u8 *at = file + size - sizeof(foot), *copies;
	size_t i, nr;

	memcpy(&foot, at, sizeof(foot));
	nr = le64toh(foot.nr_sections) % 64;
	if (size - sizeof(foot) - sizeof(struct why_file_head) < nr * sizeof(f))
		return;
	copies = at - nr * sizeof(f);
	for (i = 0; i < nr; i++) {
		memcpy(&f, copies + i * sizeof(f), sizeof(f));
		f.crc = why_file_crc(&f, sizeof(f));
		memcpy(copies + i * sizeof(f), &f, sizeof(f));
	}
	foot.crc = why_file_crc(&foot, sizeof(foot));
	memcpy(at, &foot, sizeof(foot));
}

static void read_section(const struct why_recording *r, size_t i, struct why_run_reader *reader)
{
	static struct why_event events[WHY_PACK_EVENTS];
	const struct why_section_head *h = &r->sections[i];
	struct why_error err = { 0 };
	long n = why_recording_events(r, i, reader, events);
	char *text = why_recording_text(r, i, &err);

	check(n <= WHY_PACK_EVENTS && (h->what == WHY_SECTION_EVENTS || n < 0));
	check(n <= 0 || (events[0].at_ns == h->first_ns && events[n - 1].at_ns == h->last_ns &&
			 (u64)n == h->nr_events && h->cpu < r->nr_cpus));
	check(!text || (strlen(text) <= h->raw_size && h->what != WHY_SECTION_EVENTS));
	check(text || (err.what[0] && !strchr(err.what, '\n')));
	free(text);
}

static void read_all(const char *path)
{
	struct why_run_reader *reader;
	struct why_error err = { 0 };
	struct why_recording r;
	size_t i;

	if (why_recording_open(path, &r, &err)) {
		check(err.what[0] && err.exit_code == WHY_EXIT_FAILED);
		return;
	}
	check(r.nr && (r.is_complete || r.damage[0]));
	reader = why_run_reader_new();
	for (i = 0; i < r.nr; i++)
		read_section(&r, i, reader);
	why_run_reader_free(reader);
	why_recording_close(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	u8 *file;
	int fd;

	if (size < 1 + sizeof(struct why_file_head) + sizeof(struct why_file_foot))
		return 0;
	file = malloc(--size);
	memcpy(file, data + 1, size);
	if (data[0] & 1)
		mend_sections(file, size);
	if (data[0] & 2)
		mend_foot(file, size);
	fd = memfd_create("recording", MFD_CLOEXEC);
	check(fd >= 0 && write(fd, file, size) == (ssize_t)size);
	free(file);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_all(path);
	close(fd);
	return 0;
}
