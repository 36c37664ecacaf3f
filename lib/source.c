// SPDX-License-Identifier: GPL-2.0-only
/*
 * A live measurement, whichever the collector: when its edges are, what is read of /proc beside
 * it, and how what it keeps becomes a snapshot.
 */
#include "lib/source.h"

#include "lib/collect.h"
#include "lib/configure.h"
#include "lib/counts.h"
#include "lib/keyed.h"
#include "lib/line_facts.h"
#include "lib/machine.h"
#include "lib/rates.h"
#include "lib/ring_reader.h"
#include "lib/series.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

struct why_source {
	const struct why_collector_ops *ops;
	struct why_collector *collector;
	struct why_request req;
	struct why_config cfg;
	char label[WHY_LABEL_LEN];
	struct why_tables tables;	/* mapped, written by the kernel */
	const struct why_record *rings;	/* the same */
	struct why_ring_reader *readers;	/* [nr_cpus] */
	struct why_pressure first, last;	/* at the beginning; at the last tick */
	u64 begin_ns, end_ns;
	struct why_cgroup_map *cgroups;	/* as they were at the end */
	struct why_series *series;
	struct why_rates *rates;
};

static int unable(struct why_error *err, int rc, const char *what)
{
	return why_error_set(err, WHY_EXIT_UNABLE, -rc, "whylate doctor tells what is missing",
			     "%s", what);
}

static int allocate(struct why_source *src)
{
	src->readers = calloc(src->tables.nr_cpus, sizeof(*src->readers));
	src->series = why_series_new(src->tables.nr_cpus, src->req.kinds);
	src->rates = why_rates_new(src->tables.nr_cpus);
	if (why_pressure_init(&src->first, src->tables.nr_cpus) ||
	    why_pressure_init(&src->last, src->tables.nr_cpus))
		return -ENOMEM;
	return src->readers && src->series && src->rates ? 0 : -ENOMEM;
}

static int open_collector(struct why_source *src, struct why_error *err)
{
	int rc = why_configure(&src->req, src->tables.nr_cpus, &src->cfg, src->label, err);

	return rc ?: src->ops->open(&src->req, &src->cfg, &src->collector, &src->tables,
				    &src->rings, err);
}

int why_source_open(const struct why_collector_ops *by, const struct why_request *req,
		    struct why_source **ret, struct why_error *err)
{
	struct why_source *src = calloc(1, sizeof(*src));
	int rc, nr = why_nr_possible_cpus();

	if (!src || nr <= 0) {
		free(src);
		return why_error_set(err, WHY_EXIT_FAILED, src ? -nr : ENOMEM, "",
				     "count this machine's CPUs");
	}
	src->ops = by;
	src->req = *req;
	src->tables.nr_cpus = (u32)nr;
	rc = allocate(src);
	rc = rc ? unable(err, rc, "prepare the measurement") : open_collector(src, err);
	if (rc) {
		why_source_close(src);
		return rc;
	}
	*ret = src;
	return 0;
}

void why_source_close(struct why_source *src)
{
	if (!src)
		return;
	if (src->collector)
		src->ops->close(src->collector);
	why_pressure_free(&src->first);
	why_pressure_free(&src->last);
	free(src->readers);
	why_series_free(src->series);
	why_rates_free(src->rates);
	why_cgroup_map_free(src->cgroups);
	free(src);
}

static int adopt(struct why_source *src)
{
	return src->ops->walk(src->collector, WHY_WALK_ADOPT, src->req.tell, src->req.tell_arg);
}

int why_source_start(struct why_source *src, struct why_error *err)
{
	/* Storage first, where it may be allocated at leisure; then the states, once it counts. */
	int rc = adopt(src);

	why_pressure_read(&src->first);
	why_pressure_copy(&src->last, &src->first);
	if (src->req.tell)
		src->cgroups = why_cgroup_map_new(src->label);
	src->begin_ns = why_now_ns();
	why_series_begin(src->series, src->begin_ns, &src->first);
	why_rates_begin(src->rates, src->begin_ns);
	if (!rc)
		rc = src->ops->edge(src->collector, WHY_STAGE_FIND);
	if (!rc)
		rc = src->ops->edge(src->collector, WHY_STAGE_BEGIN);
	if (!rc)
		rc = src->ops->edge(src->collector, WHY_STAGE_WHOLE);
	if (!rc)
		rc = adopt(src);
	return rc ? unable(err, rc, "begin the measurement") : 0;
}

int why_source_freeze(struct why_source *src, struct why_error *err)
{
	int rc;

	/* Before the end: from then on tasks come and go unseen until they are walked over. */
	why_cgroup_map_free(src->cgroups);
	src->cgroups = why_cgroup_map_new(src->label);
	rc = src->ops->edge(src->collector, WHY_STAGE_END);
	src->end_ns = why_now_ns();
	return rc ? unable(err, rc, "end the measurement") : 0;
}

int why_source_tick(struct why_source *src, struct why_snapshot *into, struct why_error *err)
{
	u64 now = src->end_ns ? src->end_ns : why_now_ns();
	int rc;

	why_pressure_read(&src->last);
	rc = why_series_tick(src->series, &src->tables, now, &src->last, into);
	rc = rc ?: why_line_facts_update(into);
	return rc ? why_error_set(err, WHY_EXIT_FAILED, -rc, "", "keep the series") : 0;
}

