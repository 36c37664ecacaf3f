/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Count, sum, least and most of a length: a task's own share of a kind, where a histogram would
 * be too large. All zero is the empty tally. Written by one owner at a time.
 */
#ifndef WHY_CORE_TALLY_H
#define WHY_CORE_TALLY_H

#include "core/base.h"

struct why_tally {
	u64 count;
	u64 sum_ns;
	u64 min_ns;	/* meaningless while count is 0 */
	u64 max_ns;
};

WHY_INLINE void why_tally_add(struct why_tally *t, u64 ns)
{
	if (!t->count || ns < t->min_ns)
		t->min_ns = ns;
	if (ns > t->max_ns)
		t->max_ns = ns;
	t->sum_ns += ns;
	t->count++;
}

WHY_INLINE void why_tally_merge(struct why_tally *into, const struct why_tally *t)
{
	if (!t->count)
		return;
	if (!into->count || t->min_ns < into->min_ns)
		into->min_ns = t->min_ns;
	if (t->max_ns > into->max_ns)
		into->max_ns = t->max_ns;
	into->sum_ns += t->sum_ns;
	into->count += t->count;
}

#endif
