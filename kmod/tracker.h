/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks that are tracked for good, one by one, as rt_tracer did: least and most of four latencies
 * of each, bounds on them, and of the worst violation the trace. A session of its own, beside
 * whatever user space measures. Nothing is hooked while nobody is tracked.
 *
 * All functions may sleep, and take the tracker's mutex.
 */
#ifndef WHY_KMOD_TRACKER_H
#define WHY_KMOD_TRACKER_H

#include "core/tally.h"

#include <linux/seq_file.h>
#include <linux/types.h>

enum why_metric {
	WHY_METRIC_LATENCY,	/* sched.wakeup */
	WHY_METRIC_RESPONSE,	/* task.response */
	WHY_METRIC_RELIEF,	/* task.relief */
	WHY_METRIC_IRQ,		/* irq.thread */
	WHY_METRIC_NR,
};

/* Who is meant by a command's words: "PID", "tgid PID", "cgroup PATH". */
enum why_group { WHY_GROUP_TASK, WHY_GROUP_PROCESS, WHY_GROUP_CGROUP };

void why_tracker_init(void);
void why_tracker_exit(void);

/*
 * Tracks a task, or all of a group, those born later included; `has_trace`: keeps the trace of its
 * worst violation. What is tracked already stays so. Returns 0, -ESRCH, -ENOMEM, -ENOENT (no such
 * cgroup).
 */
int why_tracker_add(enum why_group group, pid_t pid, const char *path, bool has_trace);

/* No more; its statistics go to the log. -ESRCH: nobody of them was tracked. */
int why_tracker_remove(enum why_group group, pid_t pid, const char *path);

/* A bound in ns, 0: none. -ESRCH: not tracked. */
int why_tracker_bound(pid_t pid, enum why_metric metric, u64 bound_ns);

/* The same for those of a line's threads that are tracked. -ENOSPC: too many lines; -ERANGE. */
int why_tracker_bound_line(u32 irq, u64 bound_ns);

/* Who is tracked, and their bounds of a metric, as commands into a page; returns the bytes. */
int why_tracker_print_pids(char *page);
int why_tracker_print_bounds(char *page, enum why_metric metric);

/* For the files: figures, violations, a task at a time; losses. */
extern const struct seq_operations why_tracker_tasks, why_tracker_violations;
void why_tracker_show_losses(struct seq_file *out);

#endif
