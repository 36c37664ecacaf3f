/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a violation's story is a case of, where it is one that has a name. By ranks: a deadline task
 * goes before a real-time one, that by priority before an ordinary one, SCHED_IDLE last (sched(7)).
 * Ranks are those of a task's last coming to a CPU: one that was changed or lifted since is told as
 * it was then.
 */
#ifndef WHY_EXPLAIN_DIAGNOSIS_H
#define WHY_EXPLAIN_DIAGNOSIS_H

#include "explain/story.h"

enum why_case {
	WHY_CASE_NONE,
	/* It slept for a holder of lower rank, kept from its CPU by others of lower rank. */
	WHY_CASE_INVERSION,
	/* It slept in the midst of a turn of its loop for most of what the turn took too long. */
	WHY_CASE_BLOCKED,
	/* It waited behind a task that goes first. */
	WHY_CASE_OUTRANKED,
	/* It waited behind one of its own rank, real-time: first come, first served. */
	WHY_CASE_EQUAL,
	/* It waited behind another ordinary task: they take turns. */
	WHY_CASE_TURNS,
	/* It waited behind a task that it goes before, and that had the CPU all the same. */
	WHY_CASE_NOT_PREEMPTED,
	WHY_CASE_NR,
};

struct why_named_case {
	enum why_case what;
	struct why_who waker;	/* of WHY_CASE_BLOCKED: who ended most of its sleep, */
	u32 holder;		/* whom it slept for, if that is a task; 0: nobody */
	u32 culprit;		/* who had the CPU; 0: nobody */
	u64 ns;			/* for so long */
};

/* As JSON has it: "priority_inversion". */
extern const char *const why_case_names[WHY_CASE_NR];

void why_diagnose(const struct why_violation *v, const struct why_story *story,
		  struct why_named_case *ret);

#endif
