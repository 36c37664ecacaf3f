// SPDX-License-Identifier: GPL-2.0-only
/* A list of tasks: see told_tasks.h. */
#include "lib/told_tasks.h"

#include <errno.h>
#include <stdlib.h>

int why_told_tasks_add(struct why_told_tasks *t, const struct why_task_record *r)
{
	size_t room = t->room ? 2 * t->room : 64;
	struct why_task_record *task;

	if (t->nr == t->room) {
		task = realloc(t->task, room * sizeof(*task));
		if (!task)
			return -ENOMEM;
		t->task = task;
		t->room = room;
	}
	t->task[t->nr++] = *r;
	return 0;
}

void why_told_tasks_free(struct why_told_tasks *t)
{
	free(t->task);
	*t = (struct why_told_tasks){ 0 };
}
