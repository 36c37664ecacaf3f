// SPDX-License-Identifier: GPL-2.0-only
/* Windows of interrupt rates: peaks, where storms begin and end, and what others paid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/rates.h"

#include <stdlib.h>
#include <string.h>

#define MS 1000000ULL
#define BEGIN 5000000000ULL

enum { NET_RX = 3, KEYED = 4 };

struct bench {
	struct why_tables tables;
	struct why_rates *rates;
	struct why_snapshot *into;
	u64 now;
};

static struct bench set_up(void)
{
	struct bench b = {
		.tables = { .nr_cpus = 2, .nr_keyed = KEYED },
		.rates = why_rates_new(2),
		.into = why_snapshot_new(2),
		.now = BEGIN,
	};

	b.tables.cpus = aligned_alloc(_Alignof(struct why_cpu), 2 * sizeof(*b.tables.cpus));
	memset(b.tables.cpus, 0, 2 * sizeof(*b.tables.cpus));
	b.tables.keyed = calloc(KEYED, sizeof(*b.tables.keyed));
	b.tables.lines = calloc(WHY_LINES, sizeof(*b.tables.lines));
	b.tables.counts = calloc(2 * WHY_LINES, sizeof(*b.tables.counts));
	b.tables.keyed[0].key = why_key(WHY_KIND_SOFTIRQ_RUN, 1, NET_RX);
	why_rates_begin(b.rates, BEGIN);
	return b;
}

static void tear_down(struct bench *b)
{
	why_rates_free(b->rates);
	why_snapshot_free(b->into);
	free(b->tables.cpus);
	free(b->tables.keyed);
	free(b->tables.lines);
	free(b->tables.counts);
}

/* A window of `span` in which CPU 1 serves NET_RX `count` times for `busy` in all. */
static void window(struct bench *b, u64 span, u64 count, u64 busy)
{
	b->tables.cpus[1].irqs.seen.softirqs[NET_RX] += count;
	b->tables.keyed[0].part_ns[0] += busy;
	b->now += span;
	assert_int_equal(why_rates_window(b->rates, &b->tables, b->now, b->into), 0);
}

static void pay(struct bench *b, u32 cpu, u64 ns)
{
	b->tables.cpus[cpu].rows[WHY_KIND_WAKEUP].causes[WHY_CAUSE_SOFTIRQ] += ns;
	b->tables.cpus[cpu].rows[WHY_KIND_PREEMPTED].causes[WHY_CAUSE_HARDIRQ] += ns;
	b->tables.cpus[cpu].rows[WHY_KIND_WAKEUP].hist.count++;
}

static void a_storm_is_over_20000_a_second(void **state)
{
	struct bench b = set_up();

	(void)state;
	window(&b, 100 * MS, 2000, 0);
	assert_int_equal(b.into->nr_storms, 0);
	window(&b, 100 * MS, 2001, 0);
	assert_int_equal(b.into->nr_storms, 1);
	assert_int_equal(b.into->storms[0].source, WHY_SOURCE_SOFTIRQ + NET_RX);
	assert_int_equal(b.into->storms[0].cpu, 1);
	assert_int_equal(b.into->storms[0].begin_ns, BEGIN + 100 * MS);
	assert_int_equal(b.into->storms[0].rate_max_per_s, 20010);
	tear_down(&b);
}

static void or_over_a_fifth_of_a_cpu(void **state)
{
	struct bench b = set_up();

	(void)state;
	window(&b, 100 * MS, 1, 20 * MS);
	assert_int_equal(b.into->nr_storms, 0);
	window(&b, 100 * MS, 1, 20 * MS + 1);
	assert_int_equal(b.into->nr_storms, 1);
	assert_int_equal(b.into->storms[0].busy_ns, 20 * MS + 1);
	tear_down(&b);
}

static void windows_that_follow_each_other_are_one_storm(void **state)
{
	struct bench b = set_up();

	(void)state;
	window(&b, 100 * MS, 5000, 0);
	window(&b, 150 * MS, 6000, 0);
	window(&b, 100 * MS, 10, 0);
	window(&b, 100 * MS, 5000, 0);
	assert_int_equal(b.into->nr_storms, 2);
	assert_int_equal(b.into->storms[0].count, 11000);
	assert_int_equal(b.into->storms[0].span_ns, 250 * MS);
	assert_int_equal(b.into->storms[0].rate_max_per_s, 50000);
	assert_int_equal(b.into->storms[1].begin_ns, BEGIN + 350 * MS);
	tear_down(&b);
}

