// SPDX-License-Identifier: GPL-2.0-only
/* What a replay makes of records whose meeting of two CPUs is told, and not to be decided again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/replay.h"

enum { TASK = 7 };

static struct why_event event(u64 at, u32 cpu, u32 type, u64 body)
{
	return (struct why_event){ .at_ns = at, .cpu = cpu, .type = type, .body = body };
}

/* CPU 0 runs `from`, then `to`; `how` is a SWITCH's extra. */
static struct why_event change(u64 at, u32 from, u32 to, u32 how)
{
	return event(at, 0, WHY_RECORD_SWITCH,
		     why_record_body(to, from, how | WHY_SWITCH_NEXT_SUBJECT | WHY_SWITCH_KNOWN));
}

static struct why_event waking(u64 at, u32 how)
{
	return event(at, 1, WHY_RECORD_WAKING, why_record_body(TASK, 0, how));
}

struct found {
	struct why_hist waits, runs;	/* of CPU 0 */
	u64 lost;			/* of all kinds */
};

/* A run is one CPU's. */
static void take_each(struct why_replay *r, const struct why_event *e, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		why_replay_take(r, &e[i], 1);
}

/* What CPU 0 has after `e`, which follows the beginning of both CPUs. */
static struct found after(const struct why_event *e, size_t n)
{
	struct why_replay_config config = { .nr_cpus = 2, .keyed_shift = 4, .kinds = ~0U };
	struct why_event begin[] = {
		event(1000, 0, WHY_RECORD_BEGIN, why_record_body(TASK, WHY_BASE_TASK, 1)),
		event(1000, 1, WHY_RECORD_BEGIN, why_record_body(0, WHY_BASE_IDLE, 1)),
		event(1000, 0, WHY_RECORD_ADOPTED, why_record_body(TASK, 0, WHY_TASK_RUNNING)),
	};
	struct why_replay *r = why_replay_new(&config);
	const struct why_cpu *cpu;
	struct found found = {};
	u32 i;

	assert_non_null(r);
	take_each(r, begin, sizeof(begin) / sizeof(begin[0]));
	take_each(r, e, n);
	cpu = why_replay_tables(r)->cpus;
	found.waits = cpu->rows[WHY_KIND_WAKEUP].hist;
	found.runs = cpu->rows[WHY_KIND_RUN].hist;
	for (i = 0; i < WHY_LOSS_NR; i++)
		found.lost += cpu->lost[i];
	assert_int_equal(why_replay_nonsense(r), 0);
	why_replay_free(r);
	return found;
}

#define AFTER(e)    after(e, sizeof(e) / sizeof((e)[0]))
#define WAITS_OF(e) AFTER(e).waits

static void a_sleepers_wait_is_from_its_waking(void **state)
{
	const struct why_event e[] = {
		change(2000, TASK, 0, WHY_OUT_SUBJECT), waking(2001, WHY_WAKING_OPENS),
		change(2500, 0, TASK, 0),
	};
	struct why_hist found = WAITS_OF(e);

	(void)state;
	assert_int_equal(found.count, 1);
	assert_int_equal(found.sum_ns, 499);
}

static void a_waking_that_crossed_the_switch_counts_from_the_switch(void **state)
{
	const struct why_event e[] = {
		waking(1900, 0), change(2000, TASK, 0, WHY_OUT_SUBJECT | WHY_SWITCH_WOKEN),
		change(2500, 0, TASK, 0),
	};
	struct why_hist found = WAITS_OF(e);

	(void)state;
	assert_int_equal(found.count, 1);
	assert_int_equal(found.sum_ns, 500);
}

static void a_second_waking_shows_that_the_first_was_stale(void **state)
{
	const struct why_event e[] = {
		waking(1900, 0), change(2000, TASK, 0, WHY_OUT_SUBJECT | WHY_SWITCH_WOKEN),
		waking(2400, WHY_WAKING_OPENS), change(2500, 0, TASK, 0),
	};
	struct why_hist found = WAITS_OF(e);

	(void)state;
	assert_int_equal(found.count, 1);
	assert_int_equal(found.sum_ns, 100);
}

static void no_wait_is_told_twice(void **state)
{
	/* Its second coming is hidden; the waking took it for a sleeper as it left. */
	const struct why_event e[] = {
		change(2000, TASK, 0, WHY_OUT_SUBJECT), waking(2100, WHY_WAKING_OPENS),
		change(2200, 0, TASK, 0), change(2300, TASK, 9, WHY_OUT_SUBJECT),
		waking(2890, WHY_WAKING_OPENS),
		change(2900, TASK, 0, WHY_OUT_SUBJECT | WHY_SWITCH_WOKEN |
		       1 << WHY_SWITCH_HIDDEN_SHIFT),
		change(2950, 0, TASK, 0),
	};
	struct why_hist found = WAITS_OF(e);

	(void)state;
	assert_int_equal(found.count, 2);
	assert_int_equal(found.sum_ns, 100 + 50);
}

static void a_sleeper_that_runs_without_a_waking_is_a_loss(void **state)
{
	const struct why_event e[] = {
		change(2000, TASK, 0, WHY_OUT_SUBJECT), change(2500, 0, TASK, 0),
	};

	(void)state;
	assert_int_equal(AFTER(e).lost, 1);
}

static void assert_only_a_run(struct found found, u64 ns)
{
	assert_int_equal(found.lost, 0);
	assert_int_equal(found.waits.count, 0);
	assert_int_equal(found.runs.count, 1);
	assert_int_equal(found.runs.sum_ns, ns);
}

static void who_left_before_all_cpus_were_measured_may_have_been_woken(void **state)
{
	const struct why_event e[] = {
		change(2000, TASK, 0, WHY_OUT_SUBJECT | WHY_OUT_PARTIAL), change(2500, 0, TASK, 0),
		change(2700, TASK, 0, WHY_OUT_SUBJECT),
	};

	(void)state;
	assert_only_a_run(AFTER(e), 200);
}

static void a_wait_may_have_been_two_once_a_cpu_is_not_measured_any_more(void **state)
{
	const struct why_event e[] = {
		change(2000, TASK, 0, WHY_OUT_SUBJECT), waking(2001, WHY_WAKING_OPENS),
		change(2500, 0, TASK, WHY_OUT_PARTIAL),
		change(2700, TASK, 0, WHY_OUT_SUBJECT | WHY_OUT_PARTIAL),
	};

	(void)state;
	assert_only_a_run(AFTER(e), 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sleepers_wait_is_from_its_waking),
		cmocka_unit_test(a_waking_that_crossed_the_switch_counts_from_the_switch),
		cmocka_unit_test(a_second_waking_shows_that_the_first_was_stale),
		cmocka_unit_test(no_wait_is_told_twice),
		cmocka_unit_test(a_sleeper_that_runs_without_a_waking_is_a_loss),
		cmocka_unit_test(who_left_before_all_cpus_were_measured_may_have_been_woken),
		cmocka_unit_test(a_wait_may_have_been_two_once_a_cpu_is_not_measured_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
