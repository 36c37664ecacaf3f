// SPDX-License-Identifier: GPL-2.0-only
/* From a live measurement to an observer: see follower.h. */
#include "lib/follower.h"

#include "lib/lanes.h"
#include "lib/machine.h"
#include "lib/told_tasks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000000ULL

/*
 * What happened is told within a few tens of ms. An event comes late where its hook was interrupted
 * between its clock and its place in the ring; for so long.
 */
static const u64 hold_ns = 10 * MS, longest_pause_ns = 10 * MS;

struct why_follower {
	const struct why_observer *observer;
	struct why_source *src;
	struct why_lanes lanes;
	struct why_replay *replay;
	struct why_told_tasks tasks;	/* that there were at the beginning */
	bool has_begun;
};

struct why_follower *why_follower_new(const struct why_observer *observer)
{
	struct why_follower *f = calloc(1, sizeof(*f));

	if (f)
		f->observer = observer;
	return f;
}

void why_follower_free(struct why_follower *f)
{
	if (!f)
		return;
	why_lanes_free(&f->lanes);
	why_replay_free(f->replay);
	why_told_tasks_free(&f->tasks);
	free(f);
}

u64 why_follower_lost(const struct why_follower *f)
{
	return f->lanes.lost;
}

static int no_memory(struct why_error *err)
{
	return why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "follow the measurement");
}

static int tell(void *arg, const struct why_task_record *r)
{
	struct why_follower *f = arg;

	if (!f->has_begun)
		return why_told_tasks_add(&f->tasks, r);
	why_replay_queued(f->replay, r);
	return 0;
}

/* Rows are known before the first event that is about them. */
static void copy_rows(struct why_follower *f)
{
	const struct why_tables *from = why_source_tables(f->src);
	struct why_tables *to = why_replay_tables(f->replay);
	u32 i;

	for (i = 0; i < from->nr_keyed; i++) {
		/* A row's key comes before its name. */
		if (!WHY_LOAD(from->keyed[i].key) ||
		    (to->keyed[i].key && to->keyed[i].name[0] == from->keyed[i].name[0]))
			continue;
		to->keyed[i].key = from->keyed[i].key;
		to->keyed[i].irq = from->keyed[i].irq;
		to->keyed[i].place = i;
		memcpy(to->keyed[i].name, from->keyed[i].name, WHY_KEYED_NAME_LEN);
	}
}

static int begin(void *arg, struct why_source *src,
		 const struct why_snapshot *described, struct why_error *err)
{
	struct why_follower *f = arg;
	struct why_replay_config config = { .nr_cpus = described->nr_cpus,
					    .kinds = described->kinds, .is_rt = why_is_rt() };
	size_t i;

	while (1U << config.keyed_shift < why_source_tables(src)->nr_keyed)
		config.keyed_shift++;
	f->src = src;
	f->replay = why_replay_new(&config);
	if (!f->replay || why_lanes_init(&f->lanes, src, longest_pause_ns))
		return no_memory(err);
	for (i = 0; i < f->tasks.nr; i++)
		why_replay_name(f->replay, &f->tasks.task[i]);
	f->has_begun = true;
	if (f->observer->begin(f->observer->arg, f->replay, config.nr_cpus, described->begin_ns))
		return no_memory(err);
	return 0;
}

static int follow(struct why_follower *f, u64 until, struct why_error *err)
{
	const struct why_observer *o = f->observer;
	u32 cpu;
	int rc = why_lanes_fill(&f->lanes);

	copy_rows(f);
	rc = rc ?: why_lanes_follow(&f->lanes, until, o->take, o->arg);
	for (cpu = 0; cpu < f->lanes.nr; cpu++)
		why_lane_drop(&f->lanes.lane[cpu], f->lanes.lane[cpu].fed);
	if (!rc && o->look && until != ~0ULL)
		rc = o->look(o->arg, until);
	return rc || why_replay_is_short(f->replay) ? no_memory(err) : 0;
}

static int drain(void *arg, u64 *ret_pause_ns, struct why_error *err)
{
	struct why_follower *f = arg;
	int rc = follow(f, why_now_ns() - hold_ns, err);

	*ret_pause_ns = f->lanes.pause_ns;
	return rc;
}

static int tick(void *arg, const struct why_snapshot *s, struct why_error *err)
{
	(void)arg, (void)s, (void)err;
	return 0;
}

static int end(void *arg, const struct why_snapshot *s, struct why_error *err)
{
	struct why_follower *f = arg;

	if (follow(f, ~0ULL, err))
		return -1;
	return f->observer->end(f->observer->arg, s->end_ns) ? no_memory(err) : 0;
}

static bool is_done(void *arg)
{
	const struct why_follower *f = arg;

	return f->observer->is_done && f->observer->is_done(f->observer->arg);
}

struct why_taker why_follower_taker(struct why_follower *f)
{
	return (struct why_taker){ tell, begin, drain, tick, end, is_done, f };
}
