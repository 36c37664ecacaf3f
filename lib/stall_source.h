/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds sections with interrupts or preemption off on the running kernel: loads bpf/stalls.bpf.c,
 * and where it is asked for a probe, a timer on each CPU that only comes to be late. Owner: one
 * thread.
 */
#ifndef WHY_LIB_STALL_SOURCE_H
#define WHY_LIB_STALL_SOURCE_H

#include "lib/error.h"
#include "lib/stalls.h"

struct why_stall_source;

/*
 * Starts. `over_ns` is the least length that is told; `period_ns` the probe's, at least 10 us
 * (perf_swevent_hrtimer(), kernel/events/core.c), 0: no probe. Returns 0, or -errno with *err.
 */
int why_stall_source_open(u64 over_ns, u64 period_ns, struct why_stall_source **ret,
			  struct why_error *err);

/* Takes what was found since. To be called often, or sections are lost, and counted. */
int why_stall_source_take(struct why_stall_source *src, struct why_error *err);

/* Ends: takes the rest and fills in the value, named. *ret is the caller's to free. */
int why_stall_source_finish(struct why_stall_source *src, struct why_stalls *ret,
			    struct why_error *err);

/* Takes everything out of the kernel; NULL is fine. */
void why_stall_source_close(struct why_stall_source *src);

#endif
