// SPDX-License-Identifier: GPL-2.0-only
/* The words of a violation's story: who, and what happened in one sentence. */
#include "report/violation.h"

#include "lib/names.h"
#include "report/format.h"

#include <stdarg.h>
#include <string.h>

/* sched(7) */
enum { POLICY_FIFO = 1, POLICY_RR = 2, POLICY_DEADLINE = 6, MAX_RT_PRIO = 100, NICE_0 = 120 };

const char *why_words_policy(u32 policy)
{
	static const char *const names[] = { "other", "fifo", "rr", "batch", NULL, "idle",
					     "deadline", "ext" };

	return policy < sizeof(names) / sizeof(names[0]) && names[policy] ? names[policy] : "?";
}

const char *why_words_class(u32 class_)
{
	static const char *const words[] = {
		[WHY_CLASS_IDLE] = "idle", [WHY_CLASS_TASK] = "task",
		[WHY_CLASS_SOFTIRQ] = "softirq", [WHY_CLASS_HARDIRQ] = "hardirq",
		[WHY_CLASS_SWITCH] = "switch", [WHY_CLASS_OFFLINE] = "offline",
		[WHY_CLASS_UNSEEN] = "unseen", [WHY_SPAN_ASLEEP] = "asleep",
	};

	return words[class_];
}

int why_words_prio(const struct why_person *p)
{
	if (p->prio < 0)
		return 0;	/* deadline: it has none */
	return p->prio < MAX_RT_PRIO ? MAX_RT_PRIO - 1 - p->prio : p->prio - NICE_0;
}

const char *why_words_priority(char ret[WHY_WORDS], const struct why_person *p)
{
	bool is_rt = p && (p->policy == POLICY_FIFO || p->policy == POLICY_RR);

	ret[0] = 0;
	if (!p || !p->has_priority)
		return ret;
	if (p->policy == POLICY_DEADLINE)
		snprintf(ret, WHY_WORDS, "deadline");
	else if (is_rt)
		snprintf(ret, WHY_WORDS, "%s %d", why_words_policy(p->policy), why_words_prio(p));
	else if (p->prio < MAX_RT_PRIO)
		snprintf(ret, WHY_WORDS, "%s, lifted to real-time %d", why_words_policy(p->policy),
			 why_words_prio(p));
	else
		snprintf(ret, WHY_WORDS, "%s%snice %d",
			 p->policy ? why_words_policy(p->policy) : "", p->policy ? ", " : "",
			 why_words_prio(p));
	return ret;
}

/* "loop:4412 (fifo 20)" */
static const char *person(char ret[WHY_WORDS], const struct why_violation *v, u32 pid)
{
	const struct why_person *p = why_violation_person(v, pid);
	char comm[64], priority[WHY_WORDS];

	why_words_priority(priority, p);
	why_format_name(comm, sizeof(comm), p && p->comm[0] ? p->comm : "?");
	snprintf(ret, WHY_WORDS, "%.60s:%u%s%.70s%s", comm, pid, priority[0] ? " (" : "", priority,
		 priority[0] ? ")" : "");
	return ret;
}

static const char *line_words(char ret[WHY_WORDS], const struct why_telling *t, u32 irq)
{
	const struct why_line_facts *line = why_snapshot_line(t->snapshot, irq);
	char name[100] = "";

	if (line)
		why_format_name(name, sizeof(name), line->name);
	snprintf(ret, WHY_WORDS, "line %u%s%s", irq, name[0] ? " " : "", name);
	return ret;
}

const char *why_words_who(char ret[WHY_WORDS], const struct why_telling *t, struct why_who who)
{
	ret[0] = 0;
	switch (who.actor) {
	case WHY_ACTOR_TASK:
		return person(ret, t->violation, who.id);
	case WHY_ACTOR_LINE:
		return line_words(ret, t, who.id);
	case WHY_ACTOR_VECTOR:
		snprintf(ret, WHY_WORDS, "%s",
			 who.id < WHY_VECTOR_NR ? why_vector_names[who.id] : "?");
		return ret;
	case WHY_ACTOR_SOFTIRQ:
		snprintf(ret, WHY_WORDS, "%s",
			 who.id < WHY_SOFTIRQ_NR ? why_softirq_names[who.id] : "?");
		return ret;
	default:
		return ret;
	}
}

const char *why_words_subject(char ret[WHY_WORDS], const struct why_telling *t)
{
	const struct why_violation *v = t->violation;
	u64 id = why_key_id(v->key);

	switch (v->kind) {
	case WHY_KIND_HANDLER:
	case WHY_KIND_THREAD:
		return line_words(ret, t, (u32)v->irq);
	case WHY_KIND_IPI:
	case WHY_KIND_VECTOR:
		return why_words_who(ret, t, (struct why_who){ WHY_ACTOR_VECTOR, (u32)id });
	case WHY_KIND_SOFTIRQ_WAIT:
	case WHY_KIND_SOFTIRQ_RUN:
		return why_words_who(ret, t, (struct why_who){ WHY_ACTOR_SOFTIRQ, (u32)id });
	case WHY_KIND_TIMER:
		return strcpy(ret, "a timer");
	case WHY_KIND_WORK_WAIT:
	case WHY_KIND_WORK_RUN:
		snprintf(ret, WHY_WORDS, "work 0x%llx", why_function_address(id));
		return ret;
	default:
		return person(ret, v, v->pid);
	}
}

struct words {
	char *text;
	size_t room, used;
};

__attribute__((format(printf, 2, 3)))
static void say(struct words *w, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(w->text + w->used, w->room - w->used, format, args);
	va_end(args);
	if (n > 0)
		w->used += (size_t)n < w->room - w->used ? (size_t)n : w->room - w->used - 1;
}

