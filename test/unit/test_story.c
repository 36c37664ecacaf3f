// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is blamed for which part of a violation. Violations are made by hand; a story is compared as
 * text: "task 8 on 0: 300 in 2; unexplained 0; disagreed 0".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "explain/story.h"
#include "unit/random.h"

#include <stdio.h>
#include <string.h>

enum { PID = 7, MOST = 32 };

#define NOBODY { WHY_ACTOR_NONE, 0 }
#define TASK(pid) { WHY_ACTOR_TASK, pid }
#define LINE(irq) { WHY_ACTOR_LINE, irq }

/* Pieces follow each other, so that their lengths tell all. */
struct piece {
	u64 ns;
	u32 class_;
	struct why_who who;
	u32 cpu;
};

static struct why_span span[MOST];

static struct why_violation violation(u32 kind, const struct piece *p, size_t n)
{
	struct why_violation v = { .nr = 1, .kind = kind, .pid = PID, .irq = -1, .begin_ns = 1000,
				   .has_causes = kind < WHY_KIND_NR_WAITS, .is_complete = true };
	u64 at = v.begin_ns;
	size_t i;

	for (i = 0; i < n; at += p[i++].ns)
		span[i] = (struct why_span){ .begin_ns = at, .end_ns = at + p[i].ns,
					     .cpu = p[i].cpu, .class_ = p[i].class_,
					     .who = p[i].who };
	v.end_ns = at;
	v.spans = (struct why_spans){ .span = span, .nr = n, .room = MOST };
	return v;
}

#define VIOLATION(kind, pieces) violation(kind, pieces, sizeof(pieces) / sizeof((pieces)[0]))

static void assert_adds_up(const struct why_violation *v, const struct why_story *st)
{
	u64 sum = st->unexplained_ns;
	size_t i;

	assert_int_equal(st->latency_ns, v->end_ns - v->begin_ns);
	for (i = 0; i < st->nr; i++) {
		assert_true(st->culprits[i].ns && st->culprits[i].times);
		assert_true(!i || st->culprits[i].ns <= st->culprits[i - 1].ns);
		assert_true(st->culprits[i].cause != WHY_CAUSE_UNEXPLAINED);
		sum += st->culprits[i].ns;
	}
	assert_int_equal(sum, st->latency_ns);
	assert_true(st->disagreed_ns <= st->latency_ns);
}

static void assert_story(const struct why_violation *v, const char *expected)
{
	char text[1000];
	const struct why_culprit *c;
	struct why_story st;
	size_t at = 0;

	assert_int_equal(why_story_tell(v, &st), 0);
	assert_adds_up(v, &st);
	for (c = st.culprits; c < st.culprits + st.nr; c++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %u on %u: %llu in %llu; ",
				       why_story_cause_name(c->cause), c->who.id, c->cpu, c->ns,
				       c->times);
	snprintf(text + at, sizeof(text) - at, "unexplained %llu; disagreed %llu",
		 st.unexplained_ns, st.disagreed_ns);
	why_story_free(&st);
	assert_string_equal(text, expected);
}

/* --- what the spans tell --- */

static void the_largest_culprit_comes_first(void **state)
{
	const struct piece p[] = {
		{ 10, WHY_CLASS_SWITCH, NOBODY, 0 },	{ 100, WHY_CLASS_TASK, TASK(8), 0 },
		{ 40, WHY_CLASS_HARDIRQ, LINE(30), 0 }, { 200, WHY_CLASS_TASK, TASK(9), 0 },
		{ 70, WHY_CLASS_IDLE, NOBODY, 0 },	{ 30, WHY_CLASS_OFFLINE, NOBODY, 0 },
		{ 20, WHY_CLASS_SOFTIRQ, { WHY_ACTOR_SOFTIRQ, 3 }, 0 },
	};
	struct why_violation v = VIOLATION(WHY_KIND_RESPONSE, p);

	(void)state;
	assert_story(&v, "task 9 on 0: 200 in 1; task 8 on 0: 100 in 1; idle-exit 0 on 0: 70 in 1; "
			 "hardirq 30 on 0: 40 in 1; offline 0 on 0: 30 in 1; "
			 "softirq 3 on 0: 20 in 1; switch 0 on 0: 10 in 1; "
			 "unexplained 0; disagreed 0");
}

