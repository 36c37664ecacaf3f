/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arithmetic of a CPU's ring: a power of two of records, written in place for ever.
 *
 *	position	0 1 2 ... claimed by adding to the CPU's head, never reused
 *	slot		position modulo size
 *	lap		position / size, of which the record keeps 8 bits
 *
 * A writer claims a position (in one instruction, if it may be interrupted), stores the body, then
 * the head. It may be interrupted in between, so a reader believes a slot only when it is typed
 * (one never written is not), holds the lap of the position that it wants, and that position had
 * not been overtaken once it was copied.
 */
#ifndef WHY_CORE_RING_H
#define WHY_CORE_RING_H

#include "core/record.h"

enum why_ring_verdict {
	WHY_RING_GOOD,
	WHY_RING_LOST,		/* overwritten: the position is gone for ever */
	WHY_RING_NOT_YET,	/* claimed, and its writer is still at it */
};

WHY_INLINE u64 why_ring_slot(u64 position, u64 size)
{
	return position & (size - 1);
}

/* `shift` is log2 of the size. */
WHY_INLINE u32 why_ring_lap(u64 position, u32 shift)
{
	return (u32)(position >> shift) & 0xff;
}

/*
 * Judges a copy of a position's slot. `head_after` is the ring's head as read after the copy:
 * a writer that has claimed the next lap of this slot may have been in the middle of it.
 */
WHY_HIDDEN u32 why_ring_judge(const struct why_record *copy, u64 position, u32 shift,
			      u64 head_after);

#endif
