/* SPDX-License-Identifier: GPL-2.0-only */
/* What a collector writes in the kernel and user space reads, mapped, while it is written. */
#ifndef WHY_LIB_TABLES_H
#define WHY_LIB_TABLES_H

#include "abi/line.h"
#include "core/cpu.h"
#include "core/keyed.h"

#include <stdbool.h>

struct why_tables {
	u32 nr_cpus;			/* possible CPU numbers */
	u32 nr_keyed;
	struct why_cpu *cpus;		/* [nr_cpus] */
	struct why_keyed *keyed;	/* [nr_keyed] */
	struct why_line *lines;		/* [WHY_LINES] */
	struct why_line_count *counts;	/* [nr_cpus][WHY_LINES] */
};

/*
 * log2 of the places for task states: for eight times the tasks that there are now, so that few
 * find theirs taken, within 0.5 and 8 MiB; as many as that (`is_all`) where a new task cannot have
 * storage.
 */
u32 why_places_shift(bool is_all);

/*
 * log2 of the rows with a key: some 25 vectors and softirqs of each CPU, the lines that come to it
 * and the functions that workers run there: mostly not half full. 9 KiB each, so for the CPUs that
 * are online now; more of them find room too, or are counted. `kinds`: 1 << kind.
 */
u32 why_keyed_shift(u32 nr_cpus, u32 kinds);

#endif