static void pieces_of_one_culprit_on_one_cpu_are_one(void **state)
{
	const struct piece p[] = {
		{ 100, WHY_CLASS_TASK, TASK(8), 0 },	{ 10, WHY_CLASS_HARDIRQ, LINE(8), 0 },
		{ 100, WHY_CLASS_TASK, TASK(8), 0 },	{ 10, WHY_CLASS_HARDIRQ, LINE(8), 0 },
		{ 50, WHY_CLASS_TASK, TASK(8), 1 },	{ 5, WHY_CLASS_HARDIRQ, LINE(9), 0 },
		{ 1, WHY_CLASS_HARDIRQ, { WHY_ACTOR_VECTOR, 8 }, 0 },
	};
	struct why_violation v = VIOLATION(WHY_KIND_RESPONSE, p);

	(void)state;
	assert_story(&v, "task 8 on 0: 200 in 2; task 8 on 1: 50 in 1; hardirq 8 on 0: 20 in 2; "
			 "hardirq 9 on 0: 5 in 1; hardirq 8 on 0: 1 in 1; "
			 "unexplained 0; disagreed 0");
}

static void what_is_unseen_is_unexplained(void **state)
{
	const struct piece p[] = { { 100, WHY_CLASS_UNSEEN, NOBODY, 0 },
				   { 50, WHY_CLASS_TASK, TASK(8), 0 } };
	struct why_violation v = VIOLATION(WHY_KIND_RESPONSE, p);

	(void)state;
	assert_story(&v, "task 8 on 0: 50 in 1; unexplained 100; disagreed 0");
}

static void a_violation_without_spans_has_causes_that_are_nobodys(void **state)
{
	struct why_violation v = violation(WHY_KIND_WAKEUP, NULL, 0);

	(void)state;
	v.end_ns = v.begin_ns + 300;
	v.causes[WHY_CAUSE_TASK] = 300;
	assert_story(&v, "task 0 on 0: 300 in 1; unexplained 0; disagreed 0");
}

static void who_it_is_about_is_on_cpu_or_blocked(void **state)
{
	const struct piece p[] = {
		{ 100, WHY_CLASS_TASK, TASK(8), 0 },   { 60, WHY_CLASS_TASK, TASK(PID), 0 },
		{ 50, WHY_SPAN_ASLEEP, TASK(9), 0 },   { 20, WHY_CLASS_TASK, TASK(PID), 0 },
		{ 10, WHY_CLASS_HARDIRQ, LINE(PID), 0 }, { 5, WHY_SPAN_ASLEEP, TASK(PID), 0 },
	};
	struct why_violation v = VIOLATION(WHY_KIND_RESPONSE, p);

	(void)state;
	assert_story(&v, "task 8 on 0: 100 in 1; on-cpu 7 on 0: 80 in 2; blocked 9 on 0: 50 in 1; "
			 "hardirq 7 on 0: 10 in 1; blocked 7 on 0: 5 in 1; "
			 "unexplained 0; disagreed 0");
}

/* What an irq.handler, a vector or a softirq.run took itself, beside what interrupted it. */
static void an_interrupt_is_on_cpu_too(void **state)
{
	const struct piece p[] = {
		{ 50, WHY_CLASS_HARDIRQ, LINE(3), 0 },
		{ 30, WHY_CLASS_HARDIRQ, { WHY_ACTOR_VECTOR, 3 }, 0 },
		{ 20, WHY_CLASS_SOFTIRQ, { WHY_ACTOR_SOFTIRQ, 3 }, 0 },
	};
	struct why_violation v = VIOLATION(WHY_KIND_HANDLER, p);

	(void)state;
	v.pid = 0;
	v.irq = 3;
	v.key = why_key(WHY_KIND_HANDLER, 0, why_action_id(3, 0));
	assert_story(&v, "on-cpu 3 on 0: 50 in 1; hardirq 3 on 0: 30 in 1; "
			 "softirq 3 on 0: 20 in 1; unexplained 0; disagreed 0");
	v.irq = -1;
	v.kind = WHY_KIND_VECTOR;
	v.key = why_key(WHY_KIND_VECTOR, 0, 3);
	assert_story(&v, "hardirq 3 on 0: 50 in 1; on-cpu 3 on 0: 30 in 1; "
			 "softirq 3 on 0: 20 in 1; unexplained 0; disagreed 0");
	v.kind = WHY_KIND_SOFTIRQ_RUN;
	v.key = why_key(WHY_KIND_SOFTIRQ_RUN, 0, 3);
	assert_story(&v, "hardirq 3 on 0: 50 in 1; hardirq 3 on 0: 30 in 1; "
			 "on-cpu 3 on 0: 20 in 1; unexplained 0; disagreed 0");
}

