// SPDX-License-Identifier: GPL-2.0-only
/* Who raised a softirq, by what its CPU did when it was raised: lib/history.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/cpu.h"
#include "lib/history.h"

enum { NET_RX = 3, TASK = 7, LINE = 42 };

static struct why_history *h;

/* One record of CPU 0; `context` is the CPU's after it. */
static void add(u64 at, u32 type, u64 body, u32 context)
{
	struct why_event e = { .at_ns = at, .type = type, .body = body };

	why_history_add(h, &e, context, false);
}

/*
 *	1000 task 7          2000 line 42 ... 2100    2110 NET_RX, raised `wait` ns before ... 2900
 */
static int begin(u64 wait)
{
	h = why_history_new(1, 4);
	if (!h)
		return -1;
	add(1000, WHY_RECORD_SWITCH, why_record_body(TASK, 0, 0), WHY_BASE_TASK);
	add(2000, WHY_RECORD_IRQ_ENTRY, why_record_body(LINE, 0, 0),
	    WHY_BASE_TASK | WHY_CTX_HARD_ONE);
	add(2100, WHY_RECORD_IRQ_EXIT, why_record_body(LINE, 0, 0), WHY_BASE_TASK);
	add(2110, WHY_RECORD_SOFTIRQ_ENTRY,
	    why_record_softirq(NET_RX, why_record_pack(wait != 0, wait, WHY_SOFTIRQ_LENGTH_BITS)),
	    WHY_BASE_TASK | WHY_CTX_SOFT);
	add(2900, WHY_RECORD_SOFTIRQ_EXIT, why_record_body(NET_RX, 0, 0), WHY_BASE_TASK);
	add(4000, WHY_RECORD_SWITCH, why_record_body(0, TASK, 0), WHY_BASE_IDLE);
	return 0;
}

static struct why_who raiser(u64 from)
{
	struct why_spans spans = { 0 };
	struct why_who found = { WHY_ACTOR_NONE, 0 };
	size_t i, nr = 0;

	assert_int_equal(why_history_spans(h, 0, from, 3000, &spans), 0);
	for (i = 0; i < spans.nr; i++) {
		if (spans.span[i].who.actor == WHY_ACTOR_SOFTIRQ) {
			found = spans.span[i].raiser;
			nr++;
		} else {
			assert_int_equal(spans.span[i].raiser.actor, WHY_ACTOR_NONE);
		}
	}
	assert_int_equal(nr, 1);
	why_spans_free(&spans);
	why_history_free(h);
	return found;
}

static void test_an_interrupt_that_raised_it_is_named(void **state)
{
	struct why_who who;

	(void)state;
	assert_int_equal(begin(60), 0);
	who = raiser(1500);
	assert_int_equal(who.actor, WHY_ACTOR_LINE);
	assert_int_equal(who.id, LINE);
}

static void test_it_is_named_where_the_interval_begins_within_the_softirq(void **state)
{
	(void)state;
	assert_int_equal(begin(60), 0);
	assert_int_equal(raiser(2500).actor, WHY_ACTOR_LINE);
}

static void test_a_task_that_raised_it_is_named(void **state)
{
	struct why_who who;

	(void)state;
	assert_int_equal(begin(600), 0);
	who = raiser(1500);
	assert_int_equal(who.actor, WHY_ACTOR_TASK);
	assert_int_equal(who.id, TASK);
}

static void test_nobody_is_named_where_nobody_is_known(void **state)
{
	(void)state;
	assert_int_equal(begin(0), 0);
	assert_int_equal(raiser(1500).actor, WHY_ACTOR_NONE);
	/* Raised before anything that is kept. */
	assert_int_equal(begin(1900), 0);
	assert_int_equal(raiser(1500).actor, WHY_ACTOR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_interrupt_that_raised_it_is_named),
		cmocka_unit_test(test_it_is_named_where_the_interval_begins_within_the_softirq),
		cmocka_unit_test(test_a_task_that_raised_it_is_named),
		cmocka_unit_test(test_nobody_is_named_where_nobody_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
