/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of a recording's file (docs/trace-format.md), for what writes and reads it alone. All
 * numbers are little-endian; every struct's last field is the CRC-32 of what comes before it.
 *
 *	head | section head, content | ... | index's head, copies of all heads | foot
 */
#ifndef WHY_LIB_RECORDING_FORMAT_H
#define WHY_LIB_RECORDING_FORMAT_H

#include "lib/pack.h"
#include "lib/recording.h"

#include <endian.h>
#include <zlib.h>
#include <zstd.h>

/* As PNG's: not text, and it shows what changed line ends on its way. */
#define WHY_FILE_MAGIC "\x89why\r\n\x1a\n"
#define WHY_FOOT_MAGIC "whyfoot\n"

enum {
	WHY_SECTION_MAGIC = 0x54434553,	/* "SECT" */
	WHY_SECTION_INDEX = 0x100,	/* a kind that no caller sees */
	WHY_TEXT_MAX = 1 << 20,
	WHY_CPUS_MAX = 8192,		/* CONFIG_NR_CPUS is no larger anywhere */
};

struct why_file_head {
	char magic[8];
	u32 version;
	u32 crc;
};

struct why_file_section {
	u32 magic;
	u32 what;
	u32 cpu;
	u32 nr_events;
	u64 offset;		/* of itself in the file */
	u64 first_ns;
	u64 last_ns;
	u64 lost;
	u32 size;
	u32 raw_size;
	u32 reserved;		/* 0 */
	u32 crc;
};

struct why_file_foot {
	char magic[8];
	u64 index_offset;	/* of the index's head */
	u64 nr_sections;
	u32 reserved;		/* 0 */
	u32 crc;
};

_Static_assert(sizeof(struct why_file_head) == 16, "no padding");
_Static_assert(sizeof(struct why_file_section) == 64, "no padding");
_Static_assert(sizeof(struct why_file_foot) == 32, "no padding");

/* CRC-32 of a struct up to its last field, as it is kept. */
static inline u32 why_file_crc(const void *part, size_t size)
{
	return htole32((u32)crc32_z(0, part, size - sizeof(u32)));
}

/* Reads all of `size` bytes at `offset`: 0, -EBADMSG where the file ends before, or -errno. */
int why_file_read(int fd, void *ret, size_t size, u64 offset);

/* The most bytes that a content can take once compressed: four blocks at the areas' ends. */
static inline size_t why_file_bound(size_t raw_size)
{
	return ZSTD_compressBound(raw_size) + 64;
}

#endif
