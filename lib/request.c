// SPDX-License-Identifier: GPL-2.0-only
/* What a request means for a collector, whichever: see request.h. */
#include "lib/request.h"

#include <string.h>

bool why_request_wants(const struct why_request *req, const char *event)
{
	static const struct {
		const char *prefix;
		u32 kinds;
	} only[] = {
		{ "softirq_raise", 1U << WHY_KIND_SOFTIRQ_WAIT },
		{ "hrtimer_", 1U << WHY_KIND_TIMER },
		{ "ipi_", 1U << WHY_KIND_IPI },
		{ "workqueue_queue_work", 1U << WHY_KIND_WORK_WAIT },
		{ "workqueue_execute_end", 1U << WHY_KIND_WORK_RUN },
		{ "workqueue_", 1U << WHY_KIND_WORK_WAIT | 1U << WHY_KIND_WORK_RUN },
	};
	size_t i;

	if (!strcmp(event, "sched_wakeup"))
		return req->split_waker;
	if (!strcmp(event, "task_rename") || !strcmp(event, "sched_process_exec"))
		return req->ring_shift;
	if (!strcmp(event, "sched_entry_tp") || !strcmp(event, "sched_exit_tp"))
		return req->split_switch;
	for (i = 0; i < sizeof(only) / sizeof(only[0]); i++)
		if (!strncmp(event, only[i].prefix, strlen(only[i].prefix)))
			return req->kinds & only[i].kinds;
	return true;
}
