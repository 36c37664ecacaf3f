/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What /proc says of interrupts, as values: counts by CPU, whose they are, where they may go.
 * The texts are the kernel's show_interrupts() (kernel/irq/proc.c), arch_show_interrupts(), and
 * show_softirqs() (fs/proc/softirqs.c). Counts are since boot, from unsigned ints that wrap at
 * 2^32. Each call stands alone; a value belongs to whoever asked for it, one thread at a time.
 *
 * A number that may be another's, or half of one, is not told: see has_per_cpu.
 */
#ifndef WHY_LIB_INTERRUPTS_H
#define WHY_LIB_INTERRUPTS_H

#include "core/irq.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* One row of /proc/interrupts. Texts that do not fit are cut. */
struct why_interrupt_line {
	char id[16];		/* "36", "LOC", "ERR" */
	int irq;		/* the line's number, -1 for an architecture's row */
	char chip[64];		/* "PCI-MSIX-0000:00:02.0", "SiFive PLIC"; "" for those rows */
	char trigger[32];	/* hwirq and type as printed: "1-edge", "27 Level"; "" likewise */
	char name[128];		/* actions as printed, "a, b" when shared; or that row's text */
	/*
	 * There is one count for each CPU of the head. Not so for ERR and MIS, for a torn row, and
	 * when CPUs came or went between the head and the row: its numbers are left out then.
	 */
	bool has_per_cpu;
};

struct why_interrupts {
	u32 nr_cpus;				/* possible CPU numbers */
	size_t nr;
	struct why_interrupt_line *lines;	/* [nr], in the kernel's order */
	u64 *counts;				/* [nr][nr_cpus], 0 where there is none */
	bool *is_online;			/* [nr_cpus]: has a column in the table */
};

/*
 * Reads a text of /proc/interrupts. Columns of CPUs from `nr_cpus` on and lines without an id are
 * left out. Returns 0 and a value for why_interrupts_free(); or, with *ret untouched, -EINVAL
 * (nr_cpus is 0, or the first line is no head "CPU0 CPU2"), -ENOMEM, or what reading failed with.
 */
int why_interrupts_parse(FILE *f, u32 nr_cpus, struct why_interrupts *ret);

/* The same of this machine, now; also -errno where /proc/interrupts cannot be opened. */
int why_interrupts_read(u32 nr_cpus, struct why_interrupts *ret);

/* Leaves an empty value, which may be freed again. */
void why_interrupts_free(struct why_interrupts *s);

/* The row of line `irq`, the first if a text has several, or NULL. Lives as long as `s`. */
const struct why_interrupt_line *why_interrupts_find(const struct why_interrupts *s, int irq);

/*
 * Reads a text of /proc/softirqs into counts[nr_cpus][WHY_SOFTIRQ_NR]; 0 for a CPU that is not in
 * it (it lists the possible ones, online or not). Rows of other names are left out. Returns 0; or,
 * with counts untouched, -EINVAL (nr_cpus is 0, no such table, a row is missing, twice there, or
 * has not one count for each CPU), -ENOMEM, or what reading failed with.
 */
int why_softirqs_parse(FILE *f, u32 nr_cpus, u64 *counts);

/* The same of this machine, now; also -errno where /proc/softirqs cannot be opened. */
int why_softirqs_read(u32 nr_cpus, u64 *counts);

/* CPUs a line may go to, and does go to: lists like "0-1,4", "" where the kernel does not tell. */
struct why_affinity {
	char allowed[64];	/* a list that does not fit ends in ",..." after a whole entry */
	char effective[64];
};

/* Reads texts of smp_affinity_list and effective_affinity_list; either may be NULL. */
void why_affinity_parse(FILE *allowed, FILE *effective, struct why_affinity *ret);

/* From /proc/irq/`irq`/. Returns 0, or -errno, *ret untouched, where neither can be opened. */
int why_affinity_read(int irq, struct why_affinity *ret);

#endif
