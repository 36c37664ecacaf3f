/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A row of the report that is about one thing on one CPU: a line's action, a vector, a softirq, a
 * function. Rows are made as they are first needed, in one table for all CPUs and kinds, at a
 * place that follows from their key.
 *
 *	key |63 .. 58|57 ... 44|43 ... 0|	0: free
 *	    | kind+1 |   CPU   |   id   |
 *
 *	kind			id
 *	irq.delivery.timer	0
 *	irq.delivery.ipi	enum why_vector
 *	irq.vector		enum why_vector
 *	irq.handler, .thread	line (low 12 bits) and the action's address (bits 6 to 37)
 *	softirq.wait, .run	number of the softirq
 *	work.wait, .run		the function's address, its low 44 bits
 *
 * Who adds to a row is alone at it (a CPU serves an interrupt or a softirq one at a time); but for
 * work items, of which a preemptible program (kernels to come) may add two at once: hooks/claim.h.
 */
#ifndef WHY_CORE_KEYED_H
#define WHY_CORE_KEYED_H

#include "core/hist.h"
#include "core/row.h"

enum {
	WHY_KEY_ID_BITS = 44,
	WHY_KEY_CPU_BITS = 14,
	WHY_KEYED_NEAR = 8,
	WHY_KEYED_PROBES = 32,	/* places looked at before a row is given up */
	WHY_KEYED_NAME_LEN = 24,
	WHY_KEYED_PARTS = 2,
};

struct why_keyed {
	u64 key;
	struct why_hist hist;	/* but for its minimum: */
	u64 inverse_min;	/* ~ of the shortest */
	u64 worst_at_ns;	/* when the longest one ended */
	u64 worst_who;		/* irq.delivery.ipi: the sender's CPU; else 0 */
	/*
	 * irq.thread: until its thread first ran, and from then on; the sum is hist.sum_ns.
	 * softirq.run: its CPU's own softirq time in it; the rest went to who interrupted it.
	 */
	u64 part_ns[WHY_KEYED_PARTS];
	u64 nr_unhandled;	/* irq.handler: calls that answered IRQ_NONE, apart */
	u32 irq;		/* irq.handler, irq.thread: the line */
	u32 place;		/* its own in the table, as recordings call it */
	char name[WHY_KEYED_NAME_LEN];	/* irq.handler, irq.thread: the action's */
	u64 bucket[WHY_HIST_KEPT];
};

WHY_INLINE u64 why_key(u32 kind, u32 cpu, u64 id)
{
	return (u64)(kind + 1) << (WHY_KEY_ID_BITS + WHY_KEY_CPU_BITS) |
	       (u64)cpu << WHY_KEY_ID_BITS | (id & ((1ULL << WHY_KEY_ID_BITS) - 1));
}

WHY_INLINE u32 why_key_kind(u64 key)
{
	return (u32)(key >> (WHY_KEY_ID_BITS + WHY_KEY_CPU_BITS)) - 1;
}

WHY_INLINE u32 why_key_cpu(u64 key)
{
	return (u32)(key >> WHY_KEY_ID_BITS) & ((1U << WHY_KEY_CPU_BITS) - 1);
}

WHY_INLINE u64 why_key_id(u64 key)
{
	return key & ((1ULL << WHY_KEY_ID_BITS) - 1);
}

/* A function's address again: the kernel's have all higher bits set. */
WHY_INLINE u64 why_function_address(u64 id)
{
	return id | ~0ULL << WHY_KEY_ID_BITS;
}

/* Adds a sample where nobody else adds to the row. Returns 1 for a new maximum, else 0. */
WHY_INLINE u32 why_keyed_add(struct why_keyed *row, u64 ns)
{
	u32 i = why_hist_index(ns);

	if (i < WHY_HIST_KEPT)
		row->bucket[i]++;
	else
		row->hist.overflow += i >= WHY_HIST_BUCKETS;
	row->hist.sum_ns += ns;
	row->hist.count++;
	if (~ns > row->inverse_min)
		row->inverse_min = ~ns;
	if (ns && ns <= row->hist.max_ns)
		return 0;
	row->hist.max_ns = ns > row->hist.max_ns ? ns : row->hist.max_ns;
	return 1;
}

/* struct irqaction is aligned to cache lines (include/linux/interrupt.h). */
WHY_INLINE u64 why_action_id(u32 irq, u64 action)
{
	return (u64)(irq & 0xfff) << 32 | (action >> 6 & 0xffffffff);
}

/* Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4) to `bits` bits. */
WHY_INLINE u32 why_place(u64 n, u32 bits)
{
	return (u32)(n * 0x9e3779b97f4a7c15ULL >> (64 - bits));
}

/*
 * The `i`-th place to look for a row at, in a table of 1 << bits. The first few are neighbours, as
 * ever; those behind them are apart, or a run of taken places would be the end.
 */
WHY_INLINE u32 why_keyed_place(u64 key, u32 i, u32 bits)
{
	u32 step = i < WHY_KEYED_NEAR ? 1 : why_place(key, 2 * bits) | 1;

	return (why_place(key, bits) + i * step) & ((1U << bits) - 1);
}

#endif
