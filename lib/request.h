/* SPDX-License-Identifier: GPL-2.0-only */
/* What to measure. */
#ifndef WHY_LIB_REQUEST_H
#define WHY_LIB_REQUEST_H

#include "abi/config.h"
#include "abi/task.h"
#include "core/row.h"

#include <stdbool.h>

struct why_request {
	u32 kinds;		/* 1 << kind */
	enum why_subject subject;
	u32 pid;		/* of WHY_SUBJECT_TGID and WHY_SUBJECT_TID */
	const char *cgroup;	/* path, of WHY_SUBJECT_CGROUP; borrowed until it is open */
	bool split_waker;	/* tell the waker's path and the IPI's flight apart */
	bool split_switch;	/* tell the scheduler's own time apart */
	u32 ring_shift;		/* log2 of the records to keep per CPU; 0: none */
	bool events_only;	/* whoever takes these replays them: no figures beside them */
	/*
	 * With a ring: told of every task at the beginning (who it is), twice where need be, the
	 * later the better; and at the end of those with figures, as they stand. 0 or -errno.
	 */
	int (*tell)(void *arg, const struct why_task_record *r);
	void *tell_arg;
};

/* Whether the hook on this event is needed at all. */
bool why_request_wants(const struct why_request *req, const char *event);

#endif
