/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The events that are measured by: each with what its hook is given and, whole and exact, what it
 * gives itself (include/trace/events/; arch/x86/include/asm/trace/irq_vectors.h). Exits and ends
 * come first: hooked in this order, no entry is without its exit.
 *
 *	X(event, (its hook's arguments), its own parameters ...)
 *
 * x86's vectors have an event for the exit and one for the entry of each: WHY_VECTORS (core/irq.h).
 *
 * EVENT_HRTIMER_START_MORE is the world's: whether that event has a third parameter, which came
 * with a change that 6.1.y and 6.12.y took too.
 */
#ifndef WHY_HOOKS_EVENTS_H
#define WHY_HOOKS_EVENTS_H

#define WHY_EVENTS(X)                                                                              \
	X(irq_handler_exit, (irq, action, ret), int irq, struct irqaction *action, int ret)        \
	X(softirq_exit, (nr), unsigned int nr)                                                     \
	X(sched_exit_tp, (), bool is_switch)                                                       \
	X(cpuhp_exit, (id, state, idx, ret), unsigned int id, int state, int idx, int ret)         \
	X(workqueue_execute_end, (), struct work_struct *work, work_func_t function)               \
	X(irq_handler_entry, (irq, action), int irq, struct irqaction *action)                     \
	X(softirq_entry, (nr), unsigned int nr)                                                    \
	X(softirq_raise, (nr), unsigned int nr)                                                    \
	X(sched_entry_tp, (), bool preempt)                                                        \
	X(workqueue_execute_start, (work), struct work_struct *work)                               \
	X(workqueue_queue_work, (work), int req_cpu, struct pool_workqueue *pwq,                   \
	  struct work_struct *work)                                                                \
	X(hrtimer_start, (timer), struct hrtimer *timer,                                           \
	  enum hrtimer_mode mode EVENT_HRTIMER_START_MORE)                                         \
	X(hrtimer_expire_entry, (timer), struct hrtimer *timer, ktime_t *now)                      \
	X(ipi_send_cpu, (target, callback), const unsigned int target, unsigned long callsite,     \
	  void *callback)                                                                          \
	X(ipi_send_cpumask, (mask), const struct cpumask *mask, unsigned long callsite,            \
	  void *callback)                                                                          \
	X(task_rename, (p, name), struct task_struct *p, const char *name)                         \
	X(sched_process_exec, (p, old_pid), struct task_struct *p, pid_t old_pid,                  \
	  struct linux_binprm *bprm)                                                               \
	X(sched_process_fork, (parent, child), struct task_struct *parent,                         \
	  struct task_struct *child)                                                               \
	X(sched_wakeup_new, (p), struct task_struct *p)                                            \
	X(sched_wakeup, (p), struct task_struct *p)                                                \
	X(sched_migrate_task, (p, to), struct task_struct *p, int to)                              \
	X(sched_waking, (p), struct task_struct *p)                                                \
	X(sched_switch, (preempt, prev, next, prev_state), bool preempt,                           \
	  struct task_struct *prev, struct task_struct *next, unsigned int prev_state)

#endif
