// SPDX-License-Identifier: GPL-2.0-only
/* The last records of the CPUs, whatever they are: what holds of every answer (lib/history.h). */
#include "unit/kept.h"
#include "unit/random.h"

#include <stdlib.h>

/* `*state` is the log2 of how many records are kept. */
static int set_up(void **state)
{
	h = why_history_new(CPUS, **(u32 **)state);
	return h ? 0 : -1;
}

/* Any type, any context, any numbers, but in order of time; many at one instant. */
static u64 add_anything(u64 now)
{
	struct why_event e = { .at_ns = now + random_below(3) * random_below(50),
			       .cpu = (u32)random_below(CPUS) };
	u64 body = random_below(2) ? why_record_body((u32)random_below(8), (u32)random_below(8),
						     (u32)random_below(1 << 20)) :
				     random_below(~0ULL);

	e.type = (u32)random_below(WHY_RECORD_NR + 2);
	e.body = body;
	why_history_add(h, &e, (u32)random_below(256), !random_below(4));
	return e.at_ns;
}

/* Where task `pid` is by its steps: a move counts for one that waits. */
static struct why_step_at end_of_way(u32 pid, u64 from, u64 to)
{
	struct why_step_at *steps, at = {};
	size_t n, i;

	steps = why_history_path(h, pid, from, to, &n);
	assert_non_null(steps);
	for (i = 0; i < n; i++)
		if (!i || at.stand == WHY_STANDS_WAITING ||
		    steps[i].stand != WHY_STANDS_WAITING || steps[i].stood != WHY_STANDS_WAITING)
			at = steps[i];
	free(steps);
	return at;
}

static void assert_settled(u32 pid, u64 from, u64 to)
{
	u64 settled = why_history_settled(h, pid, from, to);
	struct why_step_at all = end_of_way(pid, from, to), late = end_of_way(pid, settled, to);

	assert_in_range(settled, from, to);
	assert_int_equal(all.at_ns, late.at_ns);
	assert_int_equal(all.cpu, late.cpu);
	assert_int_equal(all.stand, late.stand);
}

static void look_at_anything(u64 now)
{
	u64 from = now > 2000 ? now - random_below(2000) : random_below(now + 1);
	u64 to = from + random_below(2100);
	struct why_spans s = {};
	struct why_step_at *steps;
	struct why_wake wake;
	size_t n, i, first;
	u32 cpu;

	for (cpu = 0; cpu < CPUS; cpu++) {
		first = s.nr;
		assert_int_equal(why_history_spans(h, cpu, from, to, &s), 0);
		assert_filled(&s, first, from, to);
	}
	steps = why_history_path(h, (u32)random_below(8), from, to, &n);
	assert_non_null(steps);
	for (i = 0; i < n; i++)
		assert_true(steps[i].at_ns >= (i ? steps[i - 1].at_ns : from) &&
			    steps[i].at_ns <= to);
	if (why_history_waking(h, 3, 0, to, true, &wake))
		assert_true(wake.at_ns <= to);
	free(steps);
	why_spans_free(&s);
	assert_settled((u32)random_below(8), from, to);
}

static void whatever_the_records_are_the_answers_hold(void **state)
{
	u64 now = 1000;
	u32 i;

	(void)state;
	random_seed = 20240611;
	for (i = 0; i < 20000; i++) {
		now = add_anything(now);
		look_at_anything(now);
	}
}

#define KEEPING(shift, test)                                                                       \
	cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, shift)

int main(void)
{
	static u32 large = 6, small = 2;
	const struct CMUnitTest tests[] = {
		KEEPING(&large, whatever_the_records_are_the_answers_hold),
		KEEPING(&small, whatever_the_records_are_the_answers_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
