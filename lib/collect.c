// SPDX-License-Identifier: GPL-2.0-only
/* Tasks into rows: see collect.h. */
#include "lib/collect.h"

#include <errno.h>
#include <string.h>

/* A window still running when the measurement ends is no second: it says nothing. */
static void count_last_rate(struct why_snapshot *s, const struct why_task_record *r,
			    struct why_task_row *row)
{
	u32 i = why_hist_index(r->rate_count);

	if (!r->rate_start_ns || s->end_ns - r->rate_start_ns < WHY_RATE_WINDOW_NS)
		return;
	if (r->rate_count > row->stats.rate_max)
		row->stats.rate_max = r->rate_count;
	if (i < WHY_HIST_BUCKETS)
		s->rates.bucket[i]++;
	s->rates.count++;
}

static void add_open_wait(const struct why_snapshot *s, const struct why_task_record *r,
			  struct why_task_row *row)
{
	u64 begin = r->wait_is_unknown ? s->begin_ns : r->wait_start_ns;

	if (!begin || begin > s->end_ns)
		return;
	row->has_open_wait = true;
	row->is_open_unknown = r->wait_is_unknown;
	row->open_kind = r->wait_is_unknown ? WHY_KIND_PREEMPTED : r->wait_kind;
	row->open_wait_ns = s->end_ns - begin;
}

static char *copy_cgroup(const struct why_collection *c, u64 id)
{
	const char *path = why_cgroup_path(c->cgroups, id);

	return path ? strdup(path) : NULL;
}

int why_collect_task(struct why_collection *c, const struct why_task_record *r)
{
	struct why_task_row *row = why_snapshot_add_task(c->into);

	if (!row)
		return -ENOMEM;
	row->pid = r->pid;
	row->tgid = r->tgid;
	memcpy(row->comm, r->comm, WHY_COMM_LEN);
	row->cgroup = copy_cgroup(c, r->cgroup_id);
	row->stats = r->stats;
	count_last_rate(c->into, r, row);
	if (r->wait_start_ns || r->wait_is_unknown)
		add_open_wait(c->into, r, row);
	return 0;
}

int why_collect_exited(struct why_collection *c, const struct why_exited_key *key,
		       const struct why_exited *per_cpu, u32 nr)
{
	struct why_task_row *row = why_snapshot_add_task(c->into);
	u32 cpu;

	if (!row)
		return -ENOMEM;
	row->is_exited = true;
	row->merged = 0;
	memcpy(row->comm, key->comm, WHY_COMM_LEN);
	for (cpu = 0; cpu < nr; cpu++) {
		if (!per_cpu[cpu].nr_tasks)
			continue;
		row->merged += per_cpu[cpu].nr_tasks;
		row->pid = per_cpu[cpu].pid;
		row->tgid = per_cpu[cpu].tgid;
		if (!row->cgroup)
			row->cgroup = copy_cgroup(c, per_cpu[cpu].cgroup_id);
		why_task_stats_merge(&row->stats, &per_cpu[cpu].stats);
	}
	return 0;
}
