/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log-linear histogram of nanoseconds.
 *
 * Every power of two is cut into 2^5 = 32 equal buckets; below 64 ns a bucket is 1 ns wide.
 *	error	a bucket's width is at most 1/32 = 3.125 % of its lower edge
 *	range	0 ns to 2^40 - 1 ns (18.3 minutes); longer ones are counted in `overflow`, and
 *		still enter count, sum, min and max
 *	memory	32 + 35 * 32 = 1152 buckets of 8 bytes = 9 KiB a histogram
 *	edges	bucket i < 64: [i, i + 1);  else with s = i / 32 - 1 and m = 32 + i % 32:
 *		[m << s, (m + 1) << s)
 *
 * The buckets of eight histograms stand side by side: bucket i of lane k is bucket[i][k], so an i
 * is a cache line. A task switch adds to several histograms, mostly to lengths of like size; apart
 * they would take as many pages, and page walks are what a switch pays most for after it has
 * changed address spaces.
 *
 * Written by one CPU with interrupts off; a reader elsewhere sees each word whole, but not all
 * words of one instant.
 */
#ifndef WHY_CORE_HIST_H
#define WHY_CORE_HIST_H

#include "core/base.h"

/*
 * Where nobody reads buckets whoever includes the core says 0, and has no room for them: structs
 * that have buckets end with them.
 */
#ifndef WHY_HAS_BUCKETS
#define WHY_HAS_BUCKETS 1
#endif

enum {
	WHY_HIST_SUB_BITS = 5,
	WHY_HIST_SUB = 1 << WHY_HIST_SUB_BITS,
	WHY_HIST_MAX_BITS = 40,
	WHY_HIST_BUCKETS = (WHY_HIST_MAX_BITS - WHY_HIST_SUB_BITS + 1) << WHY_HIST_SUB_BITS,
	WHY_HIST_KEPT = WHY_HAS_BUCKETS ? WHY_HIST_BUCKETS : 0,
	WHY_HIST_LANES = 8,
};

struct why_hist {
	u64 count;
	u64 sum_ns;
	u64 min_ns;	/* meaningless while count is 0 */
	u64 max_ns;
	u64 overflow;	/* samples of 2^40 ns and more: in no bucket */
};

/* Where the processor has an instruction for it the compiler may be told so, as user space's is. */
#ifndef WHY_MSB63
#define WHY_MSB63(v) why_msb63(v)
#endif

/*
 * Position of the highest bit set of 0 < v < 2^63, by bisection without a branch and without a
 * table: an eBPF verifier would follow every path in every place that adds to a histogram, a table
 * would be one more page to walk to at every switch, and clang 14 has no count-leading-zeros for
 * eBPF. Each step is the sign of a difference; the last four bits are a nibble of a constant.
 */
WHY_INLINE u64 why_exceeds(u64 v, u64 limit)
{
	return (limit - v) >> 63;
}

WHY_INLINE u32 why_msb63(u64 v)
{
	u64 by32 = why_exceeds(v, 0xffffffff) << 5, by16, by8, by4;

	v >>= by32;
	by16 = why_exceeds(v, 0xffff) << 4;
	v >>= by16;
	by8 = why_exceeds(v, 0xff) << 3;
	v >>= by8;
	by4 = why_exceeds(v, 0xf) << 2;
	v >>= by4;
	return (u32)(by32 + by16 + by8 + by4 + (0x3333333322221100ULL >> v * 4 & 3));
}

/* Bucket of a length; WHY_HIST_BUCKETS and above mean overflow. */
WHY_INLINE u32 why_hist_index(u64 ns)
{
	u32 shift;

	if (WHY_RARELY(ns < 2 * WHY_HIST_SUB))
		return (u32)ns;
	if (WHY_RARELY(ns >> 63))
		return WHY_HIST_BUCKETS;
	shift = WHY_MSB63(ns) - WHY_HIST_SUB_BITS;
	return (shift << WHY_HIST_SUB_BITS) + (u32)(ns >> shift);
}

/* Lower edge of bucket `i` in ns; the upper edge is the lower one of i + 1. */
WHY_INLINE u64 why_hist_low(u32 i)
{
	u32 shift;

	if (i < 2 * WHY_HIST_SUB)
		return i;
	shift = i / WHY_HIST_SUB - 1;
	return (u64)(WHY_HIST_SUB + i % WHY_HIST_SUB) << shift;
}

/*
 * Adds one sample; `lane` is bucket[0][k] of the histogram's lane. Returns 1 if the sample is
 * longer than every one before it, else 0.
 */
WHY_HIDDEN u32 why_hist_add(struct why_hist *h, u64 *lane, u64 ns);

#endif