/* --- what the account says beside them --- */

static void a_flight_takes_the_first_part_of_a_wait(void **state)
{
	const struct piece p[] = {
		{ 30, WHY_CLASS_IDLE, NOBODY, 0 },	{ 50, WHY_CLASS_TASK, TASK(8), 0 },
		{ 100, WHY_CLASS_TASK, TASK(9), 0 },
	};
	struct why_violation v = VIOLATION(WHY_KIND_WAKEUP, p);

	(void)state;
	v.cpu = 2;
	v.causes[WHY_CAUSE_IPI] = 40;
	v.causes[WHY_CAUSE_TASK] = 140;
	assert_story(&v, "task 9 on 0: 100 in 1; ipi 0 on 2: 40 in 1; task 8 on 0: 40 in 1; "
			 "unexplained 0; disagreed 0");
	v.causes[WHY_CAUSE_WAKER] = 50;
	v.causes[WHY_CAUSE_TASK] = 90;
	assert_story(&v, "task 9 on 0: 90 in 1; waker 0 on 2: 50 in 1; ipi 0 on 2: 40 in 1; "
			 "unexplained 0; disagreed 0");
}

static void a_flight_may_be_the_whole_wait(void **state)
{
	const struct piece p[] = { { 80, WHY_CLASS_TASK, TASK(8), 0 } };
	struct why_violation v = VIOLATION(WHY_KIND_WAKEUP, p);

	(void)state;
	v.causes[WHY_CAUSE_WAKER] = 80;
	assert_story(&v, "waker 0 on 0: 80 in 1; unexplained 0; disagreed 0");
}

static void no_flight_is_cut_from_what_is_no_wait(void **state)
{
	const struct piece p[] = { { 80, WHY_CLASS_TASK, TASK(8), 0 } };
	struct why_violation v = VIOLATION(WHY_KIND_RUN, p);

	(void)state;
	v.causes[WHY_CAUSE_WAKER] = 80;
	assert_story(&v, "task 8 on 0: 80 in 1; unexplained 0; disagreed 0");
}

static void what_spans_claim_too_much_is_unexplained(void **state)
{
	const struct piece p[] = {
		{ 100, WHY_CLASS_TASK, TASK(8), 0 },	{ 40, WHY_CLASS_HARDIRQ, LINE(30), 0 },
		{ 60, WHY_CLASS_TASK, TASK(9), 0 },
	};
	struct why_violation v = VIOLATION(WHY_KIND_PREEMPTED, p);
	struct why_story st;

	(void)state;
	v.causes[WHY_CAUSE_TASK] = 150;
	v.causes[WHY_CAUSE_HARDIRQ] = 35;
	v.causes[WHY_CAUSE_UNEXPLAINED] = 15;
	assert_int_equal(why_story_tell(&v, &st), 0);
	assert_adds_up(&v, &st);
	assert_int_equal(st.unexplained_ns, 15);
	assert_int_equal(st.disagreed_ns, 15);
	why_story_free(&st);
}

static void a_culprit_of_whom_nothing_is_left_is_not_told(void **state)
{
	const struct piece p[] = {
		{ 100, WHY_CLASS_TASK, TASK(8), 0 }, { 40, WHY_CLASS_IDLE, NOBODY, 0 },
	};
	struct why_violation v = VIOLATION(WHY_KIND_NEW, p);

	(void)state;
	v.causes[WHY_CAUSE_TASK] = 100;
	v.causes[WHY_CAUSE_UNEXPLAINED] = 40;
	assert_story(&v, "task 8 on 0: 100 in 1; unexplained 40; disagreed 40");
}

