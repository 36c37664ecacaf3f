/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A histogram of exact microseconds, as the real-time tree's latency_hist has it.
 *
 *	bin i		lengths of [i, i + 1) us, i below WHY_LINEAR_BINS
 *	over		10.24 ms or more
 *	error		under 1 us; least, most and sum are exact
 *	memory		40 KiB
 *
 * All zero is the empty histogram. Written by one owner at a time. A bin stays at WHY_LINEAR_FULL,
 * the samples that it had by then; the tally goes on.
 */
#ifndef WHY_CORE_LINEAR_H
#define WHY_CORE_LINEAR_H

#include "core/tally.h"

enum { WHY_LINEAR_BINS = 10240, WHY_LINEAR_NS = 1000 };

#define WHY_LINEAR_FULL (~0U)

struct why_linear {
	struct why_tally tally;
	u64 over;
	u32 bin[WHY_LINEAR_BINS];
};

/* Returns 1 for a new most, else 0. */
WHY_INLINE u32 why_linear_add(struct why_linear *h, u64 ns)
{
	u32 is_most = !h->tally.count || ns > h->tally.max_ns;
	u64 us = ns / WHY_LINEAR_NS;

	if (us < WHY_LINEAR_BINS)
		h->bin[us] += h->bin[us] != WHY_LINEAR_FULL;
	else
		h->over++;
	why_tally_add(&h->tally, ns);
	return is_most;
}

#endif
