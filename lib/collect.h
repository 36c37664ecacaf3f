/* SPDX-License-Identifier: GPL-2.0-only */
/* Turns what a collector keeps of tasks, living and dead, into rows of a snapshot. */
#ifndef WHY_LIB_COLLECT_H
#define WHY_LIB_COLLECT_H

#include "lib/cgroup.h"
#include "lib/pressure.h"
#include "lib/snapshot.h"

struct why_collection {
	struct why_snapshot *into;	/* its begin_ns and end_ns are set */
	struct why_cgroup_map *cgroups;	/* borrowed; may be NULL */
};

/*
 * Takes the CPUs as they are, with what was stolen from them between `before` (the CPUs that are
 * known there or have switched were measured) and `after`, and adds idle to the occupants, the
 * first of them. Returns 0 or -ENOMEM.
 */
int why_collect_cpus(struct why_collection *c, const struct why_cpu *cpus,
		     const struct why_pressure *before, const struct why_pressure *after);

/*
 * Adds a living task to the occupants, and where it is a subject its row. A row's open wait or run
 * is one that both its events and the kernel tell of. Returns 0 or -ENOMEM.
 */
int why_collect_task(struct why_collection *c, const struct why_task_record *r);

/* Adds the row of the dead tasks of one name, from what each of `nr` CPUs kept of them. */
int why_collect_exited(struct why_collection *c, const struct why_exited_key *key,
		       const struct why_exited *per_cpu, u32 nr);

#endif
