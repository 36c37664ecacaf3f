/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/latency_trace and /proc/whylate/max_latency: the latency trace in the classic layout. */
#ifndef WHY_KMOD_LATENCY_TRACE_FILE_H
#define WHY_KMOD_LATENCY_TRACE_FILE_H

struct proc_dir_entry;

/* `folder` is /proc/whylate, which takes its file with it. Returns 0 or -ENOMEM. */
int why_latency_trace_file_init(struct proc_dir_entry *folder);
void why_latency_trace_file_exit(void);

#endif
