/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What pack.c writes and unpack.c reads (docs/trace-format.md has every byte), for them alone and
 * for the writer, which cuts its blocks at the areas' ends. It knows no file.
 *
 *	bytes of columns (4) | symbols [n] | classes of times [n] | columns | bits | 8 zero
 *
 * A symbol is a type, nearly always with the part of its body that repeats: how a task left, a
 * line, a CPU (its shape). What else a body holds lies in columns, parted by type, so that what is
 * alike lies together. A time or a length is a class (its highest three bits and where they
 * stand), which compresses well, and the bits below, which do not and are kept as bits. Any other
 * field is zero, constant, an index into a dictionary, or as many byte planes as it needs: every
 * body is kept whole, whatever its type.
 */
#ifndef WHY_LIB_PACK_FORMAT_H
#define WHY_LIB_PACK_FORMAT_H

#include "core/record.h"

#include <endian.h>
#include <string.h>

enum {
	WHY_PACK_HEAD = 4,
	WHY_PACK_SPARE = 8,		/* after the bits, so that 8 bytes can be read anywhere */
	WHY_PACK_SYMBOLS = 256,
	WHY_PACK_SHAPES = 48,		/* the most of one type; with more it has none */
	WHY_PACK_DICTIONARY = 2048,	/* the most values in one */
	WHY_PACK_CLASS_MAX = 251,	/* of 2^63 and above */
	WHY_PACK_WIDE_BITS = 56,	/* what 8 bytes surely hold from any bit on */
};

/* How a column is kept: the high half of its first byte. The low half: planes. */
enum why_pack_column {
	WHY_COLUMN_ZERO,
	WHY_COLUMN_CONSTANT,
	WHY_COLUMN_PLANES,
	WHY_COLUMN_DICTIONARY,
	WHY_COLUMN_LENGTHS,
};

enum { WHY_FIELDS = 3 };

/* A type's body: its fields from the lowest bit up; all of the bits add up to 64. */
struct why_pack_layout {
	u8 bits[WHY_FIELDS];
	u8 shape;		/* the field that is its shape, + 1; 0: it has none */
	u8 has_length;		/* the last field is a length */
	u8 is_chained;		/* field 1 is nearly always field 0 of the record before */
};

/*
 * Part of the file's version: with another layout of a type, older files read wrong. A new type
 * has none of its own, or the version changes (docs/trace-format.md).
 */
static const struct why_pack_layout why_pack_whole = { .bits = { 64 } };
static const struct why_pack_layout why_pack_layouts[WHY_RECORD_NR] = {
	[WHY_RECORD_SWITCH] = { .bits = { 22, 22, 20 }, .shape = 3, .is_chained = 1 },
	[WHY_RECORD_WAKING] = { .bits = { 22, 42 }, .shape = 2 },
	[WHY_RECORD_WAKEUP] = { .bits = { 22, 42 }, .shape = 2 },
	[WHY_RECORD_MIGRATE] = { .bits = { 22, 42 }, .shape = 2 },
	[WHY_RECORD_NEW] = { .bits = { 22, 22, 20 }, .shape = 3 },
	[WHY_RECORD_ADOPTED] = { .bits = { 22, 42 }, .shape = 2 },
	[WHY_RECORD_RENAMED] = { .bits = { 22, 42 } },
	[WHY_RECORD_NAMED] = { .bits = { 22, 42 } },
	[WHY_RECORD_GROUPED] = { .bits = { 22, 42 } },
	[WHY_RECORD_IRQ_ENTRY] = { .bits = { 64 }, .shape = 1 },
	[WHY_RECORD_IRQ_EXIT] = { .bits = { 64 }, .shape = 1 },
	[WHY_RECORD_VECTOR_ENTRY] = { .bits = { 28, 36 }, .shape = 1, .has_length = 1 },
	[WHY_RECORD_VECTOR_EXIT] = { .bits = { 64 }, .shape = 1 },
	[WHY_RECORD_SOFTIRQ_ENTRY] = { .bits = { 22, 42 }, .shape = 1, .has_length = 1 },
	[WHY_RECORD_SOFTIRQ_EXIT] = { .bits = { 64 }, .shape = 1 },
	[WHY_RECORD_SCHED_ENTRY] = { .bits = { 64 }, .shape = 1 },
	[WHY_RECORD_SCHED_EXIT] = { .bits = { 64 }, .shape = 1 },
	[WHY_RECORD_PART] = { .bits = { 16, 48 }, .shape = 1, .has_length = 1 },
	[WHY_RECORD_SAMPLE] = { .bits = { 16, 48 }, .shape = 1, .has_length = 1 },
};

WHY_INLINE const struct why_pack_layout *why_pack_layout(u32 type)
{
	const struct why_pack_layout *l = &why_pack_layouts[type < WHY_RECORD_NR ? type : 0];

	return l->bits[0] ? l : &why_pack_whole;
}

WHY_INLINE u64 why_pack_mask(u32 bits)
{
	return bits ? ~0ULL >> (64 - bits) : 0;
}

/* Bits of a value below its class. */
WHY_INLINE u32 why_class_bits(u32 class)
{
	return (class >> 2) - (class > 3);
}

/* The least value of its class. */
WHY_INLINE u64 why_class_least(u32 class)
{
	return (u64)((class > 3) << 2 | (class & 3)) << why_class_bits(class);
}

WHY_INLINE u32 why_class_of(u64 v)
{
	u32 top = 63 - (u32)__builtin_clzll(v | 1);

	return v < 4 ? (u32)v : (top - 1) << 2 | ((v >> (top - 2)) & 3);
}

WHY_INLINE u64 why_load_le(const u8 *at)
{
	u64 v;

	memcpy(&v, at, sizeof(v));
	return le64toh(v);
}

WHY_INLINE void why_store_le(u8 *at, u64 v)
{
	v = htole64(v);
	memcpy(at, &v, sizeof(v));
}

#endif
