/* SPDX-License-Identifier: GPL-2.0-only */
/* What a collector is told before it starts; constant from then on. */
#ifndef WHY_ABI_CONFIG_H
#define WHY_ABI_CONFIG_H

#include "abi/line.h"

enum why_subject {
	WHY_SUBJECT_ALL,
	WHY_SUBJECT_TGID,	/* a process with all its threads, later ones included */
	WHY_SUBJECT_TID,
	WHY_SUBJECT_CGROUP,	/* a cgroup and all below it */
	WHY_SUBJECT_LISTED,	/* those whose states were made by hand: nobody else has one */
};

enum { WHY_CGROUP_V2 = ~0 };

struct why_config {
	u32 nr_cpus;		/* possible CPU numbers: highest + 1 */
	u32 ring_shift;		/* log2 of records per CPU in the ring; 0: no ring */
	u32 events_only;	/* tasks' figures and CPUs' rows are not kept beside its records */
	u32 subject;		/* enum why_subject */
	u32 subject_pid;	/* its tgid or tid */
	u64 cgroup_id;		/* kernfs id, which is the directory's inode number */
	u32 cgroup_subsys;	/* enum cgroup_subsys_id of the hierarchy, or WHY_CGROUP_V2 */
	u32 label_subsys;	/* the hierarchy that names every task's cgroup in reports */
	u32 kinds;		/* 1 << kind: what is asked for */
	u64 timerfd_read;	/* address of the kernel's timerfd_read_iter, or 0: unknown */
	u32 is_rt;		/* PREEMPT_RT */
	u32 has_storage_cache;	/* task storage comes from a cache made for hooks, no kmalloc */
	u32 place_shift;	/* log2 of the table of task states; 1 to 31 */
	u32 keyed_shift;	/* log2 of the table of keyed rows */
	struct why_count_offsets counts;
	u32 cpuhp_dead;		/* CPUHP_TEARDOWN_CPU of the running kernel */
};

#endif
