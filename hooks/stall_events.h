/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The events by which sections with interrupts or preemption off are found, as in hooks/events.h.
 * `ctx` is the world's: what frames_of() wants. Optional: the IPI's (6.4 and later), the
 * scheduler's (6.17 and later).
 */
#ifndef WHY_HOOKS_STALL_EVENTS_H
#define WHY_HOOKS_STALL_EVENTS_H

#define WHY_STALL_EVENTS(X)                                                                        \
	X(irq_handler_exit, (ctx, irq), int irq, struct irqaction *action, int ret)                \
	X(sched_exit_tp, (), bool is_switch)                                                       \
	X(irq_handler_entry, (ctx), int irq, struct irqaction *action)                             \
	X(hrtimer_start, (timer), struct hrtimer *timer,                                           \
	  enum hrtimer_mode mode EVENT_HRTIMER_START_MORE)                                         \
	X(hrtimer_expire_entry, (ctx, timer), struct hrtimer *timer, ktime_t *now)                 \
	X(ipi_send_cpu, (target, callback), const unsigned int target, unsigned long callsite,     \
	  void *callback)                                                                          \
	X(sched_set_need_resched_tp, (ctx, p, target, tif), struct task_struct *p, int target,     \
	  int tif)                                                                                 \
	X(sched_entry_tp, (ctx), bool preempt)

#define WHY_STALL_VECTOR_CALL (ctx)

#endif
