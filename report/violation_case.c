// SPDX-License-Identifier: GPL-2.0-only
/* What a violation is a case of, in words: what it means, and what would help. */
#include "report/violation.h"

#include "report/format.h"

struct parts {
	char victim[WHY_WORDS], holder[WHY_WORDS], culprit[WHY_WORDS], waker[WHY_WORDS];
	struct why_buf ns;
};

static const char *task(char ret[WHY_WORDS], const struct why_telling *t, u32 pid)
{
	return why_words_who(ret, t, (struct why_who){ WHY_ACTOR_TASK, pid });
}

static void say(char *ret, const struct why_telling *t, const struct why_named_case *d,
		const struct parts *p)
{
	size_t room = (size_t)WHY_SENTENCE;
	bool is_crowd = d->ns < t->story->latency_ns / 2;

	switch (d->what) {
	case WHY_CASE_INVERSION:
		snprintf(ret, room, "Priority inversion: %s slept for %s, which did not get its "
			 "CPU for %s because of %s, though that ranks below %s. If it is a mutex, "
			 "priority inheritance (PTHREAD_PRIO_INHERIT) lifts its holder meanwhile.",
			 p->victim, p->holder, p->ns.text, p->culprit, p->victim);
		return;
	case WHY_CASE_BLOCKED:
		snprintf(ret, room, "A call that blocks in the midst of the turn: for %s it slept "
			 "until %s woke it.", p->ns.text,
			 p->waker[0] ? p->waker : "something that is not known");
		return;
	case WHY_CASE_OUTRANKED:
		snprintf(ret, room, "Priority: %s goes before %s whenever it can run. If that "
			 "should not be so, give %s the higher one.", p->culprit, p->victim,
			 p->victim);
		return;
	case WHY_CASE_EQUAL:
		snprintf(ret, room, "Priority: %s and %s have the same, so who came first runs "
			 "until it sleeps.", p->culprit, p->victim);
		return;
	case WHY_CASE_TURNS:
		snprintf(ret, room, "Load: %s is an ordinary task and takes turns with %s%s, "
			 "unless its cgroup's quota was spent. A real-time priority, or a CPU "
			 "without them, would spare it the turns.",
			 p->victim, p->culprit, is_crowd ? " and others" : "");
		return;
	case WHY_CASE_NOT_PREEMPTED:
		snprintf(ret, room, "Not preempted: %s goes before %s, which had the CPU all the "
			 "same: preemption or interrupts off in the kernel, a lock that lifted "
			 "it, or a real-time or deadline limit that was spent.", p->victim,
			 p->culprit);
		return;
	default:
		ret[0] = 0;
	}
}

const char *why_words_case(char ret[WHY_SENTENCE], const struct why_telling *t)
{
	struct why_named_case d;
	struct parts p;

	why_diagnose(t->violation, t->story, &d);
	task(p.victim, t, t->violation->pid);
	task(p.holder, t, d.holder);
	task(p.culprit, t, d.culprit);
	why_words_who(p.waker, t, d.waker);
	why_format_ns(&p.ns, d.ns);
	say(ret, t, &d, &p);
	return ret;
}
