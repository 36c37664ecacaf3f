/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A row of the report on one CPU: a kind's figures, its causes and its worst case; its buckets are
 * lane `kind` of the CPU's. In every kind that is a wait, sum(causes) == hist.sum_ns. Written by
 * the owning CPU, interrupts off.
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
	WHY_KIND_NR_TASK,	/* the kinds above are about tasks: one row a CPU */
	WHY_LANE_RATES = WHY_KIND_NR_TASK,	/* a CPU's lanes: those kinds, and this one */
	WHY_KIND_TIMER = WHY_KIND_NR_TASK,	/* from here on rows have keys: core/keyed.h */
	WHY_KIND_IPI,
	WHY_KIND_HANDLER,
	WHY_KIND_VECTOR,
	WHY_KIND_THREAD,
	WHY_KIND_SOFTIRQ_WAIT,
	WHY_KIND_SOFTIRQ_RUN,
	WHY_KIND_WORK_WAIT,
	WHY_KIND_WORK_RUN,
	WHY_KIND_NR,
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
