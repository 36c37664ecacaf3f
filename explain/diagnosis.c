// SPDX-License-Identifier: GPL-2.0-only
/* Cases that have a name: see diagnosis.h. */
#include "explain/diagnosis.h"

enum { POLICY_IDLE = 5, MAX_RT_PRIO = 100, LAST = 140, MOST_PIDS = 256 };

/* Shorter than this a switch and an interrupt in flight are no sign of anything. */
#define LEAST_NOT_PREEMPTED_NS 50000ULL

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

/* What each of the first MOST_PIDS tasks had of the CPU. */
struct shares {
	u32 pid[MOST_PIDS];
	u64 ns[MOST_PIDS];
};

static void add_share(struct shares *shares, u32 pid, u64 ns)
{
	u32 i, at;

	for (i = 0; i < MOST_PIDS; i++) {
		at = (pid + i) % MOST_PIDS;
		if (shares->pid[at] && shares->pid[at] != pid)
			continue;
		shares->pid[at] = pid;
		shares->ns[at] += ns;
		return;
	}
}

/* Who of lower rank than the victim kept the holder from its CPU longest. */
static void find_between(const struct why_violation *v, const struct why_hold *hold, int rank,
			 struct why_named_case *ret)
{
	struct shares shares = { 0 };
	const struct why_span *s;
	size_t i;

	for (i = 0; i < hold->spans.nr; i++) {
		s = &hold->spans.span[i];
		if (s->class_ == WHY_CLASS_TASK && s->who.actor == WHY_ACTOR_TASK && s->who.id &&
		    s->who.id != hold->pid && s->who.id != v->pid)
			add_share(&shares, s->who.id, s->end_ns - s->begin_ns);
	}
	for (i = 0; i < MOST_PIDS; i++) {
		if (shares.ns[i] <= ret->ns || rank_of(v, shares.pid[i]) > LAST ||
		    rank_of(v, shares.pid[i]) <= rank)
			continue;
		ret->holder = hold->pid;
		ret->culprit = shares.pid[i];
		ret->ns = shares.ns[i];
	}
}

static bool is_inversion(const struct why_violation *v, struct why_named_case *ret)
{
	int rank = rank_of(v, v->pid);
	u32 i;

	/* Among ordinary tasks nobody goes before anybody. */
	for (i = 0; rank < MAX_RT_PRIO && i < v->nr_holds; i++)
		if (rank_of(v, v->holds[i].pid) > rank)
			find_between(v, &v->holds[i], rank, ret);
	return ret->ns && ret->ns >= (v->end_ns - v->begin_ns) / 4;
}

static bool is_blocked(const struct why_story *st, struct why_named_case *ret)
{
	const struct why_culprit *c, *longest = NULL;
	u64 ns = 0;
	size_t i;

	for (i = 0; i < st->nr; i++) {
		c = &st->culprits[i];
		if (c->cause != WHY_STORY_BLOCKED)
			continue;
		ns += c->ns;
		longest = longest ? longest : c;
	}
	if (!longest || ns < st->latency_ns / 2)
		return false;
	ret->waker = longest->who;
	ret->holder = longest->who.actor == WHY_ACTOR_TASK ? longest->who.id : 0;
	ret->culprit = 0;
	ret->ns = longest->ns;
	return true;
}

static enum why_case compare(const struct why_violation *v, const struct why_culprit *top)
{
	int victim = rank_of(v, v->pid), culprit = rank_of(v, top->who.id);

	if (victim > LAST || culprit > LAST)
		return WHY_CASE_NONE;
	if (victim >= MAX_RT_PRIO && culprit >= MAX_RT_PRIO)
		return victim < LAST && culprit < LAST ? WHY_CASE_TURNS : WHY_CASE_NONE;
	/* Among deadline tasks the earlier deadline goes first. */
	if (victim == culprit)
		return victim < 0 ? WHY_CASE_NONE : WHY_CASE_EQUAL;
	if (culprit < victim)
		return WHY_CASE_OUTRANKED;
	/* Who was switched out for it had to leave. */
	return v->kind == WHY_KIND_WAKEUP && top->ns >= LEAST_NOT_PREEMPTED_NS ?
		       WHY_CASE_NOT_PREEMPTED :
		       WHY_CASE_NONE;
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
	return compare(v, top);
}

void why_diagnose(const struct why_violation *v, const struct why_story *story,
		  struct why_named_case *ret)
{
	*ret = (struct why_named_case){ .what = WHY_CASE_NONE };
	if (is_inversion(v, ret))
		ret->what = WHY_CASE_INVERSION;
	else if (is_blocked(story, ret))
		ret->what = WHY_CASE_BLOCKED;
	else
		ret->what = behind_whom(v, story, ret);
}
