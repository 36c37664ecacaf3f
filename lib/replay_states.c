// SPDX-License-Identifier: GPL-2.0-only
/* How a replay stands, in the records that a measurement begins with: see replay.h. */
#include "lib/replay_state.h"

#include <stdlib.h>
#include <string.h>

int why_replay_tell(const struct why_replay *r,
		    int (*tell)(void *arg, const struct why_task_record *record), void *arg)
{
	const struct why_replay_task *p;
	int rc = 0;
	u32 i;

	for (i = 0; !rc && i < r->tasks.nr_used; i++) {
		struct why_task_record rec = {};

		p = why_replay_at(&r->tasks, i);
		if (!p->pid)
			continue;
		rec.pid = p->pid;
		rec.tgid = p->tgid;
		rec.cgroup_id = p->cgroup_id;
		rec.is_subject = p->is_subject;
		rec.prio = p->has_priority ? p->prio : 0;
		rec.policy = p->policy;
		memcpy(rec.comm, p->comm, sizeof(rec.comm));
		rc = tell(arg, &rec);
	}
	return rc;
}

/* A task's events go with the CPU that it waits on or slept on, any that there is. */
static bool is_told_by(const struct why_replay *r, const struct why_replay_task *p, u32 cpu)
{
	u32 home = p->task.wait.cpu;

	if (home >= r->config.nr_cpus || r->tables.cpus[home].phase != WHY_PHASE_ACTIVE)
		for (home = 0; r->tables.cpus[home].phase != WHY_PHASE_ACTIVE; home++)
			;
	return p->pid && p->task.state != WHY_TASK_UNKNOWN && home == cpu;
}

struct why_event *why_replay_states(const struct why_replay *r, u32 cpu, u64 now, size_t *ret_n)
{
	const struct why_cpu *c = &r->tables.cpus[cpu];
	struct why_event *e = calloc(r->tasks.nr_used + 1, sizeof(*e));
	const struct why_replay_task *p;
	size_t n = 0;
	u32 i;

	if (!e)
		return NULL;
	e[n++] = why_event_of(cpu, now, WHY_RECORD_BEGIN,
		       why_record_body(c->current_pid, (u32)c->account.word & 0xff,
				       r->state[cpu].has_count));
	for (i = 0; i < r->tasks.nr_used; i++) {
		p = why_replay_at(&r->tasks, i);
		if (!is_told_by(r, p, cpu))
			continue;
		e[n++] = why_event_of(cpu, now, WHY_RECORD_ADOPTED,
			       why_record_body(p->pid, 0, p->task.state));
	}
	*ret_n = n;
	return e;
}

static bool is_waiting(const struct why_task *t)
{
	return (t->state == WHY_TASK_WAITING || t->state == WHY_TASK_WOKEN ||
		t->state == WHY_TASK_NEW) &&
	       t->wait.kind < WHY_KIND_NR_WAITS && t->wait.start_ns;
}

static void tell_wait(const struct why_replay *r, const struct why_replay_task *p, u64 now,
		      void (*hear)(void *arg, const struct why_sample *sample), void *arg)
{
	const struct why_wait *w = &p->task.wait;
	struct why_sample s = { .kind = w->kind, .cpu = w->cpu, .begin_ns = w->start_ns,
				.end_ns = now, .pid = p->pid };
	struct why_account a;
	u32 ignored;

	if (now < w->start_ns || now - w->start_ns <= r->over_ns[w->kind] ||
	    w->cpu >= r->config.nr_cpus)
		return;
	a = r->tables.cpus[w->cpu].account;
	why_account_update(&a, now);
	why_wait_close(w, &a, now, s.causes, &ignored);
	hear(arg, &s);
}

static void tell_length(const struct why_replay *r, const struct why_replay_task *p, u32 kind,
			u64 begin, u64 now,
			void (*hear)(void *arg, const struct why_sample *sample), void *arg)
{
	struct why_sample s = { .kind = kind, .cpu = p->task.wait.cpu, .begin_ns = begin,
				.end_ns = now, .pid = p->pid };

	if (begin && now > begin && now - begin > r->over_ns[kind])
		hear(arg, &s);
}

void why_replay_overdue(const struct why_replay *r, u64 now,
			void (*hear)(void *arg, const struct why_sample *sample), void *arg)
{
	const struct why_replay_task *p;
	const struct why_task *t;
	u32 i;

	for (i = 0; i < r->tasks.nr_used; i++) {
		p = why_replay_at(&r->tasks, i);
		t = &p->task;
		if (!p->pid || !p->is_subject)
			continue;
		if (is_waiting(t))
			tell_wait(r, p, now, hear, arg);
		if (t->state == WHY_TASK_RUNNING || t->state == WHY_TASK_PENDING)
			tell_length(r, p, WHY_KIND_RUN, t->since_ns, now, hear, arg);
		if (t->woken_ns && t->state != WHY_TASK_SLEEPING)
			tell_length(r, p, WHY_KIND_RESPONSE, t->woken_ns, now, hear, arg);
	}
}
