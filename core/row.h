/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A row of the report on one CPU: a kind's figures, its causes and its worst case; its buckets are
 * lane `kind` of the CPU's. In every
 * kind that is a wait, sum(causes) == hist.sum_ns. Written by the owning CPU, interrupts off.
 */
#ifndef WHY_CORE_ROW_H
#define WHY_CORE_ROW_H

#include "core/hist.h"
#include "core/wait.h"

enum why_kind {
	WHY_KIND_WAKEUP,
	WHY_KIND_PREEMPTED,
	WHY_KIND_NEW,
	WHY_KIND_NR_WAITS,	/* the kinds above are waits and carry causes */
	WHY_KIND_RUN = WHY_KIND_NR_WAITS,
	WHY_KIND_RESPONSE,
	WHY_KIND_RELIEF,
	WHY_KIND_NR,
	WHY_LANE_RATES = WHY_KIND_NR,	/* the lanes of a CPU: its kinds, and this one */
};

struct why_row {
	struct why_hist hist;
	u64 causes[WHY_CAUSE_NR];
	u64 worst_at_ns;	/* when the longest one ended */
	u32 worst_pid;
	u32 reserved;
	char worst_comm[WHY_COMM_LEN];
};

#endif
