// SPDX-License-Identifier: GPL-2.0-only
/* From a latency that was too long to all that happened meanwhile: see watch.h. */
#include "lib/watch_state.h"

#include "lib/replay_tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How much is told of what came before. */
#define BEFORE_NS 200000ULL
/* How far back a task's last step is looked for. */
#define LOOK_BACK_NS 100000000ULL
/* How far back who woke it is. */
#define WAKES_NS 10000000000ULL

static bool is_about_task(u32 kind)
{
	return kind < WHY_KIND_NR_TASK;
}

static void miss(struct why_violation *v, u32 cpu, u64 from, u64 to)
{
	v->is_complete = false;
	if (!v->missing[0])
		snprintf(v->missing, sizeof(v->missing),
			 "what CPU %u did in the first %llu us is no longer kept", cpu,
			 (to - from) / 1000);
}

/* What CPU `cpu` did from `from` to `to`. */
static int add_spans(const struct why_watch *w, struct why_violation *v, u32 cpu, u64 from, u64 to,
		     struct why_spans *into)
{
	u64 since;

	if (from >= to)
		return 0;
	if (cpu >= w->config.nr_cpus)
		return -1;
	since = why_history_whole_since(w->history, cpu);
	if (since > from)
		miss(v, cpu, from, since < to ? since : to);
	return why_history_spans(w->history, cpu, from, to, into);
}

/* Task `pid` slept until somebody woke it. */
static int add_asleep(const struct why_watch *w, u32 pid, u32 cpu, u64 from, u64 to,
		      struct why_spans *into)
{
	struct why_span span = { .begin_ns = from, .end_ns = to, .cpu = cpu,
				 .class_ = WHY_SPAN_ASLEEP };
	struct why_wake wake;

	if (why_history_waking(w->history, pid, from, to, false, &wake)) {
		span.cpu = wake.cpu;
		span.who = wake.waker;
		span.pid = wake.waker_pid;
	}
	return why_spans_add(into, &span);
}

/* The balancer does not move who runs, and who sleeps does not wait by being moved. */
static bool is_passed_over(const struct why_step_at *now, const struct why_step_at *step)
{
	return step->stand == WHY_STANDS_WAITING && step->stood == WHY_STANDS_WAITING &&
	       now->stand != WHY_STANDS_WAITING;
}

/*
 * Where task `pid` is at `from`, by its next step and those that came shortly before; else as
 * `last` has it.
 */
static struct why_step_at stand_at(const struct why_watch *w, u32 pid, struct why_step_at last,
				   u64 from, const struct why_step_at *next, bool *ret_is_seen)
{
	u64 since = why_history_settled(w->history, pid,
					from > LOOK_BACK_NS ? from - LOOK_BACK_NS : 0, from);
	struct why_step_at at = last, *steps;
	size_t n = 0, i;

	steps = why_history_path(w->history, pid, since, from, &n);
	*ret_is_seen = steps && n;
	if (steps && n) {
		at = steps[0];
		for (i = 1; i < n; i++)
			if (!is_passed_over(&at, &steps[i]))
				at = steps[i];
	} else if (next) {
		at.cpu = next->cpu;
		at.stand = next->stood;
	}
	at.at_ns = from;
	free(steps);
	return at;
}

/* Where the task ran, whatever had the CPU instead came and went unseen. */
static void unsee_others(struct why_spans *spans, size_t from, u32 pid)
{
	struct why_span *s;

	for (; from < spans->nr; from++) {
		s = &spans->span[from];
		if (s->class_ != WHY_CLASS_IDLE &&
		    (s->class_ != WHY_CLASS_TASK || s->who.id == pid))
			continue;
		s->class_ = WHY_CLASS_UNSEEN;
		s->who.actor = WHY_ACTOR_NONE;
	}
}

/* What there is to tell of task `pid` from where it is `now` until `to`. */
static int add_piece(const struct why_watch *w, struct why_violation *v, u32 pid,
		     const struct why_step_at *now, u64 to, struct why_spans *into)
{
	size_t first = into->nr;
	int rc;

	if (now->stand == WHY_STANDS_ASLEEP)
		return add_asleep(w, pid, now->cpu, now->at_ns, to, into);
	rc = add_spans(w, v, now->cpu, now->at_ns, to, into);
	if (now->stand == WHY_STANDS_RUNNING)
		unsee_others(into, first, pid);
	return rc;
}

static int add_unseen(u32 cpu, u64 from, u64 to, struct why_spans *into)
{
	struct why_span span = { .begin_ns = from, .end_ns = to, .cpu = cpu,
				 .class_ = WHY_CLASS_UNSEEN };

	return why_spans_add(into, &span);
}

/* Whether what some CPU did at `from` is no longer kept. */
static bool is_any_missing(const struct why_watch *w, u64 from)
{
	u64 since;
	u32 cpu;

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		since = why_history_whole_since(w->history, cpu);
		if (since != ~0ULL && since > from)
			return true;
	}
	return false;
}

