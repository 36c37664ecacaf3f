// SPDX-License-Identifier: GPL-2.0-only
/* The account's corners that no vector reaches: wrap-around, saturation, torn copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/account.h"

#include <string.h>

static void time_of_the_word_wraps_without_loss(void **state)
{
	u64 now = (1ULL << 56) - 100;
	struct why_account a = {};
	u64 ns[WHY_CLASS_NR], at;

	(void)state;
	why_account_start(&a, now, WHY_BASE_TASK);
	why_account_switch(&a, now + 250, WHY_BASE_IDLE, 0, 0);
	assert_int_equal(a.ns[WHY_CLASS_TASK], 250);
	assert_int_equal(why_account_read(&a, now + 300, ns, &at), WHY_ACCOUNT_OK);
	assert_int_equal(ns[WHY_CLASS_IDLE], 50);
	assert_int_equal(at, now + 300);
}

static void nesting_saturates_and_is_told(void **state)
{
	struct why_account a = {};
	struct why_step step;
	int i;

	(void)state;
	why_account_start(&a, 1000, WHY_BASE_TASK);
	for (i = 0; i < 15; i++) {
		why_account_step(a.word, WHY_EDGE_HARDIRQ_ENTRY, 1000, &step);
		assert_int_equal(step.verdict, WHY_ACCOUNT_OK);
		a.word = step.word;
	}
	why_account_step(a.word, WHY_EDGE_HARDIRQ_ENTRY, 1000, &step);
	assert_int_equal(step.verdict, WHY_ACCOUNT_UNPAIRED);
	assert_int_equal(step.word, a.word);
}

static void hard_beats_soft_beats_switch_beats_base(void **state)
{
	(void)state;
	assert_int_equal(why_context_class(WHY_BASE_TASK), WHY_CLASS_TASK);
	assert_int_equal(why_context_class(WHY_BASE_IDLE | WHY_CTX_SWITCH), WHY_CLASS_SWITCH);
	assert_int_equal(why_context_class(WHY_BASE_TASK | WHY_CTX_SWITCH | WHY_CTX_SOFT),
			 WHY_CLASS_SOFTIRQ);
	assert_int_equal(why_context_class(0xff), WHY_CLASS_HARDIRQ);
	assert_int_equal(why_context_class(WHY_BASE_OFFLINE), WHY_CLASS_OFFLINE);
	assert_int_equal(why_context_class(0), WHY_CLASS_UNSEEN);
}

static void copy_that_does_not_add_up_is_torn(void **state)
{
	struct why_account a = {};
	u64 ns[WHY_CLASS_NR], at;

	(void)state;
	why_account_start(&a, 1000, WHY_BASE_TASK);
	why_account_switch(&a, 1500, WHY_BASE_IDLE, 0, 0);
	a.ns[WHY_CLASS_TASK]--;
	assert_int_equal(why_account_read(&a, 1600, ns, &at), WHY_ACCOUNT_TORN);
}

static void reading_into_the_past_tells_the_later_instant(void **state)
{
	struct why_account a = {};
	u64 ns[WHY_CLASS_NR], at;

	(void)state;
	why_account_start(&a, 1000, WHY_BASE_TASK);
	why_account_switch(&a, 1500, WHY_BASE_IDLE, 0, 0);
	assert_int_equal(why_account_read(&a, 1400, ns, &at), WHY_ACCOUNT_OK);
	assert_int_equal(at, 1500);
	assert_int_equal(ns[WHY_CLASS_TASK], 500);
	assert_int_equal(ns[WHY_CLASS_IDLE], 0);
}

static void interrupt_context_seen_before_the_start_is_kept(void **state)
{
	struct why_account a = {};
	struct why_step step;

	(void)state;
	why_account_step(a.word, WHY_EDGE_HARDIRQ_ENTRY, 900, &step);
	a.word = step.word;
	why_account_start(&a, 1000, WHY_BASE_TASK);
	assert_int_equal(why_context_class(a.word & 0xff), WHY_CLASS_HARDIRQ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_of_the_word_wraps_without_loss),
		cmocka_unit_test(nesting_saturates_and_is_told),
		cmocka_unit_test(hard_beats_soft_beats_switch_beats_base),
		cmocka_unit_test(copy_that_does_not_add_up_is_torn),
		cmocka_unit_test(reading_into_the_past_tells_the_later_instant),
		cmocka_unit_test(interrupt_context_seen_before_the_start_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
