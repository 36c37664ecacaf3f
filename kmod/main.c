// SPDX-License-Identifier: GPL-2.0-only
/* Loads and unloads: parts in order, and in the reverse order. */
#include "kmod/collector.h"
#include "kmod/device.h"
#include "kmod/history.h"
#include "kmod/latency_hist.h"
#include "kmod/late_timers.h"
#include "kmod/latency_trace.h"
#include "kmod/proc.h"
#include "kmod/stalls.h"
#include "kmod/syscall_file.h"
#include "kmod/sysfs.h"
#include "kmod/tracker.h"

#include <linux/module.h>

static int __init init_whylate(void)
{
	int rc;

	why_collector_init();
	why_tracker_init();
	why_history_init();
	why_stalls_init();
	why_latency_trace_init();
	rc = why_late_timers_init();
	if (rc)
		return rc;
	rc = why_proc_init();
	if (rc)
		goto no_proc;
	rc = why_latency_hist_init();
	if (rc)
		goto no_latency_hist;
	rc = why_syscall_file_init();
	if (rc)
		goto no_syscall_file;
	rc = why_sysfs_init();
	if (rc)
		goto no_sysfs;
	/* The last: whoever has it open by then keeps the module. */
	rc = why_device_init();
	if (rc)
		goto no_device;
	return 0;

no_device:
	why_sysfs_exit();
no_sysfs:
	why_syscall_file_exit();
no_syscall_file:
	why_latency_hist_exit();
no_latency_hist:
	why_proc_exit();
no_proc:
	/* Files that were there for a moment may have been written. */
	why_history_exit();
	why_tracker_exit();
	why_latency_trace_exit();
	why_late_timers_exit();
	return rc;
}

static void __exit exit_whylate(void)
{
	why_device_exit();
	why_sysfs_exit();
	why_syscall_file_exit();
	why_latency_hist_exit();
	why_history_exit();
	why_tracker_exit();
	why_proc_exit();
	why_latency_trace_exit();
	why_late_timers_exit();
}

module_init(init_whylate);
module_exit(exit_whylate);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("whylate: who is late, by how much, and why");
