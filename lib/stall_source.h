/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds sections with interrupts or preemption off on the running kernel, whichever the collector,
 * and where it is asked for a probe, by a timer on each CPU that only comes to be late. Owner: one
 * thread.
 */
#ifndef WHY_LIB_STALL_SOURCE_H
#define WHY_LIB_STALL_SOURCE_H

#include "lib/error.h"
#include "lib/stalls.h"

struct why_collector_ops;
struct why_stall_source;

struct why_stall_request {
	const struct why_collector_ops *by;
	u64 over_ns;		/* sections of this length or more are told */
	/* Of the probe, at least 10 us (perf_swevent_hrtimer(), kernel/events/core.c); 0: none. */
	u64 period_ns;
	bool is_irqs_only;	/* nothing of preemption, whose events are the scheduler's */
	/* Takes each section, in why_stall_source_take(). Returns 0 or -errno, which ends it. */
	int (*take)(void *arg, const struct why_stall_record *r);
	void *arg;
};

/* Starts. Returns 0, or -errno with *err. */
int why_stall_source_open(const struct why_stall_request *request, struct why_stall_source **ret,
			  struct why_error *err);

/* Takes what was found since. To be called often, or sections are lost, and counted. */
int why_stall_source_take(struct why_stall_source *src, struct why_error *err);

/* Ends: takes the rest and fills in of *ret what is not its sections. */
int why_stall_source_finish(struct why_stall_source *src, struct why_stalls *ret,
			    struct why_error *err);

/* Sections so far that there was no room to tell of. */
u64 why_stall_source_lost(const struct why_stall_source *src);

/* Takes everything out of the kernel; NULL is fine. */
void why_stall_source_close(struct why_stall_source *src);

#endif
