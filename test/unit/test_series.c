// SPDX-License-Identifier: GPL-2.0-only
/* The series: ticks of an account that goes on, and takes back what it was thought to have done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/series.h"

#include <stdlib.h>
#include <string.h>

enum { BEGIN = 1000000 };

struct bench {
	struct why_cpu *cpu;
	struct why_tables tables;
	struct why_series *series;
	struct why_pressure pressure;
	struct why_snapshot *into;
};

static struct bench set_up(void)
{
	struct bench b = {
		.cpu = aligned_alloc(_Alignof(struct why_cpu), sizeof(*b.cpu)),
		.series = why_series_new(1, 1U << WHY_KIND_RUN),
		.into = why_snapshot_new(1),
	};

	memset(b.cpu, 0, sizeof(*b.cpu));
	b.tables = (struct why_tables){
		.nr_cpus = 1, .cpus = b.cpu,
		.counts = calloc(WHY_LINES, sizeof(*b.tables.counts)),
	};
	why_cpu_begin(b.cpu, BEGIN, 7, 1);
	assert_int_equal(why_pressure_init(&b.pressure, 1), 0);
	why_series_begin(b.series, BEGIN, &b.pressure);
	return b;
}

static void tear_down(struct bench *b)
{
	why_series_free(b->series);
	why_snapshot_free(b->into);
	why_pressure_free(&b->pressure);
	free(b->tables.counts);
	free(b->cpu);
}

/* The class times of a tick to `now`, which must sum to its span. */
static const u64 *tick(struct bench *b, u64 now)
{
	const struct why_tick *t;
	u64 sum = 0;
	u32 i;

	assert_int_equal(why_series_tick(b->series, &b->tables, now, &b->pressure, b->into), 0);
	t = &b->into->ticks[b->into->nr_ticks - 1];
	for (i = 0; i < WHY_CLASS_NR; i++) {
		assert_true(t->class_ns[i] <= t->span_ns);
		sum += t->class_ns[i];
	}
	assert_int_equal(sum, t->span_ns);
	return t->class_ns;
}

static void a_tick_has_the_running_span_up_to_now(void **state)
{
	struct bench b = set_up();

	(void)state;
	assert_int_equal(tick(&b, BEGIN + 300)[WHY_CLASS_TASK], 300);
	why_account_switch(&b.cpu->account, BEGIN + 400, WHY_BASE_IDLE, 0, 0);
	assert_int_equal(tick(&b, BEGIN + 1000)[WHY_CLASS_TASK], 100);
	tear_down(&b);
}

/*
 *	|<- task? ->|tick          |tick
 *	|<------ hidden ----->|<-->|
 */
static void a_span_told_before_it_proved_hidden_makes_no_later_tick_negative(void **state)
{
	struct bench b = set_up();
	const u64 *ns;

	(void)state;
	assert_int_equal(tick(&b, BEGIN + 300)[WHY_CLASS_TASK], 300);
	why_account_switch(&b.cpu->account, BEGIN + 500, WHY_BASE_IDLE, 0, 1);
	ns = tick(&b, BEGIN + 600);
	assert_int_equal(ns[WHY_CLASS_TASK], 0);
	assert_int_equal(ns[WHY_CLASS_UNSEEN], 200);
	assert_int_equal(ns[WHY_CLASS_IDLE], 100);
	why_account_switch(&b.cpu->account, BEGIN + 700, WHY_BASE_TASK, 0, 0);
	ns = tick(&b, BEGIN + 1100);
	assert_int_equal(ns[WHY_CLASS_IDLE], 100);
	assert_int_equal(ns[WHY_CLASS_TASK], 400);
	tear_down(&b);
}

static void run(struct bench *b, u64 ns)
{
	why_hist_add(&b->cpu->rows[WHY_KIND_RUN].hist, &b->cpu->bucket[0][WHY_KIND_RUN], ns);
}

static void a_tick_tells_of_the_samples_since_the_one_before(void **state)
{
	static const u64 counts[] = { 2, 0, 0, 1 };
	struct bench b = set_up();
	u32 i;

	(void)state;
	for (i = 0; i < 4; i++) {
		if (i == 0)
			run(&b, 40);
		if (i == 0 || i == 3)
			run(&b, 50 + i);
		tick(&b, BEGIN + 1000 * (i + 1));
		assert_int_equal(b.into->ticks[i].count[WHY_KIND_RUN], counts[i]);
		assert_int_equal(b.into->ticks[i].max_ns[WHY_KIND_RUN], counts[i] ? 50 + i : 0);
	}
	tear_down(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tick_has_the_running_span_up_to_now),
		cmocka_unit_test(a_tick_tells_of_the_samples_since_the_one_before),
		cmocka_unit_test(
			a_span_told_before_it_proved_hidden_makes_no_later_tick_negative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
