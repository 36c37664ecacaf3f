/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers whose expiry had passed when they were started: what they are late by is nobody's
 * delivery. A word is timer ^ expiry, so what is left over says nothing of later starts; each
 * timer has one place of 1 << WHY_LATE_SHIFT, the last one started keeps it.
 */
#ifndef WHY_CORE_LATE_H
#define WHY_CORE_LATE_H

#include "core/keyed.h"

enum { WHY_LATE_SHIFT = 8 };

/* `timer`: its address. */
WHY_INLINE u32 why_late_place(u64 timer)
{
	return why_place(timer >> 3, WHY_LATE_SHIFT);
}

WHY_INLINE u64 why_late_word(u64 timer, u64 expires)
{
	return timer ^ expires;
}

#endif