static void what_spans_claim_too_little_is_nobodys(void **state)
{
	const struct piece p[] = {
		{ 100, WHY_CLASS_TASK, TASK(8), 0 }, { 40, WHY_CLASS_UNSEEN, NOBODY, 0 },
	};
	struct why_violation v = VIOLATION(WHY_KIND_PREEMPTED, p);

	(void)state;
	v.causes[WHY_CAUSE_TASK] = 140;
	assert_story(&v, "task 8 on 0: 100 in 1; task 0 on 0: 40 in 1; unexplained 0; disagreed 0");
}

static void causes_of_what_is_no_wait_are_not_asked(void **state)
{
	const struct piece p[] = { { 100, WHY_CLASS_TASK, TASK(8), 0 },
				   { 40, WHY_CLASS_HARDIRQ, LINE(30), 0 } };
	struct why_violation v = VIOLATION(WHY_KIND_RUN, p);

	(void)state;
	assert_story(&v, "task 8 on 0: 100 in 1; hardirq 30 on 0: 40 in 1; "
			 "unexplained 0; disagreed 0");
}

/* --- anything --- */

/* Causes that sum to the latency, as the core's do, whatever the spans are. */
static void cause_anything(struct why_violation *v)
{
	u64 left = v->end_ns - v->begin_ns, part;
	u32 i;

	for (i = 0; i < WHY_CAUSE_UNEXPLAINED; i++) {
		part = random_below(3) ? 0 : random_below(left + 1);
		v->causes[i] = part;
		left -= part;
	}
	v->causes[WHY_CAUSE_UNEXPLAINED] = left;
}

static void whatever_it_is_its_parts_are_the_latency(void **state)
{
	struct piece p[MOST];
	struct why_violation v;
	struct why_story st;
	u32 i, j, n;

	(void)state;
	random_seed = 20240612;
	for (i = 0; i < 20000; i++) {
		n = 1 + (u32)random_below(MOST);
		for (j = 0; j < n; j++)
			p[j] = (struct piece){
				1 + random_below(1000), (u32)random_below(WHY_SPAN_ASLEEP + 2),
				{ (enum why_actor)random_below(5), 6 + (u32)random_below(4) },
				(u32)random_below(2),
			};
		v = violation((u32)random_below(WHY_KIND_NR), p, n);
		cause_anything(&v);
		v.key = why_key(v.kind, 0, 7);
		assert_int_equal(why_story_tell(&v, &st), 0);
		assert_adds_up(&v, &st);
		why_story_free(&st);
	}
}

static void every_cause_has_a_name(void **state)
{
	u32 cause;

	(void)state;
	for (cause = 0; cause < WHY_STORY_CAUSE_NR; cause++)
		assert_true(strlen(why_story_cause_name(cause)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_culprit_comes_first),
		cmocka_unit_test(pieces_of_one_culprit_on_one_cpu_are_one),
		cmocka_unit_test(what_is_unseen_is_unexplained),
		cmocka_unit_test(a_violation_without_spans_has_causes_that_are_nobodys),
		cmocka_unit_test(who_it_is_about_is_on_cpu_or_blocked),
		cmocka_unit_test(an_interrupt_is_on_cpu_too),
		cmocka_unit_test(a_flight_takes_the_first_part_of_a_wait),
		cmocka_unit_test(a_flight_may_be_the_whole_wait),
		cmocka_unit_test(no_flight_is_cut_from_what_is_no_wait),
		cmocka_unit_test(what_spans_claim_too_much_is_unexplained),
		cmocka_unit_test(a_culprit_of_whom_nothing_is_left_is_not_told),
		cmocka_unit_test(what_spans_claim_too_little_is_nobodys),
		cmocka_unit_test(causes_of_what_is_no_wait_are_not_asked),
		cmocka_unit_test(whatever_it_is_its_parts_are_the_latency),
		cmocka_unit_test(every_cause_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
