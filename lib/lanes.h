/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A measurement's rings on their way to whoever takes the events: each CPU's drained, brought into
 * order, and, where all CPUs are wanted as one, merged. What a ring lost is an event of its own
 * (WHY_RECORD_LOST) where it is missing.
 *
 * One thread at a time.
 */
#ifndef WHY_LIB_LANES_H
#define WHY_LIB_LANES_H

#include "lib/order.h"
#include "lib/source.h"

/* One CPU's events that have not been dropped. */
struct why_lane {
	struct why_order order;
	size_t fed;		/* of order.events: those that why_lanes_follow() handed out */
	u64 lost;		/* since the owner last set this to 0 */
	u64 flushed_ns;		/* the owner's own */
};

struct why_lanes {
	struct why_source *src;
	u32 nr;
	struct why_lane *lane;		/* [nr] */
	struct why_event *batch;
	u64 pause_ns;			/* until the rings are to be looked at again, */
	u64 longest_pause_ns;		/* this at most */
	u64 lost;			/* of all, from the beginning */
};

/* Returns 0 or -ENOMEM; why_lanes_free() in either case. `l` is all zero before. */
int why_lanes_init(struct why_lanes *l, struct why_source *src,
		   u64 longest_pause_ns);
void why_lanes_free(struct why_lanes *l);

/* Takes all that the rings have; sets pause_ns by how full they were. Returns 0 or -ENOMEM. */
int why_lanes_fill(struct why_lanes *l);

/*
 * Hands out the events before `until` that have not been, in order of time, in runs of one CPU's.
 * Whatever comes later with an earlier time gets that one. Returns 0, -ENOMEM, or what `take` did.
 */
int why_lanes_follow(struct why_lanes *l, u64 until,
		     int (*take)(void *arg, const struct why_event *events, size_t n), void *arg);

/* Drops the first `n` of a CPU's. */
void why_lane_drop(struct why_lane *lane, size_t n);

#endif
