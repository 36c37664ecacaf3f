// SPDX-License-Identifier: GPL-2.0-only
/* The names that users type and read: docs/latencies.md defines each. */
#include "lib/names.h"

#include <string.h>

const char *const why_kind_names[WHY_KIND_NR] = {
	[WHY_KIND_WAKEUP] = "sched.wakeup",	[WHY_KIND_PREEMPTED] = "sched.preempted",
	[WHY_KIND_NEW] = "sched.new",		[WHY_KIND_RUN] = "sched.run",
	[WHY_KIND_RESPONSE] = "task.response",	[WHY_KIND_RELIEF] = "task.relief",
	[WHY_KIND_TIMER] = "irq.delivery.timer",
	[WHY_KIND_IPI] = "irq.delivery.ipi",	[WHY_KIND_HANDLER] = "irq.handler",
	[WHY_KIND_VECTOR] = "irq.vector",	[WHY_KIND_THREAD] = "irq.thread",
	[WHY_KIND_SOFTIRQ_WAIT] = "softirq.wait", [WHY_KIND_SOFTIRQ_RUN] = "softirq.run",
	[WHY_KIND_WORK_WAIT] = "work.wait",	[WHY_KIND_WORK_RUN] = "work.run",
};

const char *const why_vector_names[WHY_VECTOR_NR] = {
#define NAME(symbol, name) [WHY_VECTOR_##symbol] = #name,
	WHY_VECTORS(NAME)
#undef NAME
};

/* softirq_to_name[], kernel/softirq.c */
const char *const why_softirq_names[WHY_SOFTIRQ_NR] = {
	"HI",	    "TIMER",   "NET_TX", "NET_RX",  "BLOCK",
	"IRQ_POLL", "TASKLET", "SCHED",	 "HRTIMER", "RCU",
};

const char *const why_cause_names[WHY_CAUSE_NR] = {
	[WHY_CAUSE_THROTTLED] = "throttled",	[WHY_CAUSE_OFFLINE] = "offline",
	[WHY_CAUSE_IDLE_EXIT] = "idle-exit",	[WHY_CAUSE_WAKER] = "waker",
	[WHY_CAUSE_IPI] = "ipi",		[WHY_CAUSE_HARDIRQ] = "hardirq",
	[WHY_CAUSE_SOFTIRQ] = "softirq",	[WHY_CAUSE_SWITCH] = "switch",
	[WHY_CAUSE_TASK] = "task",		[WHY_CAUSE_UNEXPLAINED] = "unexplained",
};

const char *const why_loss_names[WHY_LOSS_NR] = {
#define NAME(symbol, name, help) [WHY_LOSS_##symbol] = name,
	WHY_LOSSES(NAME)
#undef NAME
};

const char *const why_loss_texts[WHY_LOSS_NR] = {
#define TEXT(symbol, name, help) [WHY_LOSS_##symbol] = help,
	WHY_LOSSES(TEXT)
#undef TEXT
};

int why_kind_by_name(const char *name, unsigned int n)
{
	int kind;

	for (kind = 0; kind < WHY_KIND_NR; kind++)
		if (strlen(why_kind_names[kind]) == n && !strncmp(name, why_kind_names[kind], n))
			return kind;
	return -1;
}
