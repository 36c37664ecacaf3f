// SPDX-License-Identifier: GPL-2.0-only
/* Any sections (sections.h), played back. */
#include "lib/playback.h"

#include "sections.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct why_playback_range range = { .to_ns = ~0ULL };
	struct why_snapshot *s = NULL;
	struct why_error err;
	char path[64];
	int fd;

	if (!size)
		return 0;
	/* The first byte: a part of it only, from early or late. */
	if (data[0] & 1)
		range.from_ns = 1ULL << (data[0] >> 1) % 40;
	fd = write_sections(path, data + 1, size - 1);
	if (fd < 0)
		return 0;
	if (!why_playback(path, &range, NULL, NULL, &s, &err))
		why_snapshot_free(s);
	close(fd);
	return 0;
}
