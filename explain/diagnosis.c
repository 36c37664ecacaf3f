// SPDX-License-Identifier: GPL-2.0-only
/* Cases that have a name: see diagnosis.h. */
#include "explain/diagnosis.h"

enum { POLICY_IDLE = 5, MAX_RT_PRIO = 100, LAST = 140 };

const char *const why_case_names[WHY_CASE_NR] = {
	[WHY_CASE_NONE] = "none",
	[WHY_CASE_INVERSION] = "priority_inversion",
	[WHY_CASE_BLOCKED] = "blocked_in_turn",
	[WHY_CASE_OUTRANKED] = "outranked",
	[WHY_CASE_EQUAL] = "equal_priority",
	[WHY_CASE_TURNS] = "ordinary_tasks_take_turns",
	[WHY_CASE_NOT_PREEMPTED] = "not_preempted",
};

/* Lower goes first; LAST + 1: not known. */
static int rank_of(const struct why_violation *v, u32 pid)
{
	const struct why_person *p = why_violation_person(v, pid);

	if (!p || !p->has_priority)
		return LAST + 1;
	return p->policy == POLICY_IDLE ? LAST : p->prio;
}

/* What task `pid` had of the CPU within spans. */
static u64 time_of(const struct why_spans *spans, u32 pid)
{
	const struct why_span *s;
	u64 ns = 0;
	size_t i;

	for (i = 0; i < spans->nr; i++) {
		s = &spans->span[i];
		if (s->class_ == WHY_CLASS_TASK && s->who.actor == WHY_ACTOR_TASK &&
		    s->who.id == pid)
			ns += s->end_ns - s->begin_ns;
	}
	return ns;
}

/* Who of lower rank than the victim kept the holder from its CPU longest. */
static void find_between(const struct why_violation *v, const struct why_hold *hold, int rank,
			 struct why_named_case *ret)
{
	const struct why_span *s;
	size_t i;
	u64 ns;

	for (i = 0; i < hold->spans.nr; i++) {
		s = &hold->spans.span[i];
		if (s->class_ != WHY_CLASS_TASK || s->who.actor != WHY_ACTOR_TASK || !s->who.id ||
		    s->who.id == hold->pid || s->who.id == v->pid ||
		    rank_of(v, s->who.id) > LAST || rank_of(v, s->who.id) <= rank)
			continue;
		ns = time_of(&hold->spans, s->who.id);
		if (ns <= ret->ns)
			continue;
		ret->holder = hold->pid;
		ret->culprit = s->who.id;
		ret->ns = ns;
	}
}

static bool is_inversion(const struct why_violation *v, struct why_named_case *ret)
{
	int rank = rank_of(v, v->pid);
	u32 i;

	for (i = 0; rank <= LAST && i < v->nr_holds; i++)
		if (rank_of(v, v->holds[i].pid) > rank)
			find_between(v, &v->holds[i], rank, ret);
	return ret->ns && ret->ns >= (v->end_ns - v->begin_ns) / 4;
}

static bool is_blocked(const struct why_violation *v, const struct why_story *st,
		       struct why_named_case *ret)
{
	u64 ns = 0;
	size_t i;

	for (i = 0; i < st->nr; i++)
		ns += st->culprits[i].cause == WHY_STORY_BLOCKED ? st->culprits[i].ns : 0;
	if (ns < st->latency_ns / 2)
		return false;
	ret->holder = v->nr_holds ? v->holds[0].pid : 0;
	ret->culprit = 0;
	ret->ns = ns;
	return true;
}

static enum why_case compare(int victim, int culprit)
{
	if (victim > LAST || culprit > LAST)
		return WHY_CASE_NONE;
	if (victim >= MAX_RT_PRIO && culprit >= MAX_RT_PRIO)
		return WHY_CASE_TURNS;
	if (victim == culprit)
		return WHY_CASE_EQUAL;
	return culprit < victim ? WHY_CASE_OUTRANKED : WHY_CASE_NOT_PREEMPTED;
}

static enum why_case behind_whom(const struct why_violation *v, const struct why_story *st,
				 struct why_named_case *ret)
{
	const struct why_culprit *top = st->nr ? &st->culprits[0] : NULL;

	if (!top || top->cause != WHY_CAUSE_TASK || top->who.actor != WHY_ACTOR_TASK ||
	    top->ns < st->latency_ns / 3 || !v->pid)
		return WHY_CASE_NONE;
	ret->holder = 0;
	ret->culprit = top->who.id;
	ret->ns = top->ns;
	return compare(rank_of(v, v->pid), rank_of(v, top->who.id));
}

void why_diagnose(const struct why_violation *v, const struct why_story *story,
		  struct why_named_case *ret)
{
	*ret = (struct why_named_case){ .what = WHY_CASE_NONE };
	if (is_inversion(v, ret))
		ret->what = WHY_CASE_INVERSION;
	else if (is_blocked(v, story, ret))
		ret->what = WHY_CASE_BLOCKED;
	else
		ret->what = behind_whom(v, story, ret);
}
