/* SPDX-License-Identifier: GPL-2.0-only */
/* What a collector writes in the kernel and user space reads, mapped, while it is written. */
#ifndef WHY_LIB_TABLES_H
#define WHY_LIB_TABLES_H

#include "abi/line.h"
#include "core/cpu.h"
#include "core/keyed.h"

struct why_tables {
	u32 nr_cpus;			/* possible CPU numbers */
	u32 nr_keyed;
	struct why_cpu *cpus;		/* [nr_cpus] */
	struct why_keyed *keyed;	/* [nr_keyed] */
	struct why_line *lines;		/* [WHY_LINES] */
	struct why_line_count *counts;	/* [nr_cpus][WHY_LINES] */
};

#endif
