/* SPDX-License-Identifier: GPL-2.0-only */
/* Turns what a collector keeps of tasks, living and dead, into rows of a snapshot. */
#ifndef WHY_LIB_COLLECT_H
#define WHY_LIB_COLLECT_H

#include "lib/cgroup.h"
#include "lib/snapshot.h"

struct why_collection {
	struct why_snapshot *into;	/* its begin_ns and end_ns are set */
	struct why_cgroup_map *cgroups;	/* borrowed; may be NULL */
};

/* Adds a living task's row. Returns 0 or -ENOMEM. */
int why_collect_task(struct why_collection *c, const struct why_task_record *r);

/* Adds the row of the dead tasks of one name, from what each of `nr` CPUs kept of them. */
int why_collect_exited(struct why_collection *c, const struct why_exited_key *key,
		       const struct why_exited *per_cpu, u32 nr);

#endif
