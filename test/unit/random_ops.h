/* SPDX-License-Identifier: GPL-2.0-only */
/* Seeded streams of events: plausible ones with time going forward, and hostile ones. */
#ifndef WHY_TEST_RANDOM_OPS_H
#define WHY_TEST_RANDOM_OPS_H

#include "unit/random.h"
#include "unit/world.h"

struct stream {
	u64 seed;
	u64 now;
	int is_hostile;
	u32 keep;
};

static inline u64 stream_next(struct stream *s)
{
	return random_next(&s->seed);
}

static inline void stream_op(struct stream *s, struct vec_op *o)
{
	static const u32 outs[] = { WHY_OUT_VOLUNTARY, WHY_OUT_RUNNABLE,
				    WHY_OUT_VOLUNTARY | WHY_OUT_DEAD,
				    WHY_OUT_VOLUNTARY | WHY_OUT_RUNNABLE,
				    WHY_OUT_RUNNABLE | WHY_OUT_SOFT };

	s->now += stream_next(s) % 100000;
	o->kind = VEC_OFFLINE + (u32)(stream_next(s) % (VEC_KINDS - VEC_OFFLINE));
	o->cpu = stream_next(s) % VEC_CPUS;
	o->a = stream_next(s) % (VEC_TASKS + 1);
	o->b = stream_next(s) % (o->kind == VEC_SWITCH ? VEC_TASKS + 1 :
				 o->kind == VEC_EDGE ? WHY_EDGE_NR : VEC_CPUS);
	o->out = outs[stream_next(s) % 5] | WHY_OUT_SUBJECT;
	o->is_next_subject = 1;
	o->keep = s->keep;
	o->now = s->now;
	o->rq = stream_next(s) % 3 ? 0 : s->now / 1000;
	if (!s->is_hostile)
		return;
	/* Anything at all, now and then: times that jump, numbers out of range. */
	if (stream_next(s) % 8 == 0)
		o->now = stream_next(s) >> (stream_next(s) % 64);
	if (stream_next(s) % 16 == 0)
		o->b = (u32)stream_next(s);
	if (stream_next(s) % 16 == 0)
		o->cpu = (u32)stream_next(s);
	if (stream_next(s) % 16 == 0)
		o->out = (u32)stream_next(s);
	if (stream_next(s) % 16 == 0)
		o->rq = stream_next(s);
}

static inline void world_begin(struct world *w, u64 now)
{
	struct vec_op o = { .kind = VEC_BEGIN, .now = now };

	for (o.cpu = 0; o.cpu < VEC_CPUS; o.cpu++)
		world_apply(w, &o);
}

#endif
