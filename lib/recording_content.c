// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the contents of a recording's sections: see recording.h. Their sizes were checked when the
 * recording was opened; what zstd's checksum lets through is decoded by code that bears any bytes.
 */
#include "lib/recording_format.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int why_file_read(int fd, void *ret, size_t size, u64 offset)
{
	u8 *at = ret;
	ssize_t n;

	while (size) {
		n = pread(fd, at, size, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EBADMSG;
		at += n;
		size -= (size_t)n;
		offset += (u64)n;
	}
	return 0;
}

static void explain(const struct why_section_head *h, int rc, struct why_error *err)
{
	if (rc == -EBADMSG)
		why_error_set(err, WHY_EXIT_FAILED, 0, "copy the file again",
			      "read the recording's section at byte %llu: it is damaged",
			      h->offset);
	else
		why_error_set(err, WHY_EXIT_FAILED, -rc, "",
			      "read the recording's section at byte %llu", h->offset);
}

static int read_text(const struct why_recording *r, const struct why_section_head *h, u8 *packed,
		     char *ret)
{
	int rc = why_file_read(r->fd, packed, h->size, h->offset + sizeof(struct why_file_section));

	if (rc)
		return rc;
	if (ZSTD_decompress(ret, h->raw_size, packed, h->size) != h->raw_size)
		return -EBADMSG;
	ret[h->raw_size] = '\0';
	return 0;
}

char *why_recording_text(const struct why_recording *r, size_t section, struct why_error *err)
{
	const struct why_section_head *h;
	char *text;
	u8 *packed;
	int rc;

	if (section >= r->nr || r->sections[section].what == WHY_SECTION_EVENTS) {
		why_error_set(err, WHY_EXIT_FAILED, EINVAL, "", "read a text of the recording");
		return NULL;
	}
	h = &r->sections[section];
	packed = malloc(h->size + 1);
	text = malloc(h->raw_size + 1);
	rc = packed && text ? read_text(r, h, packed, text) : -ENOMEM;
	free(packed);
	if (!rc)
		return text;
	free(text);
	explain(h, rc, err);
	return NULL;
}

struct why_run_reader {
	ZSTD_DCtx *zstd;
	u8 *packed;		/* [why_file_bound(why_pack_bound(WHY_PACK_EVENTS))] */
	u8 *raw;		/* [why_pack_bound(WHY_PACK_EVENTS)] */
};

struct why_run_reader *why_run_reader_new(void)
{
	struct why_run_reader *reader = calloc(1, sizeof(*reader));
	size_t raw_size = why_pack_bound(WHY_PACK_EVENTS);

	if (!reader)
		return NULL;
	reader->zstd = ZSTD_createDCtx();
	reader->packed = malloc(why_file_bound(raw_size));
	reader->raw = malloc(raw_size);
	if (reader->zstd && reader->packed && reader->raw)
		return reader;
	why_run_reader_free(reader);
	return NULL;
}

void why_run_reader_free(struct why_run_reader *reader)
{
	if (!reader)
		return;
	ZSTD_freeDCtx(reader->zstd);
	free(reader->packed);
	free(reader->raw);
	free(reader);
}

long why_recording_events(const struct why_recording *r, size_t section,
			  struct why_run_reader *reader, struct why_event *ret)
{
	const struct why_section_head *h;
	size_t n, size;
	int rc;

	if (section >= r->nr || r->sections[section].what != WHY_SECTION_EVENTS)
		return -EINVAL;
	h = &r->sections[section];
	n = h->nr_events;
	if (!n)
		return 0;
	rc = why_file_read(r->fd, reader->packed, h->size,
			   h->offset + sizeof(struct why_file_section));
	if (rc)
		return rc;
	size = ZSTD_decompressDCtx(reader->zstd, reader->raw, h->raw_size, reader->packed, h->size);
	if (size != h->raw_size || why_unpack(reader->raw, size, h->cpu, h->first_ns, ret, n) ||
	    ret[n - 1].at_ns != h->last_ns)
		return -EBADMSG;
	return (long)n;
}
