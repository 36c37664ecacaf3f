// SPDX-License-Identifier: GPL-2.0-only
/* Who took which part of the time: see story.h. */
#include "explain/story.h"

#include "lib/names.h"

#include <errno.h>
#include <stdlib.h>

const char *why_story_cause_name(u32 cause)
{
	if (cause < WHY_CAUSE_NR)
		return why_cause_names[cause];
	return cause == WHY_STORY_ON_CPU ? "on-cpu" : "blocked";
}

/* Whether what the violation is about had the CPU itself. */
static bool is_own(const struct why_violation *v, const struct why_span *s)
{
	u64 id = why_key_id(v->key);

	switch (s->who.actor) {
	case WHY_ACTOR_TASK:
		return v->pid && s->who.id == v->pid;
	case WHY_ACTOR_LINE:
		return v->kind == WHY_KIND_HANDLER && v->irq >= 0 && s->who.id == (u32)v->irq;
	case WHY_ACTOR_VECTOR:
		return v->kind == WHY_KIND_VECTOR && s->who.id == id;
	case WHY_ACTOR_SOFTIRQ:
		return v->kind == WHY_KIND_SOFTIRQ_RUN && s->who.id == id;
	default:
		return false;
	}
}

static u32 cause_of(const struct why_violation *v, const struct why_span *s)
{
	if (s->class_ != WHY_SPAN_ASLEEP && is_own(v, s))
		return WHY_STORY_ON_CPU;
	switch (s->class_) {
	case WHY_CLASS_IDLE:
		return WHY_CAUSE_IDLE_EXIT;
	case WHY_CLASS_TASK:
		return WHY_CAUSE_TASK;
	case WHY_CLASS_SOFTIRQ:
		return WHY_CAUSE_SOFTIRQ;
	case WHY_CLASS_HARDIRQ:
		return WHY_CAUSE_HARDIRQ;
	case WHY_CLASS_SWITCH:
		return WHY_CAUSE_SWITCH;
	case WHY_CLASS_OFFLINE:
		return WHY_CAUSE_OFFLINE;
	case WHY_SPAN_ASLEEP:
		return WHY_STORY_BLOCKED;
	default:
		return WHY_CAUSE_UNEXPLAINED;
	}
}

/* The culprit that a piece belongs to, made if need be; NULL without memory. */
static struct why_culprit *culprit_of(struct why_story *st, u32 cause, struct why_who who, u32 cpu)
{
	struct why_culprit *c;
	size_t i;

	for (i = 0; i < st->nr; i++) {
		c = &st->culprits[i];
		if (c->cause == cause && c->who.actor == who.actor && c->who.id == who.id &&
		    c->cpu == cpu)
			return c;
	}
	if (!(st->nr & (st->nr - 1))) {
		c = realloc(st->culprits, (st->nr ? 2 * st->nr : 1) * sizeof(*c));
		if (!c)
			return NULL;
		st->culprits = c;
	}
	c = &st->culprits[st->nr++];
	*c = (struct why_culprit){ .cause = cause, .who = who, .cpu = cpu };
	return c;
}

static int blame(struct why_story *st, u32 cause, struct why_who who, u32 cpu, u64 ns)
{
	struct why_culprit *c;

	if (!ns || cause == WHY_CAUSE_UNEXPLAINED)
		return 0;
	c = culprit_of(st, cause, who, cpu);
	if (!c)
		return -ENOMEM;
	c->ns += ns;
	c->times++;
	return 0;
}

/* On its way to the queue: the first part of the wait, whatever the CPU did meanwhile. */
static u64 flight_of(const struct why_violation *v)
{
	return v->has_causes ? v->causes[WHY_CAUSE_WAKER] + v->causes[WHY_CAUSE_IPI] : 0;
}

static int blame_flight(const struct why_violation *v, struct why_story *st)
{
	const struct why_who nobody = { WHY_ACTOR_NONE, 0 };

	if (!v->has_causes)
		return 0;
	return blame(st, WHY_CAUSE_WAKER, nobody, v->cpu, v->causes[WHY_CAUSE_WAKER]) ?:
	       blame(st, WHY_CAUSE_IPI, nobody, v->cpu, v->causes[WHY_CAUSE_IPI]);
}

