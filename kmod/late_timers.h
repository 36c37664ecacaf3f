/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A timer on each CPU that does nothing but be due: where it comes late, something held it up. Hard
 * and pinned, so that nothing but interrupts that are off delays it, on PREEMPT_RT too. CPUs that
 * come online have theirs, those that go lose it.
 */
#ifndef WHY_KMOD_LATE_TIMERS_H
#define WHY_KMOD_LATE_TIMERS_H

#include <linux/list.h>
#include <linux/types.h>

struct why_late_timer;

/* All zero: not started. One thread at a time, which may sleep. */
struct why_late_timers {
	struct hlist_node node;		/* of those that follow CPUs */
	struct why_late_timer __percpu *timers;
};

/* Once, at load and unload. Returns 0 or -errno. */
int why_late_timers_init(void);
void why_late_timers_exit(void);

/* On all CPUs that are online, every `period_ns`. Returns 0 or -errno, then with none. */
int why_late_timers_start(struct why_late_timers *t, u64 period_ns);

/* None runs when it returns; nothing, where none was started. */
void why_late_timers_stop(struct why_late_timers *t);

#endif
