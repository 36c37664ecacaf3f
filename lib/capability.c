// SPDX-License-Identifier: GPL-2.0-only
/* The table behind `whylate doctor`: kinds and causes by the events they need. */
#include "lib/capability.h"

struct entry {
	enum why_subject_matter matter;
	const char *name;
	const char *events[4];	/* all of these; none: never in this version */
	const char *how;
	const char *why_not;
};

#define KIND(name_, how_, ...)                                                                     \
	{ .matter = WHY_MATTER_KIND, .name = name_, .how = how_, .events = { __VA_ARGS__ },        \
	  .why_not = "the kernel lacks an event that it needs" }
#define CAUSE(name_, how_, why_, ...)                                                              \
	{ .matter = WHY_MATTER_CAUSE, .name = name_, .how = how_, .why_not = why_,                 \
	  .events = { __VA_ARGS__ } }

static const struct entry entries[] = {
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
	CAUSE("unexplained", "breaks of continuity, torn reads", "", "sched_switch"),
};

static bool has_all(const struct entry *e, why_has_event_fn has_event, void *arg)
{
	size_t i;

	if (!e->events[0])
		return false;
	for (i = 0; i < 4 && e->events[i]; i++)
		if (!has_event(arg, e->events[i]))
			return false;
	return true;
}

size_t why_capabilities(why_has_event_fn has_event, void *arg, struct why_capability *ret,
			size_t max)
{
	size_t i, nr = sizeof(entries) / sizeof(entries[0]);

	for (i = 0; i < nr && i < max; i++) {
		ret[i].matter = entries[i].matter;
		ret[i].name = entries[i].name;
		ret[i].is_available = has_all(&entries[i], has_event, arg);
		ret[i].how = entries[i].how;
		ret[i].exactness = ret[i].is_available ? "exact" : NULL;
		ret[i].why_not = ret[i].is_available ? NULL : entries[i].why_not;
	}
	return nr;
}
