// SPDX-License-Identifier: GPL-2.0-only
/* A module that holds the core and nothing else: the third world that it must compile in. */
#include <linux/init.h>
#include <linux/module.h>

#include "core/cpu.h"
#include "core/ring.h"

static struct why_cpu cpu;
static struct why_task task;

static int __init form_init(void)
{
	struct why_switch sw = { .now = 2000, .prev_pid = 1, .out = WHY_OUT_VOLUNTARY };
	struct why_record never = {};
	u64 wait_ns;

	why_cpu_begin(&cpu, 1000, 1, 0);
	why_cpu_switch(&cpu, &sw);
	why_cpu_task_out(&cpu, &task, &sw, 0);
	why_cpu_task_woken(&task, &cpu.account, 2500, 0, 0);
	task.state = WHY_TASK_WAITING;
	sw = (struct why_switch){ .now = 3000, .next_pid = 1, .is_next_subject = 1 };
	why_cpu_switch(&cpu, &sw);
	why_cpu_task_in(&cpu, &task, &sw, &wait_ns);
	if (wait_ns != 500 || cpu.rows[WHY_KIND_WAKEUP].causes[WHY_CAUSE_IDLE_EXIT] != 500)
		return -EINVAL;
	return why_ring_judge(&never, 0, 4, 1) == WHY_RING_NOT_YET ? 0 : -EINVAL;
}

static void __exit form_exit(void)
{
}

module_init(form_init);
module_exit(form_exit);
MODULE_LICENSE("GPL");
