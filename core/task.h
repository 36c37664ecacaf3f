/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One task's life between switches.
 *
 *	           switched in                      waking (first one wins)
 *	WAITING ----------------> RUNNING --------------------------------> PENDING
 *	 ^   ^ ^                   |    |                                    |   |
 *	 |   | '-------------------'    | blocks                             |   | blocks
 *	 |   |  switched out runnable   v                runnable: WAITING <-'   v
 *	 |   '---------- waking --- SLEEPING                                 WOKEN
 *	 '-------------- waking (so the pending one was stale) ----------------'
 *
 * PENDING: woken while still on a CPU. Mostly the task had not blocked yet and never will for
 * this waking; only where waking and blocking cross does it start a wait, at the switch-out: the
 * waker is still at it then (WHY_OUT_STALE: nobody is, and the task sleeps). WOKEN is that wait;
 * should a second waking come, the task was still asleep, so the first was stale (the kernel's
 * sched_waking fires for sleeping states only: try_to_wake_up, 6.1 to 6.18), and the wait begins
 * again, at the second.
 *
 * The state word alone is raced for (waker against the switch that blocks): adapters claim it by
 * compare-exchange with the two pure functions below. All else in the struct belongs to the CPU
 * the task runs on until that claims SLEEPING or WOKEN, then to the waker until it enqueues.
 */
#ifndef WHY_CORE_TASK_H
#define WHY_CORE_TASK_H

#include "core/tally.h"
#include "core/wait.h"

enum why_task_state {
	WHY_TASK_UNKNOWN,	/* never seen to change, but where not all CPUs were measured */
	WHY_TASK_RUNNING,
	WHY_TASK_PENDING,
	WHY_TASK_SLEEPING,
	WHY_TASK_WAITING,
	WHY_TASK_WOKEN,
	WHY_TASK_NEW,		/* forked, waits for its first run */
};

/* What a waking asks its adapter to do. */
enum why_waking {
	WHY_WAKING_NOTHING,
	WHY_WAKING_OPENS,	/* a wait begins: why_task_woken() */
};

/* How a task left its CPU: a set of these. */
enum {
	WHY_OUT_RUNNABLE = 1,	/* it waits for a CPU again */
	WHY_OUT_VOLUNTARY = 2,	/* as the kernel counts it (nvcsw) */
	WHY_OUT_DEAD = 4,
	WHY_OUT_PARTIAL = 8,	/* of the switch: not all CPUs were measured then */
	WHY_OUT_SOFT = 16,	/* in a softirq (PREEMPT_RT) */
	WHY_OUT_SUBJECT = 32,	/* its figures were asked for */
	WHY_OUT_LOCK = 64,	/* it blocks on a lock that spins where not PREEMPT_RT: no sleep */
	WHY_OUT_STALE = 128,	/* nobody is waking it now: a pending waking was for nothing */
};

enum { WHY_RATE_WINDOW_NS = 1000000000 };

struct why_task_stats {
	u64 nr_voluntary;
	u64 nr_involuntary;
	u64 run_ns;
	struct why_tally wakeup;
	struct why_tally preempted;
	struct why_tally fresh;		/* sched.new */
	struct why_tally response;
	struct why_tally relief;
	u64 occupied_waits;	/* waits of others that ended when this task left the CPU */
	u64 occupied_ns;
	u64 rate_max;		/* most switches in one window of a second */
	u64 hardirq_ns;		/* of its waits: what interrupts took */
	u64 softirq_ns;		/* and softirqs */
};

struct why_task {
	u32 state;		/* enum why_task_state, claimed */
	u32 is_soft;		/* left its CPU inside a softirq */
	u32 is_locked_out;	/* left it for a lock (WHY_OUT_LOCK): its response goes on */
	u32 told_priority;	/* as the ring has it: prio and policy + 1; 0: not (adapter) */
	u64 since_ns;		/* last switch, in or out; 0: none seen */
	u64 irq_since_ns;	/* a handler woke this thread for its line; 0: none (claimed) */
	u64 woken_ns;		/* begin of the response under way; 0: none */
	u64 slept_ns;		/* its last response ended: a turn too if it pauses; 0: settled */
	u64 turn_ns;		/* a pause ended, and a turn of its loop began; 0: none seen */
	u64 voluntary_mark;	/* the kernel's count + 1 at its switch-in; 0: not seen (adapter) */
	u64 rate_start_ns;	/* window of the switch rate under way; 0: none */
	u64 rate_count;
	struct why_wait wait;
	struct why_task_stats stats;
	u64 irq_run_ns;		/* the thread first ran after irq_since_ns; 0: not since */
	u64 irq_key;		/* row of its handler (core/keyed.h) */
	u64 work_since_ns;	/* the work item this worker runs began; 0: none */
	u64 work_function;	/* its function's address */
};

WHY_INLINE void why_task_stats_merge(struct why_task_stats *to, const struct why_task_stats *s)
{
	to->nr_voluntary += s->nr_voluntary;
	to->nr_involuntary += s->nr_involuntary;
	to->run_ns += s->run_ns;
	why_tally_merge(&to->wakeup, &s->wakeup);
	why_tally_merge(&to->preempted, &s->preempted);
	why_tally_merge(&to->fresh, &s->fresh);
	why_tally_merge(&to->response, &s->response);
	why_tally_merge(&to->relief, &s->relief);
	to->occupied_waits += s->occupied_waits;
	to->occupied_ns += s->occupied_ns;
	to->hardirq_ns += s->hardirq_ns;
	to->softirq_ns += s->softirq_ns;
	if (s->rate_max > to->rate_max)
		to->rate_max = s->rate_max;
}

/*
 * The state after a waking. `is_asleep`: the kernel has the task off its CPU and off its queue, so
 * this waking ends a sleep, whatever events were hidden. *ret_what: enum why_waking.
 */
WHY_INLINE u32 why_task_waking(u32 state, u32 is_asleep, u32 *ret_what)
{
	*ret_what = WHY_WAKING_NOTHING;
	if (is_asleep) {
		*ret_what = WHY_WAKING_OPENS;
		return WHY_TASK_WAITING;
	}
	if (state == WHY_TASK_RUNNING)
		return WHY_TASK_PENDING;
	if (state != WHY_TASK_SLEEPING && state != WHY_TASK_WOKEN)
		return state;
	*ret_what = WHY_WAKING_OPENS;
	return WHY_TASK_WAITING;
}

/*
 * The state that a task which leaves its CPU had there, whatever our last one was: where its coming
 * was hidden it was a sleeper's or a waiter's. A waker may have taken the task for one (and made it
 * a waiter), or for one that needs no waking, and be at it still: PENDING, so that the switch-out
 * looks. Whoever wakes a sleeper is heard.
 */
WHY_INLINE u32 why_task_ran(u32 state)
{
	if (state == WHY_TASK_PENDING || state == WHY_TASK_WAITING || state == WHY_TASK_NEW)
		return WHY_TASK_PENDING;
	return WHY_TASK_RUNNING;
}

/* The state after a switch-out of kind `out`. Where some CPU is not measured nobody knows it. */
WHY_INLINE u32 why_task_leaving(u32 state, u32 out)
{
	if (out & WHY_OUT_PARTIAL)
		return WHY_TASK_UNKNOWN;
	if (out & WHY_OUT_RUNNABLE)
		return WHY_TASK_WAITING;
	return state == WHY_TASK_PENDING && !(out & WHY_OUT_STALE) ? WHY_TASK_WOKEN :
								       WHY_TASK_SLEEPING;
}

#endif
