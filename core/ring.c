// SPDX-License-Identifier: GPL-2.0-only
/* Whether what a reader copied is the record it wanted: see ring.h. */
#include "core/ring.h"

u32 why_ring_judge(const struct why_record *copy, u64 position, u32 shift, u64 head_after)
{
	if (head_after - position > 1ULL << shift)
		return WHY_RING_LOST;
	if (why_record_type(copy) == WHY_RECORD_NONE ||
	    why_record_lap(copy) != why_ring_lap(position, shift))
		return WHY_RING_NOT_YET;
	return WHY_RING_GOOD;
}