/* Follows task `pid` over the CPUs that it was on or waited on; `last`: a last resort. */
static int follow(const struct why_watch *w, struct why_violation *v, u32 pid,
		  struct why_step_at last, u64 from, u64 to, struct why_spans *into)
{
	size_t n = 0, i;
	struct why_step_at *steps = why_history_path(w->history, pid, from, to, &n), now;
	bool is_seen;
	int rc = steps ? 0 : -1;

	now = stand_at(w, pid, last, from, n ? &steps[0] : NULL, &is_seen);
	/* Its steps may have been on a CPU of which they are no longer kept. */
	if (!is_seen && is_any_missing(w, from)) {
		miss(v, now.cpu, from, n ? steps[0].at_ns : to);
		rc = rc ?: add_unseen(now.cpu, from, n ? steps[0].at_ns : to, into);
		now.at_ns = n ? steps[0].at_ns : to;
	}
	for (i = 0; !rc && i < n; i++) {
		if (is_passed_over(&now, &steps[i]))
			continue;
		rc = add_piece(w, v, pid, &now, steps[i].at_ns, into);
		now = steps[i];
	}
	rc = rc ?: add_piece(w, v, pid, &now, to, into);
	free(steps);
	return rc;
}

/* The longest sleep that another task ended, or NULL. */
static const struct why_span *longest_sleep(const struct why_spans *spans)
{
	const struct why_span *s, *longest = NULL;
	size_t i;

	for (i = 0; i < spans->nr; i++) {
		s = &spans->span[i];
		if (s->class_ == WHY_SPAN_ASLEEP && s->who.actor == WHY_ACTOR_TASK && s->who.id &&
		    (!longest || s->end_ns - s->begin_ns > longest->end_ns - longest->begin_ns))
			longest = s;
	}
	return longest;
}

/* For whom it slept longest, for whom that one did meanwhile, and so on. */
static int add_holds(const struct why_watch *w, struct why_violation *v)
{
	const struct why_span *sleep = longest_sleep(&v->spans);
	struct why_hold *hold;
	int rc = 0;

	while (!rc && sleep && v->nr_holds < WHY_HOLDS_TOLD) {
		hold = &v->holds[v->nr_holds++];
		hold->begin_ns = sleep->begin_ns;
		hold->end_ns = sleep->end_ns;
		hold->pid = sleep->who.id;
		/* Without a step it ran all the time: how else could it wake anybody? */
		rc = follow(w, v, hold->pid,
			    (struct why_step_at){ .cpu = sleep->cpu, .stand = WHY_STANDS_RUNNING },
			    hold->begin_ns, hold->end_ns, &hold->spans);
		sleep = longest_sleep(&hold->spans);
	}
	return rc;
}

/* Who woke the task, who woke that one, and so on, as far as tasks woke each other. */
static void add_wakes(const struct why_watch *w, struct why_violation *v)
{
	u32 pid = v->pid;
	u64 at = v->begin_ns;
	struct why_wake *wake;

	while (v->nr_wakes < WHY_WAKES_TOLD) {
		wake = &v->wakes[v->nr_wakes];
		if (!why_history_waking(w->history, pid, at > WAKES_NS ? at - WAKES_NS : 0, at,
					pid == v->pid, wake))
			return;
		v->nr_wakes++;
		if (wake->waker.actor != WHY_ACTOR_TASK || !wake->waker.id ||
		    wake->waker.id == pid)
			return;
		pid = wake->waker.id;
		at = wake->at_ns;
	}
}

/* --- who they are --- */

static const struct why_person *find_dead(const struct why_watch *w, u32 pid)
{
	u64 i, first = w->nr_dead > WHY_WATCH_DEAD ? w->nr_dead - WHY_WATCH_DEAD : 0;

	for (i = w->nr_dead; i-- > first;)
		if (w->dead[i % WHY_WATCH_DEAD].pid == pid)
			return &w->dead[i % WHY_WATCH_DEAD];
	return NULL;
}

void why_watch_describe(const struct why_replay_task *p, struct why_person *ret)
{
	*ret = (struct why_person){
		.pid = p->pid, .tgid = p->tgid, .has_priority = p->has_priority,
		.prio = (int)p->prio - 1, .policy = p->policy, .cgroup_id = p->cgroup_id,
	};
	memcpy(ret->comm, p->comm, WHY_COMM_LEN);
}

static int add_person(const struct why_watch *w, struct why_violation *v, u32 pid)
{
	const struct why_replay_task *p;
	const struct why_person *dead;
	struct why_person *people;
	size_t n = v->nr_people;

	if (!pid || why_violation_person(v, pid))
		return 0;
	if (!(n & (n - 1))) {
		people = realloc(v->people, (n ? 2 * n : 1) * sizeof(*people));
		if (!people)
			return -1;
		v->people = people;
	}
	p = why_replay_look(w->replay, pid);
	dead = p ? NULL : find_dead(w, pid);
	if (p)
		why_watch_describe(p, &v->people[n]);
	else
		v->people[n] = dead ? *dead : (struct why_person){ .pid = pid };
	v->nr_people++;
	return 0;
}

