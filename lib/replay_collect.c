// SPDX-License-Identifier: GPL-2.0-only
/* A replay's life, and its tasks as the collector in the kernel tells of its own: see replay.h. */
#include "lib/replay_state.h"

#include <stdlib.h>
#include <string.h>

static void *zeroed(size_t alignment, size_t nr, size_t size)
{
	void *p = aligned_alloc(alignment, (nr * size + alignment - 1) / alignment * alignment);

	return p ? memset(p, 0, nr * size) : NULL;
}

static int allocate(struct why_replay *r)
{
	struct why_tables *t = &r->tables;

	t->nr_cpus = r->config.nr_cpus;
	t->nr_keyed = 1U << r->config.keyed_shift;
	t->cpus = zeroed(_Alignof(struct why_cpu), t->nr_cpus, sizeof(*t->cpus));
	t->keyed = calloc(t->nr_keyed, sizeof(*t->keyed));
	t->lines = calloc(WHY_LINES, sizeof(*t->lines));
	t->counts = calloc((size_t)t->nr_cpus * WHY_LINES, sizeof(*t->counts));
	r->state = calloc(t->nr_cpus, sizeof(*r->state));
	if (!t->cpus || !t->keyed || !t->lines || !t->counts || !r->state)
		return -1;
	return why_replay_tasks_init(&r->tasks);
}

struct why_replay *why_replay_new(const struct why_replay_config *config)
{
	struct why_replay *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->config = *config;
	if (config->nr_cpus && config->keyed_shift && config->keyed_shift <= 16 &&
	    !allocate(r))
		return r;
	why_replay_free(r);
	return NULL;
}

void why_replay_free(struct why_replay *r)
{
	if (!r)
		return;
	free(r->tables.cpus);
	free(r->tables.keyed);
	free(r->tables.lines);
	free(r->tables.counts);
	free(r->state);
	why_replay_tasks_free(&r->tasks);
	free(r);
}

struct why_tables *why_replay_tables(struct why_replay *r)
{
	return &r->tables;
}

void why_replay_name(struct why_replay *r, const struct why_task_record *rec)
{
	struct why_replay_task *p = rec->pid ? why_replay_task(&r->tasks, rec->pid) : NULL;

	if (!p)
		return;
	p->tgid = rec->tgid;
	p->cgroup_id = rec->cgroup_id;
	p->is_subject = rec->is_subject;
	/* Deadline's priority + 1 is 0. */
	p->has_priority = rec->prio || rec->policy;
	p->prio = rec->prio;
	p->policy = rec->policy;
	memcpy(p->comm, rec->comm, sizeof(p->comm));
}

void why_replay_queued(struct why_replay *r, const struct why_task_record *rec)
{
	struct why_replay_task *p = why_replay_find(&r->tasks, rec->pid);

	if (!p)
		return;
	p->is_queued = rec->is_queued;
	p->cgroup_id = rec->cgroup_id;
	/* Where it has another name since the end, live tells that one. */
	memcpy(p->comm, rec->comm, sizeof(p->comm));
	/* Its fork was hidden, but the walk over all tasks at the end was shown it. */
	if (!p->tgid)
		p->tgid = rec->tgid;
}

void why_replay_stop(struct why_replay *r, u64 now)
{
	struct why_cpu *cpu;
	u32 i;

	for (i = 0; i < r->config.nr_cpus; i++) {
		cpu = &r->tables.cpus[i];
		if (cpu->phase != WHY_PHASE_ACTIVE)
			continue;
		why_cpu_end(cpu, now, cpu->rq_switches);
		if (r->state[i].has_gap)
			cpu->end_rq_switches = 0;
	}
}

static void restart_cpu(struct why_cpu *cpu, u64 now)
{
	struct why_cpu before = *cpu;

	memset(cpu, 0, sizeof(*cpu));
	cpu->account.word = before.account.word & 0xff;
	why_cpu_begin(cpu, now, before.current_pid, before.rq_switches);
	if ((before.account.word & WHY_CTX_BASE) == WHY_BASE_OFFLINE)
		why_cpu_offline(cpu, now, before.rq_switches);
}

static void restart_task(struct why_replay_task *p)
{
	struct why_task *t = &p->task, before = *t;

	memset(t, 0, sizeof(*t));
	t->state = before.state;
	t->is_soft = before.is_soft;
	t->is_locked_out = before.is_locked_out;
	t->wait.cpu = before.wait.cpu;
	t->wait.kind = before.wait.kind;
}

static void restart_row(struct why_keyed *row)
{
	struct why_keyed before = *row;

	memset(row, 0, sizeof(*row));
	row->key = before.key;
	row->irq = before.irq;
	memcpy(row->name, before.name, sizeof(row->name));
}

void why_replay_restart(struct why_replay *r, u64 now)
{
	struct why_tables *t = &r->tables;
	u32 i;

	for (i = 0; i < t->nr_cpus; i++)
		if (t->cpus[i].phase == WHY_PHASE_ACTIVE)
			restart_cpu(&t->cpus[i], now);
		else
			memset(&t->cpus[i], 0, sizeof(t->cpus[i]));
	for (i = 0; i < t->nr_keyed; i++)
		if (t->keyed[i].key)
			restart_row(&t->keyed[i]);
	memset(t->counts, 0, (size_t)t->nr_cpus * WHY_LINES * sizeof(*t->counts));
	for (i = 0; i < r->tasks.nr_used; i++)
		restart_task(why_replay_at(&r->tasks, i));
	why_replay_forget_dead(&r->tasks);
}

static void add_open(struct why_task_record *rec, const struct why_replay_task *p)
{
	const struct why_task *t = &p->task;

	rec->is_running = t->state == WHY_TASK_RUNNING || t->state == WHY_TASK_PENDING;
	rec->run_start_ns = t->since_ns;
	if (t->state != WHY_TASK_WAITING && t->state != WHY_TASK_WOKEN && t->state != WHY_TASK_NEW)
		return;
	rec->is_waiting = 1;
	rec->is_queued = p->is_queued;
	rec->wait_kind = t->wait.kind;
	rec->wait_start_ns = t->wait.start_ns;
}

static int collect_task(struct why_collection *c, const struct why_replay_task *p,
			bool is_confirmed)
{
	struct why_task_record rec = {
		.pid = p->pid, .tgid = p->tgid, .cgroup_id = p->cgroup_id,
		.is_subject = p->is_subject, .rate_start_ns = p->task.rate_start_ns,
		.rate_count = p->task.rate_count, .stats = p->task.stats,
	};

	memcpy(rec.comm, p->comm, sizeof(rec.comm));
	if (rec.is_subject)
		add_open(&rec, p);
	rec.is_queued |= !is_confirmed;
	return why_collect_task(c, &rec);
}

int why_replay_collect(struct why_replay *r, struct why_collection *c, bool are_confirmed)
{
	const struct why_replay_task *p;
	int rc = 0;
	u32 i;

	for (i = 0; !rc && i < r->tasks.nr_used; i++) {
		p = why_replay_at(&r->tasks, i);
		/* Whom no walk over the tasks and no fork told of, a live report does not know. */
		if (p->pid && p->tgid)
			rc = collect_task(c, p, are_confirmed);
	}
	for (i = 0; !rc && i < r->tasks.nr_dead; i++)
		rc = why_collect_exited(c, &r->tasks.dead[i].key, &r->tasks.dead[i].exited, 1);
	return rc;
}

u64 why_replay_nonsense(const struct why_replay *r)
{
	return r->nr_nonsense;
}

bool why_replay_is_short(const struct why_replay *r)
{
	return r->tasks.is_short;
}
