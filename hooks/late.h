/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who was started late (core/late.h). late_at() is the includer's, as in hooks/world.h; `timer` is
 * an address.
 */
#ifndef WHY_HOOKS_LATE_H
#define WHY_HOOKS_LATE_H

#include "core/late.h"

/* A timer is started whose expiry has passed. */
WHY_INLINE void note_late_start(u64 timer, u64 expires)
{
	u64 *late = late_at(why_late_place(timer));

	if (late)
		WHY_STORE(*late, why_late_word(timer, expires));
}

WHY_INLINE u32 was_started_late(u64 timer, u64 expires)
{
	u64 *late = late_at(why_late_place(timer));

	return late && *late == why_late_word(timer, expires);
}

#endif