/* Of a softirq that was raised by several, whoever raised the longest piece. */
static int name_raiser(struct why_story *st, u32 cause, const struct why_span *s, u64 ns)
{
	struct why_culprit *c = culprit_of(st, cause, s->who, s->cpu);

	if (!c)
		return -ENOMEM;
	if (ns > c->longest_ns) {
		c->longest_ns = ns;
		c->raiser = s->raiser;
	}
	return 0;
}

static int blame_spans(const struct why_violation *v, struct why_story *st)
{
	u64 from = v->begin_ns + flight_of(v), begin;
	const struct why_span *s;
	int rc = 0;
	size_t i;

	for (i = 0; !rc && i < v->spans.nr; i++) {
		s = &v->spans.span[i];
		begin = s->begin_ns > from ? s->begin_ns : from;
		if (s->end_ns <= begin)
			continue;
		rc = blame(st, cause_of(v, s), s->who, s->cpu, s->end_ns - begin);
		if (!rc && s->raiser.actor != WHY_ACTOR_NONE)
			rc = name_raiser(st, cause_of(v, s), s, s->end_ns - begin);
	}
	return rc;
}

static u64 sum_of(const struct why_story *st, u32 cause)
{
	u64 sum = 0;
	size_t i;

	for (i = 0; i < st->nr; i++)
		if (st->culprits[i].cause == cause)
			sum += st->culprits[i].ns;
	return sum;
}

static u64 sum_of_all(const struct why_story *st)
{
	u64 sum = 0;
	size_t i;

	for (i = 0; i < st->nr; i++)
		sum += st->culprits[i].ns;
	return sum;
}

/* Takes from the culprits of a cause what the account does not confirm. */
static void take_back(struct why_story *st, u32 cause, u64 excess)
{
	struct why_culprit *c;
	size_t i;
	u64 part;

	for (i = 0; excess && i < st->nr; i++) {
		c = &st->culprits[i];
		if (c->cause != cause)
			continue;
		part = c->ns < excess ? c->ns : excess;
		c->ns -= part;
		excess -= part;
	}
}

/* Takes back what spans claim of a cause beyond the account. */
static void take_back_excess(const struct why_violation *v, struct why_story *st)
{
	u64 told;
	u32 cause;

	for (cause = 0; cause < WHY_CAUSE_UNEXPLAINED; cause++) {
		told = sum_of(st, cause);
		if (told <= v->causes[cause])
			continue;
		take_back(st, cause, told - v->causes[cause]);
		st->disagreed_ns += told - v->causes[cause];
	}
}

/*
 * What the account knows of beyond the spans (they are kept for a while only) was the cause, though
 * nobody knows whose doing.
 */
static int add_rest(const struct why_violation *v, struct why_story *st)
{
	const struct why_who nobody = { WHY_ACTOR_NONE, 0 };
	u64 left = st->latency_ns - sum_of_all(st), rest;
	u32 cause;
	int rc = 0;

	for (cause = 0; !rc && cause < WHY_CAUSE_UNEXPLAINED; cause++) {
		rest = v->causes[cause] - sum_of(st, cause);
		if (rest > left)
			rest = left;
		left -= rest;
		rc = blame(st, cause, nobody, v->cpu, rest);
	}
	return rc;
}

/* Holds the spans' sums against the account's. */
static int compare(const struct why_violation *v, struct why_story *st)
{
	if (!v->has_causes)
		return 0;
	take_back_excess(v, st);
	return add_rest(v, st);
}

static int by_length(const void *a, const void *b)
{
	const struct why_culprit *l = a, *r = b;

	return (l->ns < r->ns) - (l->ns > r->ns);
}

int why_story_tell(const struct why_violation *v, struct why_story *ret)
{
	struct why_story st = { .latency_ns = v->end_ns - v->begin_ns };
	int rc = blame_flight(v, &st) ?: blame_spans(v, &st) ?: compare(v, &st);

	if (rc) {
		why_story_free(&st);
		return rc;
	}
	if (st.nr)
		qsort(st.culprits, st.nr, sizeof(*st.culprits), by_length);
	while (st.nr && !st.culprits[st.nr - 1].ns)
		st.nr--;
	st.unexplained_ns = st.latency_ns - sum_of_all(&st);
	*ret = st;
	return 0;
}

void why_story_free(struct why_story *s)
{
	free(s->culprits);
	*s = (struct why_story){ 0 };
}
