/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One wait for a CPU, split into causes without a trace.
 *
 *	open (waking, switched out runnable, fork)       close (switched in)
 *	 |<------------- sum(causes) == length ------------>|
 *	 copy of the account of the CPU waited on           minus that account now
 *
 * A waiter that is moved carries its segment over: the copy is re-based so that one subtraction
 * at the end still gives both segments. What no account can tell goes to `unexplained`.
 *
 * Owner: whoever holds the waiter's transition (the waker until it enqueues, then the run queue's
 * lock); never two at once.
 */
#ifndef WHY_CORE_WAIT_H
#define WHY_CORE_WAIT_H

#include "core/account.h"

/* In order of precedence. The names that users see are in lib/names.c. */
enum why_cause {
	WHY_CAUSE_THROTTLED,
	WHY_CAUSE_OFFLINE,
	WHY_CAUSE_IDLE_EXIT,
	WHY_CAUSE_WAKER,
	WHY_CAUSE_IPI,
	WHY_CAUSE_HARDIRQ,
	WHY_CAUSE_SOFTIRQ,
	WHY_CAUSE_SWITCH,
	WHY_CAUSE_TASK,
	WHY_CAUSE_UNEXPLAINED,
	WHY_CAUSE_NR,
};

struct why_wait {
	u64 start_ns;			/* 0: it began before we looked, and is no sample */
	u64 open_ns[WHY_CLASS_ROOM];	/* modulo 2^64: only differences mean anything */
	u64 doubt_ns;			/* known to be unexplained already */
	u64 flight_ns;			/* from waking to enqueue, where that is measured */
	u32 cpu;			/* the CPU waited on */
	u32 waker_cpu;			/* the CPU its waking came from */
	u8 kind;			/* enum why_kind */
	u8 is_torn;			/* an account could not be read whole: all unexplained */
	u8 is_remote_flight;		/* enqueued by the target: the flight is an IPI's */
};

/*
 * Opens a wait at `now` on CPU `cpu`, whose account is `a`. Returns enum why_account_verdict. Here
 * and below an account is NULL where whoever replays the events splits the wait: it is not closed.
 */
WHY_HIDDEN u32 why_wait_open(struct why_wait *w, const struct why_account *a, u64 now, u32 cpu);

/*
 * The waiter is moved from its CPU (account `from`) to `cpu` (account `to`). Returns the instant at
 * which it changed accounts: `now`, or the last change of `from` where that lies later.
 */
WHY_HIDDEN u64 why_wait_move(struct why_wait *w, const struct why_account *from,
			     const struct why_account *to, u64 now, u32 cpu);

/* The waiter is on its queue: all since the start was the waker's path, or an IPI in flight. */
WHY_HIDDEN u32 why_wait_enqueued(struct why_wait *w, const struct why_account *a, u64 now,
				 u32 is_remote);

/*
 * Closes a wait at `now`; `a` is the account of the CPU it ends on, up to date. Returns its length,
 * and adds to causes[WHY_CAUSE_NR] amounts that sum to it exactly. *ret_verdict: WHY_ACCOUNT_TORN
 * where the accounts could not explain it.
 */
WHY_HIDDEN u64 why_wait_close(const struct why_wait *w, const struct why_account *a, u64 now,
			      u64 *causes, u32 *ret_verdict);

#endif