int why_source_window(struct why_source *src, struct why_snapshot *into, struct why_error *err)
{
	u64 now = src->end_ns ? src->end_ns : why_now_ns();
	int rc = why_rates_window(src->rates, &src->tables, now, into);

	/* Where affinity was at the beginning; from then on the ticks look. */
	if (!rc && !into->nr_lines)
		rc = why_line_facts_update(into);
	return rc ? why_error_set(err, WHY_EXIT_FAILED, -rc, "", "keep the storms") : 0;
}

void why_source_sample_cost(struct why_source *src, bool is_begin)
{
	src->ops->sample_cost(src->collector, is_begin);
}

/* Where the tasks that are walked over go. */
struct takers {
	struct why_collection *collection;
	const struct why_request *req;
};

static int take_task(void *arg, const struct why_task_record *r)
{
	const struct takers *t = arg;
	int rc = why_collect_task(t->collection, r);

	return rc || !t->req->tell ? rc : t->req->tell(t->req->tell_arg, r);
}

static void take_cost(struct why_source *src, struct why_snapshot *into)
{
	struct why_overhead *o = &into->overhead;
	struct why_collector_cost cost;

	src->ops->cost(src->collector, &cost);
	into->recursion_misses = cost.recursion_misses;
	memcpy(into->missed_in, cost.missed_in, sizeof(into->missed_in));
	o->sampled_events = cost.runs;
	o->is_known = cost.runs != 0;
	if (!o->is_known)
		return;
	o->ns_per_event = (double)cost.run_ns / (double)cost.runs;
	o->cpu_percent = 100.0 * o->ns_per_event * (double)o->events /
			 (double)(src->end_ns - src->begin_ns);
}

static void take_names(const struct why_source *src, struct why_snapshot *into)
{
	struct utsname u;

	into->collector = src->ops->name;
	into->begin_ns = src->begin_ns;
	into->end_ns = src->end_ns;
	into->kinds = src->req.kinds;
	into->has_split_waker = src->req.split_waker;
	into->has_split_switch = src->req.split_switch;
	uname(&u);
	snprintf(into->hostname, sizeof(into->hostname), "%s", u.nodename);
	snprintf(into->kernel, sizeof(into->kernel), "%s", u.release);
}

/* Rows with keys, counts and lines, in place of what was there. */
static int take_interrupts(struct why_source *src, struct why_snapshot *into, bool has_names)
{
	int rc;

	why_snapshot_clear_interrupts(into);
	rc = why_collect_keyed(into, &src->tables, has_names);
	if (!rc)
		rc = why_collect_counts(into, &src->tables, &src->cfg.counts);
	return rc ?: why_line_facts_update(into);
}

int why_source_peek(struct why_source *src, struct why_snapshot *into, struct why_error *err)
{
	int rc = take_interrupts(src, into, false);
	u32 i;

	into->begin_ns = src->begin_ns;
	into->end_ns = why_now_ns();
	for (i = 0; i < into->nr_cpus; i++)
		into->facts[i].is_seen = src->tables.cpus[i].begin_ns != 0;
	return rc ? why_error_set(err, WHY_EXIT_FAILED, -rc, "", "look at the interrupts") : 0;
}

int why_source_snapshot(struct why_source *src, struct why_snapshot *into, struct why_error *err)
{
	struct why_collection c = { .into = into, .cgroups = src->cgroups };
	struct takers takers = { .collection = &c, .req = &src->req };
	u32 i;
	int rc;

	take_names(src, into);
	rc = take_interrupts(src, into, true);
	if (!rc)
		rc = why_collect_cpus(&c, src->tables.cpus, &src->first, &src->last);
	if (!rc)
		rc = src->ops->walk(src->collector, WHY_WALK_COLLECT, take_task, &takers);
	if (!rc)
		rc = src->ops->take_exited(src->collector, &c);
	for (i = 0; i < into->nr_cpus; i++)
		into->has_rq_switches |= into->cpus[i].end_rq_switches != 0;
	why_snapshot_merge(into);
	take_cost(src, into);
	return rc ? why_error_set(err, WHY_EXIT_FAILED, -rc, "", "collect the tasks' figures") : 0;
}

size_t why_source_drain(struct why_source *src, u32 cpu, struct why_event *ret, size_t max,
		    u64 *ret_lost)
{
	if (!src->rings)
		return 0;
	return why_ring_drain(&src->readers[cpu], src->rings, &src->tables.cpus[cpu].ring_head,
			      src->req.ring_shift, cpu, ret, max, ret_lost);
}

void why_source_describe(const struct why_source *src, struct why_snapshot *into)
{
	take_names(src, into);
}

const struct why_cgroup_map *why_source_cgroups(const struct why_source *src)
{
	return src->cgroups;
}

const struct why_pressure *why_source_pressure(const struct why_source *src)
{
	return &src->last;
}

u64 why_source_ring_size(const struct why_source *src)
{
	return src->req.ring_shift ? 1ULL << src->req.ring_shift : 0;
}

const struct why_tables *why_source_tables(const struct why_source *src)
{
	return &src->tables;
}

u32 why_source_nr_cpus(const struct why_source *src)
{
	return src->tables.nr_cpus;
}
