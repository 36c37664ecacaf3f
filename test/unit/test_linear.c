// SPDX-License-Identifier: GPL-2.0-only
/* The histogram of exact microseconds (core/linear.h): its edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/linear.h"

static struct why_linear h;

static int clear(void **state)
{
	(void)state;
	memset(&h, 0, sizeof(h));
	return 0;
}

static void a_bin_holds_its_microsecond_and_no_other(void **state)
{
	(void)state;
	why_linear_add(&h, 0);
	why_linear_add(&h, 999);
	why_linear_add(&h, 1000);
	why_linear_add(&h, 1999);
	why_linear_add(&h, 2000);
	assert_int_equal(h.bin[0], 2);
	assert_int_equal(h.bin[1], 2);
	assert_int_equal(h.bin[2], 1);
	assert_int_equal(h.over, 0);
}

static void what_is_past_the_last_bin_is_over(void **state)
{
	(void)state;
	why_linear_add(&h, 10239999);
	why_linear_add(&h, 10240000);
	why_linear_add(&h, ~0ULL / 2);
	assert_int_equal(h.bin[WHY_LINEAR_BINS - 1], 1);
	assert_int_equal(h.over, 2);
	assert_int_equal(h.tally.count, 3);
}

static void a_full_bin_stays_so(void **state)
{
	(void)state;
	h.bin[7] = WHY_LINEAR_FULL - 1;
	why_linear_add(&h, 7000);
	assert_int_equal(h.bin[7], WHY_LINEAR_FULL);
	why_linear_add(&h, 7000);
	assert_int_equal(h.bin[7], WHY_LINEAR_FULL);
	assert_int_equal(h.tally.count, 2);
}

static void least_most_and_sum_are_exact(void **state)
{
	(void)state;
	assert_int_equal(why_linear_add(&h, 5), 1);
	assert_int_equal(why_linear_add(&h, 3), 0);
	assert_int_equal(why_linear_add(&h, 5), 0);
	assert_int_equal(why_linear_add(&h, 1234567), 1);
	assert_int_equal(h.tally.min_ns, 3);
	assert_int_equal(h.tally.max_ns, 1234567);
	assert_int_equal(h.tally.sum_ns, 1234580);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_bin_holds_its_microsecond_and_no_other, clear),
		cmocka_unit_test_setup(what_is_past_the_last_bin_is_over, clear),
		cmocka_unit_test_setup(a_full_bin_stays_so, clear),
		cmocka_unit_test_setup(least_most_and_sum_are_exact, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
