// SPDX-License-Identifier: GPL-2.0-only
/* From rings to events in order: see lanes.h. */
#include "lib/lanes.h"

#include "lib/machine.h"
#include "lib/merge.h"

#include <errno.h>
#include <stdlib.h>

#define MS 1000000ULL

enum { BATCH = 2048 };

static const u64 shortest_pause_ns = 1 * MS;

int why_lanes_init(struct why_lanes *l, struct why_source *src,
		   u64 longest_pause_ns)
{
	l->src = src;
	l->nr = why_source_nr_cpus(src);
	l->longest_pause_ns = longest_pause_ns;
	l->pause_ns = shortest_pause_ns;
	l->lane = calloc(l->nr, sizeof(*l->lane));
	l->batch = calloc(BATCH, sizeof(*l->batch));
	return l->lane && l->batch ? 0 : -ENOMEM;
}

void why_lanes_free(struct why_lanes *l)
{
	u32 i;

	for (i = 0; l->lane && i < l->nr; i++)
		why_order_free(&l->lane[i].order);
	free(l->lane);
	free(l->batch);
	*l = (struct why_lanes){ 0 };
}

/* Records are missing before the one at `at`. */
static int tell_lost(struct why_lane *lane, u32 cpu, u64 at, u64 lost)
{
	struct why_event e = why_event_of(cpu, at, WHY_RECORD_LOST, lost);

	lane->lost += lost;
	return why_order_add(&lane->order, &e, 1);
}

/* Takes all that CPU `cpu` has in its ring. Returns the events, or -errno. */
static long take_ring(struct why_lanes *l, u32 cpu)
{
	struct why_lane *lane = &l->lane[cpu];
	u64 lost = 0;
	long all = 0;
	size_t n;
	int rc;

	do {
		lost = 0;
		n = why_source_drain(l->src, cpu, l->batch, BATCH, &lost);
		rc = lost ? tell_lost(lane, cpu, n ? l->batch[0].at_ns : why_now_ns(), lost) : 0;
		rc = rc ?: why_order_add(&lane->order, l->batch, n);
		if (rc)
			return rc;
		l->lost += lost;
		all += (long)n;
	} while (n == BATCH);
	return all;
}

/* Rings are looked at when they may be a quarter full. */
static void set_pause(struct why_lanes *l, u64 most)
{
	u64 quarter = why_source_ring_size(l->src) / 4;

	if (most > quarter)
		l->pause_ns /= 2;
	else if (most < quarter / 2)
		l->pause_ns *= 2;
	if (l->pause_ns < shortest_pause_ns)
		l->pause_ns = shortest_pause_ns;
	if (l->pause_ns > l->longest_pause_ns)
		l->pause_ns = l->longest_pause_ns;
}

int why_lanes_fill(struct why_lanes *l)
{
	u64 most = 0;
	u32 cpu;
	long n;

	for (cpu = 0; cpu < l->nr; cpu++) {
		n = take_ring(l, cpu);
		if (n < 0)
			return (int)n;
		if ((u64)n > most)
			most = (u64)n;
	}
	set_pause(l, most);
	return 0;
}

static int no_more(void *arg, u32 i, struct why_stream *ret)
{
	(void)arg, (void)i, (void)ret;
	return 0;
}

int why_lanes_follow(struct why_lanes *l, u64 until,
		     int (*take)(void *arg, const struct why_event *events, size_t n), void *arg)
{
	struct why_stream *streams = calloc(l->nr, sizeof(*streams));
	struct why_merge m = { .nr = l->nr, .streams = streams, .refill = no_more };
	const struct why_event *run;
	size_t n, ready;
	int rc = streams ? 0 : -ENOMEM;
	u32 i;

	for (i = 0; !rc && i < l->nr; i++) {
		ready = why_order_ready(&l->lane[i].order, until);
		streams[i].at = l->lane[i].order.events + l->lane[i].fed;
		streams[i].end = l->lane[i].order.events + ready;
		l->lane[i].fed = ready;
		/* What comes late now would come before what has been taken. */
		if (until != ~0ULL && until > l->lane[i].order.last_ns)
			l->lane[i].order.last_ns = until;
	}
	rc = rc ?: why_merge_begin(&m);
	while (!rc && !(rc = why_merge_next(&m, ~0ULL, &run, &n)) && n)
		rc = take(arg, run, n);
	why_merge_end(&m);
	free(streams);
	return rc;
}

void why_lane_drop(struct why_lane *lane, size_t n)
{
	lane->fed -= n < lane->fed ? n : lane->fed;
	why_order_drop(&lane->order, n);
}