static int add_people_of(const struct why_watch *w, struct why_violation *v,
			 const struct why_spans *spans)
{
	const struct why_span *s;
	int rc = 0;
	size_t i;

	for (i = 0; !rc && i < spans->nr; i++) {
		s = &spans->span[i];
		if (s->who.actor == WHY_ACTOR_TASK)
			rc = add_person(w, v, s->who.id);
		if (!rc && s->raiser.actor == WHY_ACTOR_TASK)
			rc = add_person(w, v, s->raiser.id);
		rc = rc ?: add_person(w, v, s->pid);
	}
	return rc;
}

static int add_people(const struct why_watch *w, struct why_violation *v)
{
	int rc = add_person(w, v, v->pid) ?: add_people_of(w, v, &v->spans) ?:
		 add_people_of(w, v, &v->before);
	u32 i;

	for (i = 0; !rc && i < v->nr_holds; i++)
		rc = add_person(w, v, v->holds[i].pid) ?: add_people_of(w, v, &v->holds[i].spans);
	for (i = 0; !rc && i < v->nr_wakes; i++) {
		rc = add_person(w, v, v->wakes[i].waker_pid);
		if (!rc && v->wakes[i].waker.actor == WHY_ACTOR_TASK)
			rc = add_person(w, v, v->wakes[i].waker.id);
	}
	return rc;
}

static void name_row(const struct why_watch *w, struct why_violation *v)
{
	const struct why_tables *t = why_replay_tables(w->replay);
	u32 i;

	v->irq = -1;
	for (i = 0; v->key && i < t->nr_keyed; i++) {
		if (t->keyed[i].key != v->key)
			continue;
		if (v->kind == WHY_KIND_HANDLER || v->kind == WHY_KIND_THREAD)
			v->irq = (int)t->keyed[i].irq;
		memcpy(v->name, t->keyed[i].name, WHY_KEYED_NAME_LEN);
	}
}

/* A thread that may have slept, or been moved, and is not followed. */
static bool is_about_worker(u32 kind)
{
	return kind == WHY_KIND_THREAD || kind == WHY_KIND_WORK_WAIT || kind == WHY_KIND_WORK_RUN;
}

static int add_unfollowed(struct why_violation *v)
{
	v->is_complete = false;
	snprintf(v->missing, sizeof(v->missing), "its thread is not followed");
	return add_unseen(v->cpu, v->begin_ns, v->end_ns, &v->spans);
}

static int fill(const struct why_watch *w, struct why_violation *v)
{
	u64 before = v->begin_ns - (v->begin_ns < BEFORE_NS ? v->begin_ns : BEFORE_NS);
	int rc;

	if (is_about_task(v->kind))
		rc = follow(w, v, v->pid,
			    (struct why_step_at){ .cpu = v->cpu, .stand = WHY_STANDS_WAITING },
			    v->begin_ns, v->end_ns, &v->spans);
	else if (is_about_worker(v->kind))
		rc = add_unfollowed(v);
	else
		rc = add_spans(w, v, v->cpu, v->begin_ns, v->end_ns, &v->spans);

	rc = rc ?: add_holds(w, v);
	if (!rc && v->spans.nr)
		rc = why_history_spans(w->history, v->spans.span[0].cpu, before, v->begin_ns,
				       &v->before);
	if (!rc && (v->kind == WHY_KIND_WAKEUP || v->kind == WHY_KIND_RESPONSE ||
		    v->kind == WHY_KIND_RELIEF))
		add_wakes(w, v);
	name_row(w, v);
	rc = rc ?: why_watch_add_idle(w, v);
	return rc ?: add_people(w, v);
}

struct why_violation *why_watch_build(const struct why_watch *w, const struct why_pending *p)
{
	const struct why_sample *s = &p->sample;
	struct why_violation *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	*v = (struct why_violation){
		.nr = p->nr, .slo = p->slo, .kind = s->kind, .limit_ns = p->limit_ns,
		.is_max = !w->config.slos[p->slo].limit_ns, .is_open = p->is_open,
		.begin_ns = s->begin_ns, .end_ns = s->end_ns, .heard_ns = p->heard_ns,
		.cpu = s->cpu, .pid = s->pid,
		.key = s->key, .has_causes = s->kind < WHY_KIND_NR_WAITS, .is_complete = true,
	};
	memcpy(v->causes, s->causes, sizeof(v->causes));
	if (!fill(w, v))
		return v;
	why_violation_free(v);
	free(v);
	return NULL;
}
