// SPDX-License-Identifier: GPL-2.0-only
/* What tells that interrupts were off, and how long at least and at most: core/stall.h. */
#include "core/stall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { US = 1000, OVER = 50 * US };

/* A CPU that was looked at from 1 us on, with a timer taken from `entry` to `exit` each ms. */
static struct why_stall_cpu begun(void)
{
	struct why_stall_cpu c;
	struct why_stall ignored;

	memset(&c, 0, sizeof(c));
	c.begin_ns = US;
	c.over_ns = OVER;
	why_stall_enter(&c, 1000 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	assert_false(why_stall_leave(&c, 1010 * US, 0, &ignored));
	return c;
}

/*
 *	exit 1010          due 1900      entry 2000
 *	 |-- on --[ off ......|.............]
 */
static void test_a_late_timer_tells_least_and_most(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;

	(void)state;
	why_stall_enter(&c, 2000 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	assert_true(why_stall_due(&c, 1900 * US, 1, &s));
	assert_int_equal(s.end_ns, 2000 * US);
	assert_int_equal(s.least_ns, 100 * US);
	assert_int_equal(s.most_ns, 990 * US);
	assert_int_equal(s.kind, WHY_STALL_IRQSOFF);
	assert_int_equal(s.handler, 0);
}

static void test_a_timer_in_time_tells_nothing_but_what_is_usual(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;
	u32 i;

	(void)state;
	for (i = 2; i < 202; i++) {
		why_stall_enter(&c, i * 1000 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
		assert_false(why_stall_due(&c, (i * 1000 - 8) * US, 1, &s));
		why_stall_leave(&c, (i * 1000 + 5) * US, 0, &s);
	}
	assert_in_range(c.usual_ns, 7900, 8000);
	/* What is usual is the interrupt's way, no part of the section. */
	why_stall_enter(&c, 300000 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	assert_true(why_stall_due(&c, 299900 * US, 1, &s));
	assert_int_equal(s.least_ns, 100 * US - c.usual_ns);
}

/* Interrupts that were kept waiting come one after the other: the section ended at the first. */
static void test_the_section_ends_at_the_first_interrupt_after_it(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;

	(void)state;
	why_stall_enter(&c, 2000 * US, WHY_VECTOR_RESCHEDULE, 0, 0);
	why_stall_leave(&c, 2001 * US, 0, &s);
	why_stall_enter(&c, 2002 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	assert_true(why_stall_due(&c, 1900 * US, 1, &s));
	assert_int_equal(s.end_ns, 2000 * US);
	assert_int_equal(s.least_ns, 100 * US);
	assert_int_equal(s.most_ns, 990 * US);
}

static void test_a_handler_is_a_section_of_known_length(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;

	(void)state;
	why_stall_enter(&c, 2000 * US, WHY_VECTOR_IRQ_WORK, 0, 0);
	assert_true(why_stall_leave(&c, 2200 * US, 0, &s));
	assert_int_equal(s.least_ns, 200 * US);
	assert_int_equal(s.most_ns, 200 * US);
	assert_int_equal(s.handler, WHY_VECTOR_IRQ_WORK + 1);
	/* What it made late is not told a second time. */
	why_stall_enter(&c, 2201 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	assert_false(why_stall_due(&c, 2100 * US, 1, &s));
	assert_int_equal(c.tally.nr_unplaced, 0);
}

static void test_a_timer_due_inside_its_own_interrupt_is_not_late(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;

	(void)state;
	why_stall_enter(&c, 2000 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	assert_false(why_stall_due(&c, 2000 * US, 1, &s));
	assert_false(why_stall_due(&c, 2010 * US, 1, &s));
	assert_int_equal(c.usual_ns, 0);
}

static void test_what_was_due_before_the_beginning_is_nobodys(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;

	(void)state;
	c.begin_ns = 1950 * US;
	why_stall_enter(&c, 2000 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	assert_false(why_stall_due(&c, 1900 * US, 1, &s));
}

static void test_a_due_older_than_all_marks_is_counted(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;
	u32 i;

	(void)state;
	for (i = 0; i < WHY_STALL_MARKS; i++) {
		why_stall_enter(&c, (2000 + i) * US, WHY_VECTOR_RESCHEDULE, 0, 0);
		why_stall_leave(&c, (2000 + i) * US + 500, 0, &s);
	}
	why_stall_enter(&c, 2100 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	assert_false(why_stall_due(&c, 1900 * US, 1, &s));
	assert_int_equal(c.tally.nr_unplaced, 1);
}

/* A line behind a line: its handler is part of the other's. */
static void test_a_handler_within_a_handler_is_part_of_it(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;

	(void)state;
	why_stall_enter(&c, 2000 * US, WHY_STALL_DEVICE, 0, 0);
	why_stall_enter(&c, 2100 * US, WHY_STALL_DEVICE, 0, 0);
	assert_false(why_stall_leave(&c, 2200 * US, 0, &s));
	assert_true(why_stall_leave(&c, 2300 * US, 0, &s));
	assert_int_equal(s.least_ns, 300 * US);
	/* What was due meanwhile is not told beside it. */
	why_stall_enter(&c, 2301 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	assert_false(why_stall_due(&c, 2050 * US, 1, &s));
}

static void test_an_exit_that_was_not_seen_hides_nothing_for_long(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;

	(void)state;
	why_stall_enter(&c, 2000 * US, WHY_STALL_DEVICE, 0, 0);
	why_stall_enter(&c, 2500 * US, WHY_STALL_DEVICE, 0, 0);
	why_stall_leave(&c, 2501 * US, 0, &s);
	why_stall_enter(&c, 3000 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	assert_true(why_stall_due(&c, 2900 * US, 1, &s));
	why_stall_leave(&c, 3010 * US, 0, &s);
	assert_int_equal(c.entry_ns, 0);
	assert_int_equal(c.depth, 0);
}

static void test_the_way_out_of_sleep_is_no_section(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;

	(void)state;
	why_stall_enter(&c, 2000 * US, WHY_VECTOR_RESCHEDULE, 0, 1);
	why_stall_leave(&c, 2001 * US, 0, &s);
	/* In the softirq at that interrupt's end. */
	why_stall_enter(&c, 2010 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	assert_false(why_stall_due(&c, 1900 * US, 1, &s));
}

/* Its own interrupt was hidden, and the sender's instant left behind. */
static void test_what_comes_long_after_the_next_interrupt_tells_nothing(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;

	(void)state;
	why_stall_enter(&c, 2000 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	why_stall_leave(&c, 2005 * US, 0, &s);
	why_stall_enter(&c, 2055 * US, WHY_VECTOR_RESCHEDULE, 0, 0);
	assert_false(why_stall_due(&c, 1500 * US, 0, &s));
	assert_int_equal(c.tally.nr_unplaced, 1);
}

static void test_what_the_hypervisor_took_is_no_section(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;

	(void)state;
	why_stall_enter(&c, 2000 * US, WHY_VECTOR_LOCAL_TIMER, 80 * US, 0);
	assert_false(why_stall_due(&c, 1900 * US, 1, &s));
	assert_int_equal(c.tally.nr_stolen, 1);
	/* Of a longer one the rest is, at least; the whole, at most. */
	assert_true(why_stall_due(&c, 1800 * US, 1, &s));
	assert_int_equal(s.least_ns, 120 * US);
	assert_int_equal(s.most_ns, 990 * US);
	assert_int_equal(s.stolen_ns, 80 * US);
	why_stall_leave(&c, 2010 * US, 80 * US, &s);
	why_stall_enter(&c, 3000 * US, WHY_VECTOR_LOCAL_TIMER, 80 * US, 0);
	assert_false(why_stall_leave(&c, 3100 * US, 170 * US, &s));
	assert_int_equal(c.tally.nr_stolen, 2);
}

/* An interrupt that was sent says nothing of how late a timer usually is. */
static void test_an_ipi_tells_too_and_teaches_nothing(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;

	(void)state;
	why_stall_enter(&c, 2000 * US, WHY_VECTOR_RESCHEDULE, 0, 0);
	assert_false(why_stall_due(&c, 1960 * US, 0, &s));
	assert_int_equal(c.usual_ns, 0);
	assert_true(why_stall_due(&c, 1940 * US, 0, &s));
	assert_int_equal(s.least_ns, 60 * US);
}

static void test_a_switch_that_was_asked_for_tells_of_preemption(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;

	(void)state;
	/* Before the first switch nobody knows since when. */
	c.resched_switches = 7;
	c.resched_ns = 1400 * US;
	assert_false(why_stall_switch(&c, 1500 * US, 7, 0, &s));
	assert_int_equal(c.tally.nr_unplaced, 1);
	c.resched_switches = 7;
	c.resched_ns = 2000 * US;
	assert_true(why_stall_switch(&c, 2100 * US, 7, 0, &s));
	assert_int_equal(s.kind, WHY_STALL_PREEMPTOFF);
	assert_int_equal(s.least_ns, 100 * US);
	assert_int_equal(s.most_ns, 600 * US);
	assert_int_equal(c.resched_ns, 0);
	/* In time; and asked for by another CPU after this one's clock was read. */
	c.resched_ns = 2190 * US;
	assert_false(why_stall_switch(&c, 2200 * US, 7, 0, &s));
	c.resched_ns = 2301 * US;
	assert_false(why_stall_switch(&c, 2300 * US, 7, 0, &s));
	/* Switches were hidden since: nobody knows when this one was asked for. */
	c.resched_ns = 2500 * US;
	assert_false(why_stall_switch(&c, 2900 * US, 9, 0, &s));
	assert_int_equal(c.tally.nr_unplaced, 2);
	/* While the hypervisor had the CPU. */
	c.resched_ns = 3000 * US;
	assert_false(why_stall_switch(&c, 3100 * US, 7, 60 * US, &s));
	assert_int_equal(c.tally.nr_stolen, 1);
}

static void test_marks_wrap_around(void **state)
{
	struct why_stall_cpu c = begun();
	struct why_stall s;

	(void)state;
	c.nr_marks = ~0U - 1;	/* a multiple of their number away from 0 is 2 more */
	why_stall_enter(&c, 2000 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	why_stall_leave(&c, 2010 * US, 0, &s);
	assert_int_equal(c.nr_marks, 0);
	why_stall_enter(&c, 3000 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	/* Right after the wrap the older marks are not looked at: no interval, but counted. */
	assert_false(why_stall_due(&c, 2500 * US, 1, &s));
	assert_int_equal(c.tally.nr_unplaced, 1);
	why_stall_leave(&c, 3010 * US, 0, &s);
	why_stall_enter(&c, 4000 * US, WHY_VECTOR_LOCAL_TIMER, 0, 0);
	assert_true(why_stall_due(&c, 3500 * US, 1, &s));
	assert_int_equal(s.most_ns, 990 * US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_late_timer_tells_least_and_most),
		cmocka_unit_test(test_a_timer_in_time_tells_nothing_but_what_is_usual),
		cmocka_unit_test(test_the_section_ends_at_the_first_interrupt_after_it),
		cmocka_unit_test(test_a_handler_is_a_section_of_known_length),
		cmocka_unit_test(test_a_timer_due_inside_its_own_interrupt_is_not_late),
		cmocka_unit_test(test_what_was_due_before_the_beginning_is_nobodys),
		cmocka_unit_test(test_a_due_older_than_all_marks_is_counted),
		cmocka_unit_test(test_a_handler_within_a_handler_is_part_of_it),
		cmocka_unit_test(test_an_exit_that_was_not_seen_hides_nothing_for_long),
		cmocka_unit_test(test_the_way_out_of_sleep_is_no_section),
		cmocka_unit_test(test_what_comes_long_after_the_next_interrupt_tells_nothing),
		cmocka_unit_test(test_what_the_hypervisor_took_is_no_section),
		cmocka_unit_test(test_an_ipi_tells_too_and_teaches_nothing),
		cmocka_unit_test(test_a_switch_that_was_asked_for_tells_of_preemption),
		cmocka_unit_test(test_marks_wrap_around),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
