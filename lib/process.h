/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a process or thread that is to be measured is there: /proc, proc_pid_stat(5). */
#ifndef WHY_LIB_PROCESS_H
#define WHY_LIB_PROCESS_H

#include "core/base.h"

#include <stdbool.h>

/* Whether thread `tid` is gone, or has ended and is not reaped yet. */
bool why_thread_is_gone(u32 tid);

/* Whether all threads of process `pid` are. Its first one may have ended before the others. */
bool why_process_is_gone(u32 pid);

/* The process that thread `tid` belongs to, or 0 where there is no such thread. */
u32 why_process_of(u32 tid);

/*
 * The CPU time of thread `tid` so far, ns, as of the last tick or switch (/proc/TID/schedstat,
 * se.sum_exec_runtime); ~0 where it is not told.
 */
u64 why_thread_run_ns(u32 tid);

#endif
