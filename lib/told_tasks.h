/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks that a source or a replay tells of, kept in the order told. */
#ifndef WHY_LIB_TOLD_TASKS_H
#define WHY_LIB_TOLD_TASKS_H

#include "abi/task.h"

#include <stddef.h>

/* All zero at the beginning. */
struct why_told_tasks {
	struct why_task_record *task;	/* [nr] */
	size_t nr, room;
};

/* Returns 0 or -ENOMEM. */
int why_told_tasks_add(struct why_told_tasks *t, const struct why_task_record *r);
void why_told_tasks_free(struct why_told_tasks *t);

#endif
