/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last records of every CPU, and what the CPUs did by them: who had a CPU when, which CPUs a
 * task was on or waited on, who woke it. A record is kept in the 16 bytes that it has in a ring;
 * in place of its lap stands the CPU's context after it (core/account.h), so that every instant
 * between two records has its class without looking further back.
 *
 * Knows no task and no limit. One thread at a time. All times are CLOCK_MONOTONIC ns.
 */
#ifndef WHY_LIB_HISTORY_H
#define WHY_LIB_HISTORY_H

#include "lib/event.h"
#include "lib/spans.h"

struct why_history;

/* `shift`: log2 of the records kept of each CPU. NULL without memory. */
struct why_history *why_history_new(u32 nr_cpus, u32 shift);
void why_history_free(struct why_history *h);

/*
 * Keeps `e`, a CPU's events in order of time. `context`: the CPU's, after it. `is_break`: events
 * were hidden before it, so what the CPU seemed to do since its last switch is not known.
 */
void why_history_add(struct why_history *h, const struct why_event *e, u32 context, bool is_break);

/* Since when all that CPU `cpu` did is kept: its first record, or that after a gap; ~0: none. */
u64 why_history_whole_since(const struct why_history *h, u32 cpu);

/*
 * Adds what CPU `cpu` did from `from` to `to`, in pieces that follow each other and fill that
 * interval exactly; where nothing is kept the class is unseen. Returns 0 or -ENOMEM.
 */
int why_history_spans(const struct why_history *h, u32 cpu, u64 from, u64 to,
		      struct why_spans *into);

/*
 * The records of CPU `cpu` from `from` to `to`, both included, as the events of a measurement that
 * begins and ends then, for free(): between them BEGIN and END. NULL without memory. *ret_n is 0
 * where nothing of it is kept.
 */
struct why_event *why_history_events(const struct why_history *h, u32 cpu, u64 from, u64 to,
				     size_t *ret_n);

/* Where a task is from an instant on. */
struct why_step_at {
	u64 at_ns;
	u32 cpu;
	enum why_stand { WHY_STANDS_WAITING, WHY_STANDS_RUNNING, WHY_STANDS_ASLEEP } stand;
	enum why_stand stood;	/* before */
};

/*
 * Task `pid`'s ways from `from` to `to`, both included, in order of time, for free(): its wakings,
 * switches and migrations. NULL without memory.
 */
struct why_step_at *why_history_path(const struct why_history *h, u32 pid, u64 from, u64 to,
				     size_t *ret_n);

/*
 * When task `pid` last began or ended to run or to sleep, from `from` to `to`, both included;
 * `from` where it did not. Its steps before then do not matter for where it is afterwards.
 */
u64 why_history_settled(const struct why_history *h, u32 pid, u64 from, u64 to);

/*
 * The last waking of task `pid` from `since` to `at`, both included, that ended a sleep; with
 * `may_pend`, that may have met it on its CPU still. False: none is kept.
 */
bool why_history_waking(const struct why_history *h, u32 pid, u64 since, u64 at, bool may_pend,
			struct why_wake *ret);

#endif