/* "Woken by interrupt line 38, which had interrupted x:12" */
static void say_waker(struct words *w, const struct why_telling *t)
{
	const struct why_wake *wake = &t->violation->wakes[0];
	char who[WHY_WORDS], beneath[WHY_WORDS];

	if (!t->violation->nr_wakes)
		return;
	why_words_who(who, t, wake->waker);
	if (!who[0])
		return say(w, "Woken from CPU %u, ", wake->cpu);
	say(w, "Woken by %s%s", wake->waker.actor == WHY_ACTOR_SOFTIRQ ? "softirq " :
			       wake->waker.actor == WHY_ACTOR_VECTOR ? "interrupt " : "", who);
	if (wake->waker.actor != WHY_ACTOR_TASK && wake->waker_pid)
		say(w, ", which had interrupted %s",
		    person(beneath, t->violation, wake->waker_pid));
	say(w, ", ");
}

static const char *verb_of(const struct why_violation *v)
{
	switch (v->kind) {
	case WHY_KIND_WAKEUP:
		return v->is_open ? "waits for a CPU since" : "waited for a CPU for";
	case WHY_KIND_PREEMPTED:
		return v->is_open ? "wants its CPU back since" : "waited to get a CPU back for";
	case WHY_KIND_NEW:
		return v->is_open ? "has not run since its birth," : "first ran after";
	case WHY_KIND_RUN:
		return v->is_open ? "has had its CPU for" : "had its CPU without a pause for";
	case WHY_KIND_RESPONSE:
		return v->is_open ? "is at it since" : "was done after";
	case WHY_KIND_RELIEF:
		return "paused again only after";
	case WHY_KIND_TIMER:
		return "came late by";
	case WHY_KIND_IPI:
		return "was on its way for";
	case WHY_KIND_SOFTIRQ_WAIT:
	case WHY_KIND_WORK_WAIT:
		return "waited for";
	default:
		return "took";
	}
}

static void say_culprit(struct words *w, const struct why_telling *t, const struct why_culprit *c)
{
	char who[WHY_WORDS];

	why_words_who(who, t, c->who);
	switch (c->cause) {
	case WHY_CAUSE_TASK:
		say(w, "%s had CPU %u", who[0] ? who : "another task", c->cpu);
		break;
	case WHY_CAUSE_SOFTIRQ:
		say(w, "CPU %u was in softirq %s", c->cpu, who);
		if (c->raiser.actor != WHY_ACTOR_NONE)
			say(w, ", raised by %s,", why_words_who(who, t, c->raiser));
		break;
	case WHY_CAUSE_HARDIRQ:
		say(w, "CPU %u was in the interrupt %s", c->cpu, who[0] ? who : "?");
		break;
	case WHY_CAUSE_IDLE_EXIT:
		say(w, "CPU %u was idle", c->cpu);
		break;
	case WHY_STORY_ON_CPU:
		say(w, "it ran itself");
		break;
	case WHY_CAUSE_SWITCH:
		say(w, "CPU %u was in the scheduler", c->cpu);
		break;
	case WHY_STORY_BLOCKED:
		say(w, "it slept, until ");
		if (who[0])
			say(w, "%s woke it,", who);
		else
			say(w, "it was woken from CPU %u,", c->cpu);
		break;
	default:
		say(w, "%s", why_story_cause_name(c->cause));
	}
}

/* Where many had a little: what they have in common. */
static void say_crowd(struct words *w, const struct why_telling *t)
{
	const struct why_culprit *first = &t->story->culprits[0], *c;
	struct why_buf ns;
	char who[WHY_WORDS];
	u64 sum = 0;
	size_t n = 0;

	for (c = first; c < first + t->story->nr; c++) {
		sum += c->cause == first->cause ? c->ns : 0;
		n += c->cause == first->cause;
	}
	say(w, ": %zu others, most of all %s, had its CPU for %s (%s)", n,
	    why_words_who(who, t, first->who), why_format_ns(&ns, sum),
	    why_story_cause_name(first->cause));
}

/* The largest parts: those that make nine tenths of it, three at most. */
static void say_culprits(struct words *w, const struct why_telling *t)
{
	const struct why_story *st = t->story;
	struct why_buf ns;
	u64 sum = 0;
	size_t i;

	for (i = 0; i < st->nr && i < 3; i++)
		sum += st->culprits[i].ns;
	if (st->nr && st->culprits[0].cause == WHY_CAUSE_TASK && sum < st->latency_ns / 2 &&
	    st->unexplained_ns < st->latency_ns / 2)
		return say_crowd(w, t);
	sum = 0;

	for (i = 0; i < st->nr && i < 3 && sum < st->latency_ns / 10 * 9; i++) {
		say(w, "%s", i ? "; " : ": ");
		say_culprit(w, t, &st->culprits[i]);
		say(w, " for %s", why_format_ns(&ns, st->culprits[i].ns));
		sum += st->culprits[i].ns;
	}
	if (st->unexplained_ns > st->latency_ns / 10)
		say(w, "; of %s nobody knows", why_format_ns(&ns, st->unexplained_ns));
}

const char *why_words_sentence(char ret[WHY_SENTENCE], const struct why_telling *t)
{
	struct words w = { ret, (size_t)WHY_SENTENCE, 0 };
	char subject[WHY_WORDS];
	struct why_buf ns;

	ret[0] = 0;
	say_waker(&w, t);
	say(&w, "%s %s %s", why_words_subject(subject, t), verb_of(t->violation),
	    why_format_ns(&ns, t->story->latency_ns));
	say_culprits(&w, t);
	say(&w, ".");
	return ret;
}
