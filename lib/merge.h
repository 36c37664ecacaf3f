/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Streams of events, each in order of time, as one: a tree of losers (Knuth, The Art of Computer
 * Programming 3, 5.4.1), which hands out runs, so that a stream that is alone for a while costs
 * nothing an event.
 *
 * One thread at a time.
 */
#ifndef WHY_LIB_MERGE_H
#define WHY_LIB_MERGE_H

#include "lib/event.h"

#include <stddef.h>

struct why_stream {
	const struct why_event *at, *end;	/* what is at hand; refilled when empty */
};

struct why_merge {
	u32 nr;
	struct why_stream *streams;	/* [nr], borrowed */
	/* Gives stream `i` its next events, or none at its end. Returns 0 or -errno. */
	int (*refill)(void *arg, u32 i, struct why_stream *ret);
	void *arg;
	u32 *losers;			/* [nr] of the tree's nodes; 0: who won */
	u64 *times;			/* [nr] when each stream goes on */
	int rc;				/* what refilling failed with */
};

/* Fills all streams that are empty. Returns 0, -ENOMEM, or what refilling failed with. */
int why_merge_begin(struct why_merge *m);

/*
 * The next run, in order of time (at one time: of the lower stream first): events of one stream
 * that are earlier than all others and than `until`. *ret_n is 0 at the end, at `until`, and after
 * an error. The run is valid until the next call.
 */
int why_merge_next(struct why_merge *m, u64 until, const struct why_event **ret, size_t *ret_n);

/* When the next event is, ~0 where no stream has one left. Valid after a run of none. */
u64 why_merge_time(const struct why_merge *m);

void why_merge_end(struct why_merge *m);

#endif
