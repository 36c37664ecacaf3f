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
		memcpy(rec.comm, p->comm, sizeof(rec.comm));
		rc = tell(arg, &rec);
	}
	return rc;
}

static struct why_event event(u32 cpu, u64 now, u32 type, u64 body)
{
	return (struct why_event){ .at_ns = now, .cpu = cpu,
				   .record = { why_record_head(now, 0, type), body } };
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
	struct why_event *e = calloc(2 * (size_t)r->tasks.nr_used + 1, sizeof(*e));
	const struct why_replay_task *p;
	size_t n = 0;
	u32 i;

	if (!e)
		return NULL;
	e[n++] = event(cpu, now, WHY_RECORD_BEGIN,
		       why_record_body(c->current_pid, (u32)c->account.word & 0xff,
				       r->state[cpu].has_count));
	for (i = 0; i < r->tasks.nr_used; i++) {
		p = why_replay_at(&r->tasks, i);
		if (!is_told_by(r, p, cpu))
			continue;
		if (p->has_priority)
			e[n++] = event(cpu, now, WHY_RECORD_PRIORITY,
				       why_record_body(p->pid, p->prio, p->policy));
		e[n++] = event(cpu, now, WHY_RECORD_ADOPTED,
			       why_record_body(p->pid, 0, p->task.state));
	}
	*ret_n = n;
	return e;
}
