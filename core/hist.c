// SPDX-License-Identifier: GPL-2.0-only
/* The histogram's one writer. Called with interrupts off, by the CPU that owns the histogram. */
#include "core/hist.h"

u32 why_hist_add(struct why_hist *h, u64 *lane, u64 ns)
{
	u32 i = why_hist_index(ns);
	u64 before = h->count;

	if (!WHY_RARELY(i >= WHY_HIST_KEPT))
		lane[i * WHY_HIST_LANES]++;
	else
		h->overflow += i >= WHY_HIST_BUCKETS;
	h->sum_ns += ns;
	h->count = before + 1;
	if (WHY_RARELY(!before || ns < h->min_ns))
		h->min_ns = ns;
	if (!WHY_RARELY(!before || ns > h->max_ns))
		return 0;
	h->max_ns = ns;
	return 1;
}
