/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who takes the events of a measurement while it lasts: a table of verbs in life-cycle order.
 *
 *	tell* -> begin -> (drain, tick)* -> end
 *
 * All return 0, or -errno with *err. One thread at a time.
 */
#ifndef WHY_LIB_TAKER_H
#define WHY_LIB_TAKER_H

#include "lib/source.h"

struct why_taker {
	/* For why_request.tell: every task at the beginning, and those with figures at the end. */
	int (*tell)(void *arg, const struct why_task_record *r);
	/* The measurement has begun; `described` is by why_source_describe(). */
	int (*begin)(void *arg, struct why_source *src, const struct why_snapshot *described,
		     struct why_error *err);
	/* Takes what the rings have. To be called again after *ret_pause_ns, by which they fill. */
	int (*drain)(void *arg, u64 *ret_pause_ns, struct why_error *err);
	/* After a tick of the series, the last of `s`. */
	int (*tick)(void *arg, const struct why_snapshot *s, struct why_error *err);
	/* After the measurement's freeze() and snapshot(): the rest. */
	int (*end)(void *arg, const struct why_snapshot *s, struct why_error *err);
	/* Whether it has enough. May be NULL: never. */
	bool (*is_done)(void *arg);
	void *arg;
};

#endif
