// SPDX-License-Identifier: GPL-2.0-only
/* The histogram's one writer. Called with interrupts off, by the CPU that owns the histogram. */
#include "core/hist.h"

/* The first sample, or one that is as long as the longest or longer; the count has it. */
WHY_ASIDE u32 add_longest(struct why_hist *h, u64 ns)
{
	if (h->count == 1)
		h->min_ns = ns;
	else if (ns == h->max_ns)
		return 0;
	h->max_ns = ns;
	return 1;
}

u32 why_hist_add(struct why_hist *h, u64 *lane, u64 ns)
{
	u32 i = why_hist_index(ns);

	if (!WHY_RARELY(i >= WHY_HIST_KEPT))
		lane[i * WHY_HIST_LANES]++;
	else
		h->overflow += i >= WHY_HIST_BUCKETS;
	h->sum_ns += ns;
	h->count++;
	if (WHY_RARELY(ns >= h->max_ns))
		return add_longest(h, ns);
	if (WHY_RARELY(ns < h->min_ns))
		h->min_ns = ns;
	return 0;
}
