/* SPDX-License-Identifier: GPL-2.0-only */
/* What hooks keep beside the core's own, for worlds to hold. */
#ifndef WHY_HOOKS_SHAPES_H
#define WHY_HOOKS_SHAPES_H

#include "core/task.h"

/* A place in the table of task states: hooks/state.h. */
struct why_place {
	u64 owner;
	struct why_task task;
};

/* A work item on its way: hooks/work.c. */
struct why_queued {
	u64 work;	/* its address; 0: free */
	u64 at_ns;
};

enum { WHY_QUEUED_SHIFT = 12 };

#endif
