/* SPDX-License-Identifier: GPL-2.0-only */
/* What a CPU did, piece by piece. Value header: knows no source and no ring. */
#ifndef WHY_LIB_SPANS_H
#define WHY_LIB_SPANS_H

#include "core/account.h"

#include <stdbool.h>
#include <stddef.h>

/* Whose doing it was. */
enum why_actor { WHY_ACTOR_NONE, WHY_ACTOR_TASK, WHY_ACTOR_LINE, WHY_ACTOR_VECTOR,
		 WHY_ACTOR_SOFTIRQ };

struct why_who {
	enum why_actor actor;
	u32 id;			/* pid, line, enum why_vector, number of the softirq */
};

/* The task that it is about slept: no CPU mattered. A class beside enum why_class. */
enum { WHY_SPAN_ASLEEP = WHY_CLASS_NR };

struct why_span {
	u64 begin_ns, end_ns;
	u32 cpu;		/* of a sleep: where its waker was */
	u32 class_;		/* enum why_class, WHY_SPAN_ASLEEP */
	struct why_who who;	/* WHY_ACTOR_NONE: nobody, or nobody knows */
	u32 pid;		/* the task that had the CPU beneath; 0: idle */
	struct why_who raiser;	/* of a softirq: who raised it first; WHY_ACTOR_NONE: not known */
};

struct why_spans {
	struct why_span *span;	/* [nr] in order of time */
	size_t nr, room;
};

/* Returns 0 or -ENOMEM. An empty span is none. */
int why_spans_add(struct why_spans *s, const struct why_span *span);
void why_spans_free(struct why_spans *s);

/* A waking that ended a sleep. */
struct why_wake {
	u64 at_ns;
	u32 pid;		/* who was woken */
	u32 cpu;		/* where its waker was, */
	struct why_who waker;	/* what that was, */
	u32 waker_pid;		/* and the task that had the CPU beneath; 0: idle */
};

#endif
