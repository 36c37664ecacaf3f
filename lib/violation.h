/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A latency that was longer than allowed, with all that happened meanwhile, as a value: what a
 * watch hands out and explain/ tells a story of. Nothing in it points back. Value header: knows no
 * source. Times are CLOCK_MONOTONIC ns.
 */
#ifndef WHY_LIB_VIOLATION_H
#define WHY_LIB_VIOLATION_H

#include "core/cpu.h"
#include "core/keyed.h"
#include "lib/spans.h"

/* A task as it was known when the violation was looked at, or when it died. */
struct why_person {
	u32 pid, tgid;
	char comm[WHY_COMM_LEN + 1];
	bool has_priority;
	int prio;	/* the kernel's: below 0 deadline, below 100 real-time, 120 nice 0 */
	u32 policy;		/* SCHED_*, sched(7) */
	u64 cgroup_id;
};

enum { WHY_WAKES_TOLD = 4 };	/* who woke it, who woke that, and so on */

/*
 * In its longest sleep within the interval a task waited for another one, which ended it; what that
 * one did meanwhile. The next of a list: for whom that one slept longest meanwhile.
 */
struct why_hold {
	u64 begin_ns, end_ns;
	u32 pid;		/* who ended it */
	struct why_spans spans;	/* where `pid` ran or waited, and asleep */
};

enum { WHY_HOLDS_TOLD = 4 };

/* A section with interrupts off that a CPU was in meanwhile, as it was observed. */
struct why_off {
	u64 end_ns;
	u64 least_ns, most_ns;	/* of it within the violation */
	u64 stolen_ns;		/* by the hypervisor, of all of it; off least_ns already */
	u32 cpu;
	char code[192];		/* "who turned them on < its caller < its caller" */
};

enum { WHY_OFFS_TOLD = 4 };

struct why_violation {
	u64 nr;			/* of this watch, from 1 */
	u32 slo;		/* index of the limit among those watched */
	u32 kind;		/* enum why_kind */
	u64 limit_ns;
	bool is_max;		/* it is a new maximum, and limit_ns the one before */
	bool is_open;		/* it goes on: end_ns is when it was looked at */
	u64 begin_ns, end_ns;
	u64 heard_ns;		/* when it was known: a turn ends as the next one begins */
	u32 cpu;		/* where it ended, or is waited on */
	u32 pid;		/* of a kind about tasks; else 0 */
	u64 key;		/* of a row with a key; else 0 */
	int irq;		/* and its line, -1: none */
	char name[WHY_KEYED_NAME_LEN + 1];	/* and its action's name */
	bool has_causes;
	u64 causes[WHY_CAUSE_NR];	/* of a wait, as the core split it: they sum to it */
	struct why_spans spans;	/* what the CPU that mattered did: begin to end, without a gap */
	struct why_spans before;	/* and shortly before the beginning */
	/* Of a wait: while a CPU that the task was allowed on, and did not wait for, was idle. */
	struct {
		bool is_known;
		u64 any_ns;	/* any of them */
		u64 ns;		/* the one that was longest, */
		u32 cpu;	/* which is this */
	} idle;
	bool has_offs;		/* they were looked for */
	struct why_off offs[WHY_OFFS_TOLD];	/* longest first */
	u32 nr_offs;
	struct why_wake wakes[WHY_WAKES_TOLD];
	u32 nr_wakes;
	struct why_hold holds[WHY_HOLDS_TOLD];
	u32 nr_holds;
	struct why_person *people;	/* all tasks that the above names */
	size_t nr_people;
	bool is_complete;	/* everything that happened meanwhile is known */
	char missing[96];	/* else what is not */
};

void why_violation_free(struct why_violation *v);

/* The task `pid` of a violation, or NULL. */
const struct why_person *why_violation_person(const struct why_violation *v, u32 pid);

#endif
