/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers that were started late (core/late.h), in each object's own map. */
#ifndef WHY_BPF_LATE_H
#define WHY_BPF_LATE_H

#include "compat/task.h"
#include "core/late.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << WHY_LATE_SHIFT);
	__type(key, u32);
	__type(value, u64);
} why_late_timers SEC(".maps");

static __always_inline u64 *late_at(u32 i)
{
	return bpf_map_lookup_elem(&why_late_timers, &i);
}

#endif
