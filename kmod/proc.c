// SPDX-License-Identifier: GPL-2.0-only
/* /proc/whylate/{tasks,violations,losses}, and what is there of the latency trace. */
#include "kmod/proc.h"

#include "kmod/latency_trace_file.h"
#include "kmod/tracker.h"

#include <linux/proc_fs.h>
#include <linux/seq_file.h>

static int show_losses(struct seq_file *out, void *unused)
{
	why_tracker_show_losses(out);
	return 0;
}

int why_proc_init(void)
{
	struct proc_dir_entry *folder = proc_mkdir_mode("whylate", 0500, NULL);

	if (folder && proc_create_seq("tasks", 0400, folder, &why_tracker_tasks) &&
	    proc_create_seq("violations", 0400, folder, &why_tracker_violations) &&
	    proc_create_single("losses", 0400, folder, show_losses) &&
	    !why_latency_trace_file_init(folder))
		return 0;
	if (folder)
		remove_proc_subtree("whylate", NULL);
	return -ENOMEM;
}

void why_proc_exit(void)
{
	why_latency_trace_file_exit();
	remove_proc_subtree("whylate", NULL);
}
