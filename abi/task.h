/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks on their way to user space. */
#ifndef WHY_ABI_TASK_H
#define WHY_ABI_TASK_H

#include "core/task.h"

/* A living task, as one walk over all of them after the end of a measurement gives it. */
struct why_task_record {
	u32 pid;
	u32 tgid;
	u64 cgroup_id;
	char comm[WHY_COMM_LEN];
	u32 is_subject;		/* else only its occupancy is told */
	u32 is_running;		/* it had a CPU at the end, by its events */
	u64 run_start_ns;	/* since then; 0: since before the measurement */
	u32 is_waiting;		/* it waited for one at the end, by its events */
	u32 is_queued;		/* and the kernel says the same now, a moment later */
	u64 wait_start_ns;	/* since then; 0: since before the measurement */
	u32 wait_kind;
	u32 prio;		/* the kernel's + 1, with request.tell at the beginning; else 0 */
	u32 policy;
	u32 reserved;
	u64 rate_start_ns;	/* switch rate window not yet counted */
	u64 rate_count;
	struct why_task_stats stats;
};

/* What is left of dead tasks of one name, per CPU on which they died. */
struct why_exited {
	u64 nr_tasks;		/* subjects of the measurement */
	u64 nr_buried;		/* and others that were in the way of some */
	u64 at_ns;		/* when the last subject died, which is the one named here: */
	u32 pid;
	u32 tgid;
	u64 cgroup_id;
	u64 has_several_cgroups;
	struct why_task_stats stats;
};

/* Adds a dead task; `t` is as its last switch left it. */
WHY_INLINE void why_exited_add(struct why_exited *e, const struct why_task *t, u32 pid, u32 tgid,
			       u64 cgroup_id, u32 is_subject)
{
	e->nr_buried++;
	if (is_subject) {
		e->has_several_cgroups |= e->nr_tasks && e->cgroup_id != cgroup_id;
		e->nr_tasks++;
		e->at_ns = t->since_ns;
		e->pid = pid;
		e->tgid = tgid;
		e->cgroup_id = cgroup_id;
	}
	why_task_stats_merge(&e->stats, &t->stats);
}

struct why_exited_key {
	char comm[WHY_COMM_LEN];
};

#endif
