// SPDX-License-Identifier: GPL-2.0-only
/* Sections taken in: told twice, too many, and what is thought of them. lib/stalls.h. */
#include "lib/stalls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { US = 1000 };

static struct why_stall_record record(u32 cpu, u64 end_ns, u64 least_ns, u64 most_ns)
{
	struct why_stall_record r;

	memset(&r, 0, sizeof(r));
	r.stall.end_ns = end_ns;
	r.stall.least_ns = least_ns;
	r.stall.most_ns = most_ns;
	r.cpu = cpu;
	r.nr_frames = 3;
	r.frames[0] = 0xffffffff81000000;
	return r;
}

static void add(struct why_stalls *s, struct why_stall_record r)
{
	assert_int_equal(why_stalls_add(s, &r), 0);
}

static void test_a_section_told_twice_is_one_and_both_tellings_hold(void **state)
{
	struct why_stalls s = { .over_ns = 50 * US };

	(void)state;
	add(&s, record(1, 5000, 100, 900));
	add(&s, record(0, 5000, 300, 300));
	add(&s, record(1, 5000, 200, 1000));
	add(&s, record(1, 7000, 100, 700));
	assert_int_equal(s.nr_sections, 3);
	assert_int_equal(s.sections[0].stall.least_ns, 200);
	assert_int_equal(s.sections[0].stall.most_ns, 900);
	assert_int_equal(s.sections[1].cpu, 0);
	why_stalls_free(&s);
}

static void test_one_stack_is_kept_once_and_any_number_of_frames_is_taken(void **state)
{
	struct why_stalls s = { .over_ns = 50 * US };
	struct why_stall_record r = record(0, 1, 1, 1);
	u32 i, nr_without = 0;

	(void)state;
	for (i = 0; i < 20000; i++) {
		r.stall.end_ns = i;
		r.frames[1] = i % 10000;
		r.nr_frames = i % 7 ? 3 : ~0U;
		add(&s, r);
	}
	assert_int_equal(s.nr_sections, 20000);
	assert_true(s.nr_stacks <= 1 << 13);
	/* Of too many none is taken for another's. */
	for (i = 0; i < s.nr_sections; i++) {
		nr_without += s.sections[i].stack == ~0U;
		if (s.sections[i].stack != ~0U && i % 7)
			assert_int_equal(s.stacks[s.sections[i].stack].frames[1], i % 10000);
	}
	assert_true(nr_without > 0);
	assert_int_equal(nr_without, s.nr_stackless);
	why_stalls_free(&s);
}

static void test_what_is_too_much_is_counted(void **state)
{
	struct why_stalls s = { .over_ns = 50 * US };
	u32 i;

	(void)state;
	for (i = 0; i < (1U << 18) + 5; i++)
		add(&s, record(0, i, 1, 1));
	assert_int_equal(s.nr_sections, 1 << 18);
	assert_int_equal(s.nr_left_out, 5);
	why_stalls_free(&s);
}

/* Of 1,000 due in user mode 10 were late, so of 500 in the kernel 5 would have been. */
static void test_what_is_late_in_user_mode_tells_how_many_are_false(void **state)
{
	struct why_stalls s = { .over_ns = 50 * US };
	u32 i;

	(void)state;
	assert_true(why_stalls_false(&s) < 0);
	s.tally.nr_due = 1500;
	s.tally.nr_user = 1000;
	s.tally.nr_user_late = 10;
	assert_true(why_stalls_false(&s) == 0);
	for (i = 0; i < 20; i++)
		add(&s, record(0, i, 1, 1));
	assert_true(why_stalls_false(&s) == 0.25);
	s.tally.nr_user_late = 1000;
	assert_true(why_stalls_false(&s) == 1);
	why_stalls_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_section_told_twice_is_one_and_both_tellings_hold),
		cmocka_unit_test(test_one_stack_is_kept_once_and_any_number_of_frames_is_taken),
		cmocka_unit_test(test_what_is_too_much_is_counted),
		cmocka_unit_test(test_what_is_late_in_user_mode_tells_how_many_are_false),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
