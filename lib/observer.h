/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who sees every event of a measurement, live or recorded, with the replay that decides what it
 * means. All return 0 or -errno. One thread at a time.
 */
#ifndef WHY_LIB_OBSERVER_H
#define WHY_LIB_OBSERVER_H

#include "lib/event.h"
#include "lib/replay.h"

struct why_observer {
	/* Before the first event, the measurement begins at `now`. `r` is borrowed until end(). */
	int (*begin)(void *arg, struct why_replay *r, u32 nr_cpus, u64 now);
	/* A run of one CPU's, in order of time, to be given to the replay. */
	int (*take)(void *arg, const struct why_event *events, size_t n);
	/* Live: all events before `now` are in. May be NULL. */
	int (*look)(void *arg, u64 now);
	/* The last: the measurement ended at `now`. */
	int (*end)(void *arg, u64 now);
	/* Live: whether it has seen enough. May be NULL: never. */
	bool (*is_done)(void *arg);
	void *arg;
};

#endif