static void a_window_of_nothing_ends_a_storm(void **state)
{
	struct bench b = set_up();

	(void)state;
	window(&b, 100 * MS, 5000, 0);
	window(&b, 100 * MS, 0, 0);
	window(&b, 100 * MS, 5000, 0);
	assert_int_equal(b.into->nr_storms, 2);
	assert_int_equal(b.into->storms[1].begin_ns, BEGIN + 200 * MS);
	tear_down(&b);
}

static void others_pay_on_that_cpu_while_it_lasts(void **state)
{
	struct bench b = set_up();

	(void)state;
	pay(&b, 1, 7);
	window(&b, 100 * MS, 10, 0);
	pay(&b, 1, 100);
	pay(&b, 0, 1000);
	window(&b, 100 * MS, 5000, 0);
	pay(&b, 1, 30);
	window(&b, 100 * MS, 5000, 0);
	pay(&b, 1, 9);
	window(&b, 100 * MS, 10, 0);
	assert_int_equal(b.into->storms[0].waited_ns, 2 * (100 + 30));
	assert_int_equal(b.into->storms[0].waits, 2);
	tear_down(&b);
}

static void a_last_short_window_makes_no_peak_and_no_storm(void **state)
{
	struct bench b = set_up();
	const struct why_peak *peak;

	(void)state;
	window(&b, 100 * MS, 1000, 0);
	window(&b, 1 * MS, 900, 0);
	peak = &b.into->peaks[WHY_SOURCE_NR + WHY_SOURCE_SOFTIRQ + NET_RX];
	assert_int_equal(b.into->nr_storms, 0);
	assert_int_equal(peak->rate_per_s, 10000);
	assert_int_equal(peak->at_ns, BEGIN);
	tear_down(&b);
}

static void but_it_lengthens_one_that_goes_on(void **state)
{
	struct bench b = set_up();

	(void)state;
	window(&b, 100 * MS, 5000, 0);
	window(&b, 1 * MS, 60, 0);
	assert_int_equal(b.into->nr_storms, 1);
	assert_int_equal(b.into->storms[0].count, 5060);
	assert_int_equal(b.into->storms[0].rate_max_per_s, 50000);
	tear_down(&b);
}

static void a_window_without_time_says_nothing(void **state)
{
	struct bench b = set_up();

	(void)state;
	window(&b, 100 * MS, 10, 0);
	window(&b, 0, 0, 0);
	b.now -= MS;
	window(&b, 0, 9999, 0);
	assert_int_equal(b.into->nr_storms, 0);
	tear_down(&b);
}

static void lines_and_vectors_have_their_own_counts(void **state)
{
	struct bench b = set_up();

	(void)state;
	b.tables.lines[44 % WHY_LINES].id = 45;
	b.tables.counts[WHY_LINES + 44].seen = 3000;
	b.tables.keyed[1].key = why_key(WHY_KIND_HANDLER, 1, 12345);
	b.tables.keyed[1].irq = 44;
	b.tables.keyed[1].hist.sum_ns = 5 * MS;
	b.tables.keyed[2].key = why_key(WHY_KIND_VECTOR, 0, WHY_VECTOR_CALL_FUNCTION_SINGLE);
	b.tables.keyed[2].hist.sum_ns = 30 * MS;
	window(&b, 100 * MS, 0, 0);
	assert_int_equal(b.into->nr_storms, 2);
	assert_int_equal(b.into->storms[0].source, WHY_SOURCE_VECTOR + WHY_VECTOR_CALL_FUNCTION);
	assert_int_equal(b.into->storms[0].cpu, 0);
	assert_int_equal(b.into->storms[1].source, 44);
	assert_int_equal(b.into->storms[1].busy_ns, 5 * MS);
	assert_int_equal(b.into->line_of_place[44], 45);
	tear_down(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_storm_is_over_20000_a_second),
		cmocka_unit_test(or_over_a_fifth_of_a_cpu),
		cmocka_unit_test(windows_that_follow_each_other_are_one_storm),
		cmocka_unit_test(a_window_of_nothing_ends_a_storm),
		cmocka_unit_test(others_pay_on_that_cpu_while_it_lasts),
		cmocka_unit_test(a_last_short_window_makes_no_peak_and_no_storm),
		cmocka_unit_test(but_it_lengthens_one_that_goes_on),
		cmocka_unit_test(a_window_without_time_says_nothing),
		cmocka_unit_test(lines_and_vectors_have_their_own_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
