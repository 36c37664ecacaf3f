/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept of one system call: a tally, and a histogram of 16 powers of two, as coarse as what
 * /proc/syscall-trace shows.
 *	edges	bucket 0: [0, 256) ns; bucket i: [256 << (i - 1), 256 << i);
 *		bucket 15: from 256 << 14 = 4.19 ms on, without end
 *	memory	20 words = 160 bytes
 * All zero is empty. The buckets' sum is the tally's count. Written by one owner at a time.
 */
#ifndef WHY_CORE_SYSCALL_STATS_H
#define WHY_CORE_SYSCALL_STATS_H

#include "core/hist.h"
#include "core/tally.h"

enum {
	WHY_SYSCALL_BUCKETS = 16,
	WHY_SYSCALL_FIRST_BITS = 8,
	WHY_SYSCALL_LAST_BITS = WHY_SYSCALL_FIRST_BITS + WHY_SYSCALL_BUCKETS - 2,
};

struct why_syscall_stats {
	struct why_tally tally;
	u64 bucket[WHY_SYSCALL_BUCKETS];
};

WHY_INLINE u32 why_syscall_bucket(u64 ns)
{
	if (ns >> WHY_SYSCALL_LAST_BITS)
		return WHY_SYSCALL_BUCKETS - 1;
	if (ns >> WHY_SYSCALL_FIRST_BITS)
		return why_msb63(ns) - WHY_SYSCALL_FIRST_BITS + 1;
	return 0;
}

/* Where bucket `i` begins, in ns. */
WHY_INLINE u64 why_syscall_low(u32 i)
{
	return i ? 1ULL << (WHY_SYSCALL_FIRST_BITS + i - 1) : 0;
}

WHY_INLINE void why_syscall_stats_add(struct why_syscall_stats *s, u64 ns)
{
	why_tally_add(&s->tally, ns);
	s->bucket[why_syscall_bucket(ns)]++;
}

WHY_INLINE void why_syscall_stats_merge(struct why_syscall_stats *into,
					const struct why_syscall_stats *s)
{
	u32 i;

	why_tally_merge(&into->tally, &s->tally);
	for (i = 0; i < WHY_SYSCALL_BUCKETS; i++)
		into->bucket[i] += s->bucket[i];
}

#endif
