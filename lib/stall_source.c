// SPDX-License-Identifier: GPL-2.0-only
/* See stall_source.h. */
#include "lib/stall_source.h"

#include "lib/collector.h"
#include "lib/machine.h"
#include "lib/stall_collector.h"

#include <errno.h>
#include <stdlib.h>

struct why_stall_source {
	const struct why_stall_collector_ops *ops;
	struct why_stall_collector *collector;
	struct why_stall_request request;
	u32 nr_cpus;
	u64 begin_ns;
	bool has_preempt;
};

int why_stall_source_open(const struct why_stall_request *request, struct why_stall_source **ret,
			  struct why_error *err)
{
	struct why_stall_source *src = calloc(1, sizeof(*src));
	int nr_cpus = why_nr_possible_cpus(), rc;

	if (!src || nr_cpus <= 0) {
		free(src);
		return why_error_set(err, WHY_EXIT_FAILED, src ? -nr_cpus : ENOMEM, "", "begin");
	}
	src->ops = request->by->stalls;
	src->nr_cpus = (u32)nr_cpus;
	src->request = *request;
	rc = src->ops->open(request, src->nr_cpus, &src->collector, &src->has_preempt, err);
	if (rc) {
		why_stall_source_close(src);
		return rc;
	}
	src->begin_ns = why_now_ns();
	*ret = src;
	return 0;
}

static int take_record(void *arg, const struct why_stall_record *r)
{
	struct why_stall_source *src = arg;

	/* Until it has begun it sees itself begin. */
	return r->stall.end_ns < src->begin_ns ? 0 : src->request.take(src->request.arg, r);
}

int why_stall_source_take(struct why_stall_source *src, struct why_error *err)
{
	int rc = src->ops->take(src->collector, take_record, src);

	return rc ? why_error_set(err, WHY_EXIT_FAILED, -rc, "", "read what is found") : 0;
}

static void add_tally(struct why_stalls *s, const struct why_stall_tally *t, u64 begin_ns)
{
	struct why_stall_tally *sum = &s->tally;
	double share;

	sum->nr_due += t->nr_due;
	sum->nr_user += t->nr_user;
	sum->nr_user_late += t->nr_user_late;
	sum->nr_stolen += t->nr_stolen;
	sum->nr_unplaced += t->nr_unplaced;
	sum->nr_lost += t->nr_lost;
	share = begin_ns && begin_ns < s->end_ns ?
			(double)t->timer_ns / (double)(s->end_ns - begin_ns) : 0;
	if (share > s->timer_share_max)
		s->timer_share_max = share;
}

int why_stall_source_finish(struct why_stall_source *src, struct why_stalls *ret,
			    struct why_error *err)
{
	struct why_stall_tally tally;
	u64 begin_ns;
	u32 i;
	int rc;

	ret->is_held_back = src->ops->is_held_back(src->collector, why_now_ns() - src->begin_ns);
	src->ops->end(src->collector);
	rc = why_stall_source_take(src, err);
	ret->collector = src->request.by->name;
	ret->nr_cpus = src->nr_cpus;
	ret->over_ns = src->request.over_ns;
	ret->period_ns = src->request.period_ns;
	ret->has_preempt = src->has_preempt;
	ret->begin_ns = src->begin_ns;
	ret->end_ns = why_now_ns();
	for (i = 0; !rc && i < src->nr_cpus; i++) {
		src->ops->tally(src->collector, i, &tally, &begin_ns);
		add_tally(ret, &tally, begin_ns);
	}
	return rc;
}

u64 why_stall_source_lost(const struct why_stall_source *src)
{
	struct why_stall_tally tally;
	u64 lost = 0, begin_ns;
	u32 i;

	for (i = 0; i < src->nr_cpus; i++) {
		src->ops->tally(src->collector, i, &tally, &begin_ns);
		lost += tally.nr_lost;
	}
	return lost;
}

void why_stall_source_close(struct why_stall_source *src)
{
	if (!src)
		return;
	if (src->collector)
		src->ops->close(src->collector);
	free(src);
}
