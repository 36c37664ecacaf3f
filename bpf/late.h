/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers whose expiry had passed when they were started: what they are late by is nobody's
 * delivery. A word is timer ^ expiry, so what is left over says nothing of later starts.
 */
#ifndef WHY_BPF_LATE_H
#define WHY_BPF_LATE_H

#include "compat/task.h"
#include "core/keyed.h"

enum { LATE_SHIFT = 8 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << LATE_SHIFT);
	__type(key, u32);
	__type(value, u64);
} why_late_timers SEC(".maps");

static __always_inline u64 *late_place(u64 timer)
{
	u32 i = why_place(timer >> 3, LATE_SHIFT);

	return bpf_map_lookup_elem(&why_late_timers, &i);
}

/* Other clocks are set, so their expiries are no instants; soft timers have no hard interrupt. */
static __always_inline u32 is_hard_monotonic(struct hrtimer *timer)
{
	return timer->base->index == WHY_COMPAT_HRTIMER_BASE_MONOTONIC;
}

/* A timer is started whose expiry has passed. `timer` is its address. */
static __always_inline void note_late_start(u64 timer, u64 expires)
{
	u64 *late = late_place(timer);

	if (late)
		WHY_STORE(*late, timer ^ expires);
}

static __always_inline u32 was_started_late(u64 timer, u64 expires)
{
	u64 *late = late_place(timer);

	return late && *late == (timer ^ expires);
}

#endif
