/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel says of a task, a timer, an interrupt's answer: the same on all kernels once the
 * facts that differ are had. WHY_FACTS is where they come from: compat/facts_core.h for eBPF,
 * compat/facts_native.h for the module.
 */
#ifndef WHY_COMPAT_TASK_H
#define WHY_COMPAT_TASK_H

#include WHY_FACTS

#include "abi/config.h"
#include "core/task.h"

/* include/linux/sched.h, unchanged from 4.20 on. */
enum {
	WHY_COMPAT_TASK_DEAD = 0x80,
	WHY_COMPAT_TASK_WAKING = 0x200,
	WHY_COMPAT_TASK_NEW = 0x800,
	WHY_COMPAT_TASK_RTLOCK_WAIT = 0x1000,	/* 5.15 and later */
	WHY_COMPAT_PF_KTHREAD = 0x00200000,
};
/* include/linux/irqreturn.h, kernel/time/hrtimer.c, unchanged from 4.20 on */
enum { WHY_COMPAT_IRQ_NONE = 0, WHY_COMPAT_IRQ_WAKE_THREAD = 2 };
enum { WHY_COMPAT_HRTIMER_BASE_MONOTONIC = 0 };
/* kernel/sched/sched.h */
enum { WHY_COMPAT_ON_RQ_QUEUED = 1 };

/* Queued and meant to run (a delayed dequeue is queued and asleep). */
static __always_inline u32 why_compat_is_runnable(struct task_struct *p)
{
	return p->on_rq == WHY_COMPAT_ON_RQ_QUEUED && !why_compat_is_delayed(p);
}

/* Off its CPU and off its queue (or on it by a delayed dequeue): a waking ends its sleep. */
static __always_inline u32 why_compat_is_asleep(struct task_struct *p)
{
	return !p->on_cpu && (!p->on_rq || why_compat_is_delayed(p));
}

/* Forked and not woken yet: it never slept, and no waking will be seen (wake_up_new_task()). */
static __always_inline u32 why_compat_is_new(struct task_struct *p)
{
	return p->__state == WHY_COMPAT_TASK_NEW;
}

/*
 * Whether someone is in the middle of waking `prev`, which is blocking on this CPU: a waker holds
 * its pi_lock until it has set TASK_WAKING, which stays until the task is queued again
 * (try_to_wake_up(), kernel/sched/core.c, 6.1 to 6.18).
 */
static __always_inline u32 why_compat_is_being_woken(struct task_struct *prev)
{
	return prev->__state == WHY_COMPAT_TASK_WAKING || why_compat_is_pi_locked(prev);
}

/*
 * How `prev` leaves its CPU, from the tracepoint's arguments, not from prev->__state: a
 * concurrent wake-up may have changed that. A task that was to block with a signal pending stays
 * queued, and the kernel counts its switch as voluntary (__schedule(), kernel/sched/core.c). Before
 * 6.14 its queue tells; from then on (8feb053d5319) prev_state is 0, as after a yield, which is
 * involuntary: the count itself, against the one at its switch-in, tells them apart, where that
 * was seen.
 */
static __always_inline u32 why_compat_out(bool preempt, struct task_struct *prev, u32 prev_state,
					  const struct why_task *t)
{
	if (preempt)
		return WHY_OUT_RUNNABLE;
	if (!prev_state)
		return WHY_OUT_RUNNABLE |
		       (t && t->voluntary_mark && t->voluntary_mark != prev->nvcsw + 1 ?
				WHY_OUT_VOLUNTARY :
				0);
	if (prev_state & WHY_COMPAT_TASK_RTLOCK_WAIT)
		return WHY_OUT_VOLUNTARY | WHY_OUT_LOCK;
	if (prev_state & WHY_COMPAT_TASK_DEAD)
		return WHY_OUT_VOLUNTARY | WHY_OUT_DEAD;
	return WHY_OUT_VOLUNTARY | (why_compat_is_runnable(prev) ? WHY_OUT_RUNNABLE : 0);
}

enum { WHY_COMPAT_CGROUP_DEPTH = 24 };

static __always_inline struct cgroup *why_compat_cgroup(struct task_struct *p, u32 subsys)
{
	if (subsys == (u32)WHY_CGROUP_V2)
		return p->cgroups->dfl_cgrp;
	return p->cgroups->subsys[subsys & 15]->cgroup;
}

/*
 * Whether `p`'s cgroup in the hierarchy of `subsys` is `id` or below it. Every ancestor is asked:
 * in a container the depth that user space sees is not the kernel's.
 */
static __always_inline u32 why_compat_in_cgroup(struct task_struct *p, u32 subsys, u64 id)
{
	struct cgroup *c = why_compat_cgroup(p, subsys);
	int level;

	for (level = 0; c && level < WHY_COMPAT_CGROUP_DEPTH && level <= c->level; level++)
		if (why_compat_ancestor_id(c, level) == id)
			return 1;
	return 0;
}

static __always_inline u64 why_compat_cgroup_id(struct task_struct *p, u32 subsys)
{
	struct cgroup *c = why_compat_cgroup(p, subsys);

	return c ? c->kn->id : 0;
}

/* Other clocks are set, so their expiries are no instants; soft timers have no hard interrupt. */
static __always_inline u32 why_compat_is_hard_monotonic(struct hrtimer *timer)
{
	return timer->base->index == WHY_COMPAT_HRTIMER_BASE_MONOTONIC;
}

#endif
