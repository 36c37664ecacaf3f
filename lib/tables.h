/* SPDX-License-Identifier: GPL-2.0-only */
/* What a collector writes in the kernel and user space reads, mapped, while it is written. */
#ifndef WHY_LIB_TABLES_H
#define WHY_LIB_TABLES_H

#include "abi/config.h"
#include "abi/line.h"
#include "core/cpu.h"
#include "core/keyed.h"
#include "core/record.h"

#include <stddef.h>
#include <sys/types.h>

struct why_tables {
	u32 nr_cpus;			/* possible CPU numbers */
	u32 nr_keyed;
	struct why_cpu *cpus;		/* [nr_cpus] */
	struct why_keyed *keyed;	/* [nr_keyed] */
	struct why_line *lines;		/* [WHY_LINES] */
	struct why_line_count *counts;	/* [nr_cpus][WHY_LINES] */
};

/* Where a collector has each of them, to be mapped. */
enum why_table {
	WHY_MAPPED_CPUS,
	WHY_MAPPED_KEYED,
	WHY_MAPPED_LINES,
	WHY_MAPPED_LINE_COUNTS,
	WHY_MAPPED_RINGS,	/* struct why_record [nr_cpus][1 << ring_shift] */
	WHY_MAPPED_NR,
};

struct why_table_place {
	int fd;
	off_t offset;
};

/* What is mapped; all zero: nothing. */
struct why_mapping {
	void *at[WHY_MAPPED_NR];
	size_t bytes[WHY_MAPPED_NR];
};

/*
 * Maps the tables to be read, sized as `cfg` says: into `t` and, where there are rings, *ret_rings.
 * Returns 0 or -errno; why_tables_unmap() undoes it, whole or not.
 */
int why_tables_map(struct why_mapping *m, const struct why_config *cfg,
		   const struct why_table_place *places, struct why_tables *t,
		   const struct why_record **ret_rings);
void why_tables_unmap(struct why_mapping *m);

/*
 * log2 of the places for task states: for eight times the tasks that there are now, so that few
 * find theirs taken, from 1 << least to 1 << most of 448 bytes each.
 */
u32 why_places_shift(u32 least, u32 most);

/*
 * log2 of the rows with a key: some 25 vectors and softirqs of each CPU, the lines that come to it
 * and the functions that workers run there: mostly not half full. 9 KiB each, so for the CPUs that
 * are online now; more of them find room too, or are counted. `kinds`: 1 << kind.
 */
u32 why_keyed_shift(u32 nr_cpus, u32 kinds);

#endif
