// SPDX-License-Identifier: GPL-2.0-only
/* Tasks into rows: see collect.h. */
#include "lib/collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST_STEAL_NS 100000000ULL

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

static void add_open_wait(struct why_snapshot *s, const struct why_task_record *r,
			  struct why_task_row *row)
{
	u64 begin = r->wait_start_ns ? r->wait_start_ns : s->begin_ns;
	u32 kind = r->wait_start_ns ? r->wait_kind : WHY_KIND_PREEMPTED;

	if (!r->is_waiting || begin > s->end_ns || kind >= WHY_KIND_NR_TASK)
		return;
	if (!r->is_queued) {
		s->open[kind].unconfirmed++;
		return;
	}
	row->has_open_wait = true;
	row->is_open_unknown = !r->wait_start_ns;
	row->open_kind = kind;
	row->open_wait_ns = s->end_ns - begin;
}

/* Its events say that it runs, and a CPU says so too: else its switch-out was hidden. */
static bool is_on_a_cpu(const struct why_snapshot *s, u32 pid)
{
	u32 i;

	for (i = 0; i < s->nr_cpus; i++)
		if (s->facts[i].is_seen && s->cpus[i].current_pid == pid)
			return true;
	return false;
}

static void add_open_run(const struct why_snapshot *s, const struct why_task_record *r,
			 struct why_task_row *row)
{
	u64 begin = r->run_start_ns ? r->run_start_ns : s->begin_ns;

	if (!r->is_running || begin > s->end_ns || !is_on_a_cpu(s, r->pid))
		return;
	row->has_open_run = true;
	row->is_open_run_unknown = !r->run_start_ns;
	row->open_run_ns = s->end_ns - begin;
}

static void set_cgroup(const struct why_collection *c, u64 id, struct why_task_row *row)
{
	const char *path = why_cgroup_path(c->cgroups, id);

	row->cgroup = path ? strdup(path) : NULL;
	row->cgroup_why = "the cgroup is gone, or outside of what is mounted here";
}

static int add_occupant(struct why_snapshot *s, const char *comm, u32 pid,
			const struct why_task_stats *stats)
{
	struct why_occupant *o;

	if (!stats->occupied_waits)
		return 0;
	o = why_snapshot_add_occupant(s);
	if (!o)
		return -ENOMEM;
	memcpy(o->comm, comm, WHY_COMM_LEN);
	o->pid = pid;
	o->waits = stats->occupied_waits;
	o->ns = stats->occupied_ns;
	return 0;
}

static int add_idle(struct why_snapshot *s)
{
	struct why_occupant *idle = why_snapshot_add_occupant(s);
	u32 i;

	if (!idle)
		return -ENOMEM;
	strcpy(idle->comm, "idle");
	idle->is_idle = true;
	for (i = 0; i < s->nr_cpus; i++) {
		idle->waits += s->cpus[i].idle_occupied_waits;
		idle->ns += s->cpus[i].idle_occupied_ns;
	}
	return 0;
}

/* /proc/stat counts in steps of 10 ms: a share of less than ten of them would be a guess. */
static void add_steal(struct why_snapshot *s, u32 cpu, u64 before_ns, u64 after_ns)
{
	if (s->end_ns - s->begin_ns < SHORTEST_STEAL_NS)
		return;
	s->facts[cpu].has_steal = true;
	s->facts[cpu].steal_ns = after_ns > before_ns ? after_ns - before_ns : 0;
}

int why_collect_cpus(struct why_collection *c, const struct why_cpu *cpus,
		     const struct why_pressure *before, const struct why_pressure *after)
{
	struct why_snapshot *s = c->into;
	u32 i;

	for (i = 0; i < s->nr_cpus; i++) {
		s->cpus[i] = cpus[i];
		s->facts[i].is_seen = before->has_steal[i] || cpus[i].nr_switches;
		if (before->has_steal[i] && after->has_steal[i])
			add_steal(s, i, before->steal_ns[i], after->steal_ns[i]);
	}
	return add_idle(s);
}

static bool has_row(const struct why_task_row *row)
{
	const struct why_task_stats *st = &row->stats;

	return row->has_open_wait || row->has_open_run || st->nr_voluntary || st->nr_involuntary ||
	       st->wakeup.count || st->preempted.count || st->fresh.count;
}

int why_collect_task(struct why_collection *c, const struct why_task_record *r)
{
	struct why_task_row new = { .merged = 1, .stats = r->stats }, *row;
	int rc = add_occupant(c->into, r->comm, r->pid, &r->stats);

	if (rc || !r->is_subject)
		return rc;
	add_open_wait(c->into, r, &new);
	add_open_run(c->into, r, &new);
	if (!has_row(&new))
		return 0;
	row = why_snapshot_add_task(c->into);
	if (!row)
		return -ENOMEM;
	*row = new;
	row->pid = r->pid;
	row->tgid = r->tgid;
	memcpy(row->comm, r->comm, WHY_COMM_LEN);
	set_cgroup(c, r->cgroup_id, row);
	count_last_rate(c->into, r, row);
	return 0;
}

/* All CPUs' parts of one name: sums, and the identity of the one that died last. */
static void merge_exited(const struct why_exited *per_cpu, u32 nr, struct why_exited *ret)
{
	const struct why_exited *e;

	memset(ret, 0, sizeof(*ret));
	for (e = per_cpu; e < per_cpu + nr; e++) {
		why_task_stats_merge(&ret->stats, &e->stats);
		ret->nr_buried += e->nr_buried;
		if (!e->nr_tasks)
			continue;
		ret->has_several_cgroups |= e->has_several_cgroups ||
					    (ret->nr_tasks && ret->cgroup_id != e->cgroup_id);
		ret->nr_tasks += e->nr_tasks;
		if (e->at_ns < ret->at_ns)
			continue;
		ret->at_ns = e->at_ns;
		ret->pid = e->pid;
		ret->tgid = e->tgid;
		ret->cgroup_id = e->cgroup_id;
	}
}

int why_collect_exited(struct why_collection *c, const struct why_exited_key *key,
		       const struct why_exited *per_cpu, u32 nr)
{
	struct why_task_row *row;
	struct why_exited all;
	int rc;

	merge_exited(per_cpu, nr, &all);
	rc = add_occupant(c->into, key->comm, all.nr_buried == 1 ? all.pid : 0, &all.stats);
	if (rc || !all.nr_tasks)
		return rc;
	row = why_snapshot_add_task(c->into);
	if (!row)
		return -ENOMEM;
	row->is_exited = true;
	row->merged = all.nr_tasks;
	memcpy(row->comm, key->comm, WHY_COMM_LEN);
	row->pid = all.pid;
	row->tgid = all.tgid;
	row->stats = all.stats;
	if (all.has_several_cgroups)
		row->cgroup_why = "tasks of several cgroups";
	else
		set_cgroup(c, all.cgroup_id, row);
	return 0;
}
