/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A violation as a story: who took which part of the time. Its parts add up to the latency, to the
 * nanosecond. Where what the CPUs did claims more of a cause than the core's account of a wait has,
 * that is unexplained; where it knows less, the rest of the cause is nobody's. Values in, a value
 * out.
 */
#ifndef WHY_EXPLAIN_STORY_H
#define WHY_EXPLAIN_STORY_H

#include "lib/violation.h"

/* Causes that no wait for a CPU has, beside enum why_cause. */
enum why_story_cause {
	/* Whom it is about ran itself, */
	WHY_STORY_ON_CPU = WHY_CAUSE_NR,
	/* or slept, for a lock, for I/O, for a message; who ended that is the culprit. */
	WHY_STORY_BLOCKED,
	WHY_STORY_CAUSE_NR,
};

/* What has a name in reports; never NULL. */
const char *why_story_cause_name(u32 cause);

struct why_culprit {
	u32 cause;		/* enum why_cause, enum why_story_cause */
	struct why_who who;	/* WHY_ACTOR_NONE: the cause has nobody, or it is not known */
	u32 cpu;		/* where */
	u64 ns;
	u64 times;		/* pieces */
	struct why_who raiser;	/* of a softirq's longest piece: who raised it */
	u64 longest_ns;		/* that piece */
};

struct why_story {
	u64 latency_ns;
	struct why_culprit *culprits;	/* [nr] longest first, without what is unexplained */
	size_t nr;
	u64 unexplained_ns;	/* latency less all of them */
	u64 disagreed_ns;	/* by which spans claimed more of causes than the account has */
};

/* Returns 0 or -ENOMEM. */
int why_story_tell(const struct why_violation *v, struct why_story *ret);
void why_story_free(struct why_story *s);

#endif
