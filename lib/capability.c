// SPDX-License-Identifier: GPL-2.0-only
/* The table behind `whylate doctor`: kinds and causes by the events they need. */
#include "lib/capability.h"

#include <stdio.h>

struct entry {
	enum why_subject_matter matter;
	const char *name;
	const char *events[4];	/* all of these; none: never in this version */
	const char *how;
	const char *why_not;
	bool is_observed;	/* inferred from what came late, not measured at both ends */
};

#define KIND(name_, how_, ...)                                                                     \
	{ .matter = WHY_MATTER_KIND, .name = name_, .how = how_, .events = { __VA_ARGS__ },        \
	  .why_not = NULL /* the event that is missing */ }
#define OBSERVED(name_, how_, ...)                                                                 \
	{ .matter = WHY_MATTER_KIND, .name = name_, .how = how_, .events = { __VA_ARGS__ },        \
	  .is_observed = true }
#define NO_KIND(name_, why_)                                                                       \
	{ .matter = WHY_MATTER_KIND, .name = name_, .how = "", .why_not = why_ }
#define CAUSE(name_, how_, why_, ...)                                                              \
	{ .matter = WHY_MATTER_CAUSE, .name = name_, .how = how_, .why_not = why_,                 \
	  .events = { __VA_ARGS__ } }

static const struct entry entries[] = {
	KIND("irq.delivery.timer", "hard expiry of monotonic timers to their interrupt's entry",
	     "hrtimer_start", "hrtimer_expire_entry"),
	KIND("irq.delivery.ipi", "ipi_send_* to the vector's entry (x86, kernels 6.5 and later)",
	     "ipi_send_cpu", "ipi_send_cpumask", "reschedule_entry", "call_function_single_entry"),
	NO_KIND("irq.delivery.device", "nothing tells when a device asserts its line"),
	KIND("irq.handler", "irq_handler_entry to irq_handler_exit, each action",
	     "irq_handler_entry", "irq_handler_exit"),
	KIND("irq.vector", "irq_vectors, entry to exit on x86", "local_timer_entry",
	     "local_timer_exit"),
	KIND("irq.thread", "irq_handler_exit to the thread's voluntary switch-out",
	     "irq_handler_exit", "sched_switch"),
	KIND("softirq.wait", "softirq_raise to softirq_entry", "softirq_raise", "softirq_entry"),
	KIND("softirq.run", "softirq_entry to softirq_exit", "softirq_entry", "softirq_exit"),
	KIND("work.wait", "workqueue_queue_work to workqueue_execute_start",
	     "workqueue_queue_work", "workqueue_execute_start"),
	KIND("work.run", "workqueue_execute_start to workqueue_execute_end",
	     "workqueue_execute_start", "workqueue_execute_end"),
	KIND("sched.wakeup", "sched_waking to sched_switch", "sched_waking", "sched_switch",
	     "sched_migrate_task"),
	KIND("sched.preempted", "sched_switch to sched_switch", "sched_switch",
	     "sched_migrate_task"),
	KIND("sched.new", "sched_process_fork to sched_switch", "sched_process_fork",
	     "sched_wakeup_new", "sched_switch"),
	KIND("sched.run", "sched_switch to sched_switch", "sched_switch"),
	KIND("task.response", "sched_waking to the switch that blocks", "sched_waking",
	     "sched_switch"),
	KIND("task.relief", "as task.response, where the saved registers show a timed sleep",
	     "sched_waking", "sched_switch"),
	OBSERVED("irqsoff", "observed, by whylate stalls: what was due came late; handlers exactly",
	     "local_timer_entry", "local_timer_exit", "hrtimer_expire_entry"),
	OBSERVED("preemptoff", "observed, by whylate stalls: a switch asked for to the scheduler",
	     "sched_set_need_resched_tp", "sched_entry_tp"),
	NO_KIND("syscall", "not in this version"),
	CAUSE("throttled", "within idle-exit and task",
	      "no event tells when a bandwidth limit begins and ends", NULL),
	CAUSE("offline", "cpuhp_exit", "within idle-exit: the kernel lacks cpuhp_exit",
	      "cpuhp_exit"),
	CAUSE("idle-exit", "sched_switch to and from idle", "", "sched_switch"),
	CAUSE("waker", "sched_wakeup, with --split waker; else within the class of the CPU",
	      "the kernel lacks sched_wakeup", "sched_wakeup"),
	CAUSE("ipi", "sched_wakeup, with --split waker; else within the class of the CPU",
	      "the kernel lacks sched_wakeup", "sched_wakeup"),
	CAUSE("nmi", "within the class it hit", "not followed in this version", NULL),
	CAUSE("hardirq", "irq_handler and irq_vectors entry to exit",
	      "the kernel lacks irq_handler_entry", "irq_handler_entry", "irq_handler_exit"),
	CAUSE("softirq", "softirq_entry to softirq_exit", "the kernel lacks softirq_entry",
	      "softirq_entry", "softirq_exit"),
	CAUSE("switch", "sched_entry_tp to sched_exit_tp, with --split switch; else within task",
	      "within task: the kernel lacks sched_entry_tp (6.17 and later)", "sched_entry_tp",
	      "sched_exit_tp"),
	CAUSE("task", "sched_switch", "", "sched_switch"),
	CAUSE("lock", "", "of times asleep, which this version does not split", NULL),
	CAUSE("blocked", "sleeps in a loop's turn, with who ended them: watch and explain", "",
	      "sched_switch", "sched_waking"),
	CAUSE("unexplained", "breaks of continuity, torn reads", "", "sched_switch"),
};

/* The first event of an entry that the kernel lacks, or NULL. */
static const char *missing_event(const struct entry *e, why_has_event_fn has_event, void *arg)
{
	size_t i;

	for (i = 0; i < 4 && e->events[i]; i++)
		if (!has_event(arg, e->events[i]))
			return e->events[i];
	return NULL;
}

static void judge(const struct entry *e, const char *missing, struct why_capability *ret)
{
	ret->matter = e->matter;
	ret->name = e->name;
	ret->how = e->how;
	ret->is_available = e->events[0] && !missing;
	ret->exactness = !ret->is_available ? NULL : e->is_observed ? "observed" : "exact";
	ret->missing[0] = 0;
	if (missing)
		snprintf(ret->missing, sizeof(ret->missing), "the kernel lacks %s", missing);
	ret->why_not = NULL;
	if (!ret->is_available)
		ret->why_not = e->why_not ? e->why_not : ret->missing;
}

size_t why_capabilities(why_has_event_fn has_event, void *arg, struct why_capability *ret,
			size_t max)
{
	size_t i, nr = sizeof(entries) / sizeof(entries[0]);

	for (i = 0; i < nr && i < max; i++)
		judge(&entries[i], missing_event(&entries[i], has_event, arg), &ret[i]);
	return nr;
}
