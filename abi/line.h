/* SPDX-License-Identifier: GPL-2.0-only */
/* Device lines: where the kernel keeps their counts, and what each CPU saw of them. */
#ifndef WHY_ABI_LINE_H
#define WHY_ABI_LINE_H

#include "core/irq.h"

enum { WHY_LINES = 1024 };	/* line n has place n % WHY_LINES, the first to come keeps it */

struct why_line {
	u32 id;			/* line + 1; 0: free */
	u32 has_end;		/* it was found at the end, counted where it was at the beginning */
	u64 counter;		/* per-CPU address of the kernel's count; 0: not found */
};

/* Place n of CPU c is element c * WHY_LINES + n. */
struct why_line_count {
	u64 seen;		/* interrupts, by our programs */
	u32 kernel_begin;	/* the kernel's counts at the edges */
	u32 kernel_end;
	u64 lost;		/* hidden from us, found at breaks of continuity */
	u64 has_begin;		/* kernel_begin was read */
};

/*
 * Where the kernel counts interrupts, in bytes from a CPU's run queue (all are per-CPU variables,
 * so the distance is the same on every CPU); 0: this kernel does not tell.
 */
struct why_count_offsets {
	int softirqs;			/* kstat.softirqs */
	int lines;			/* kstat.irqs_sum */
	int vectors[WHY_VECTOR_NR];	/* irq_stat */
	int preempt_count;		/* x86; elsewhere tasks have it */
	int vector_irq;			/* x86: what lines this CPU's vectors are */
	int per_cpu_offset;		/* this_cpu_off */
};

#endif
