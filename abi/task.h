/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks on their way to user space. */
#ifndef WHY_ABI_TASK_H
#define WHY_ABI_TASK_H

#include "core/task.h"

enum { WHY_OPEN_WAIT_NONE = 0 };

/* A living task, as one walk over all of them at the end of a measurement gives it. */
struct why_task_record {
	u32 pid;
	u32 tgid;
	u64 cgroup_id;
	char comm[WHY_COMM_LEN];
	u64 wait_start_ns;	/* of a wait still open, else 0 */
	u32 wait_kind;
	u32 wait_is_unknown;	/* it waits since before the measurement */
	u64 rate_start_ns;	/* switch rate window not yet counted */
	u64 rate_count;
	struct why_task_stats stats;
};

/* What is left of dead tasks of one name, per CPU on which they died. */
struct why_exited {
	u64 nr_tasks;
	u32 pid;	/* of the last one */
	u32 tgid;
	u64 cgroup_id;
	struct why_task_stats stats;
};

struct why_exited_key {
	char comm[WHY_COMM_LEN];
};

#endif
