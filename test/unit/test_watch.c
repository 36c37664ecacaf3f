// SPDX-License-Identifier: GPL-2.0-only
/* Which latencies are violations of a limit, and when they are told of. */
#include "unit/watching.h"

/* --- limits --- */

static void a_longer_wait_is_one_violation(void **state)
{
	const struct why_violation *v;

	(void)state;
	hold(WHY_KIND_WAKEUP, 499);
	wait_from(2100);
	interrupt(2200, 2250, 0, 30);
	change(2600, 0, HOG, VICTIM, SLEEPS);
	assert_told(1);
	v = told[0];
	assert_true(v->nr == 1 && v->slo == 0 && v->kind == WHY_KIND_WAKEUP);
	assert_true(v->limit_ns == 499 && !v->is_max && !v->is_open && v->is_complete);
	assert_true(v->begin_ns == 2100 && v->end_ns == 2600 && v->cpu == 0 && v->pid == VICTIM);
	assert_true(v->causes[WHY_CAUSE_TASK] == 450 && v->causes[WHY_CAUSE_HARDIRQ] == 50);
	assert_spans(&v->spans, "2100 0 task 8; 2200 0 line 30; 2250 0 task 8; 2600");
	assert_spans(&v->before, "0 0 unseen 0; 1000 0 task 7; 2000 0 task 8; 2100");
}

static void as_long_as_the_limit_is_none(void **state)
{
	(void)state;
	hold(WHY_KIND_WAKEUP, 500);
	wait_for(2000, 500);
	assert_told(0);
	wait_for(3000, 501);
	assert_told(1);
}

static void of_maxima_each_new_one_is_told(void **state)
{
	const u64 maxima[] = { 0, 100, 300, 301 };
	u32 i;

	(void)state;
	hold(WHY_KIND_WAKEUP, 0);
	wait_for(2000, 100);
	wait_for(3000, 100);
	wait_for(4000, 300);
	wait_for(5000, 299);
	wait_for(6000, 301);
	assert_told(3);
	for (i = 0; i < 3; i++) {
		assert_int_equal(told[i]->end_ns - told[i]->begin_ns, maxima[i + 1]);
		assert_int_equal(told[i]->limit_ns, maxima[i]);
		assert_true(told[i]->is_max);
	}
}

static void each_limit_of_a_kind_is_held(void **state)
{
	enum { W = WHY_KIND_WAKEUP, P = WHY_KIND_PREEMPTED };
	const struct why_slo slos[] = { { W, 300, 0 }, { W, 100, 0 }, { P, 99, 0 }, { W, 0, 0 } };

	(void)state;
	set_up((struct why_watch_config){ .slos = slos, .nr_slos = 4 });
	wait_for(2000, 400);
	wait_for(3000, 300);
	change(4000, 0, VICTIM, HOG, PREEMPTED);
	change(4100, 0, HOG, VICTIM, PREEMPTED);
	assert_int_equal(why_watch_end(watch), 0);
	assert_int_equal(why_watch_count(watch, 0), 1);
	assert_int_equal(why_watch_count(watch, 1), 2);
	assert_int_equal(why_watch_count(watch, 2), 1);
	assert_int_equal(why_watch_count(watch, 3), 1);
	assert_int_equal(nr_told, 5);
}

static void what_is_not_wanted_is_counted(void **state)
{
	size_t n;
	struct why_offender *o;

	(void)state;
	hold(WHY_KIND_WAKEUP, 400);
	is_wanted = false;
	wait_for(2000, 500);
	wait_for(3000, 500);
	is_wanted = true;
	wait_for(4000, 500);
	assert_int_equal(why_watch_end(watch), 0);
	assert_int_equal(nr_told, 1);
	assert_int_equal(told[0]->nr, 3);
	assert_int_equal(why_watch_count(watch, 0), 3);
	o = why_watch_offenders(watch, &n);
	assert_true(o && n == 1 && o[0].pid == VICTIM && o[0].violations == 3);
	assert_string_equal(o[0].comm, "victim");
	free(o);
}

/* They wait for a millisecond in which more come than there is room for. */
static void without_room_they_are_counted_and_skipped(void **state)
{
	u32 i;

	(void)state;
	hold(WHY_KIND_WAKEUP, 10);
	for (i = 0; i < 1100; i++)
		wait_for(2000 + 200 * i, 50);
	assert_int_equal(why_watch_end(watch), 0);
	assert_int_equal(why_watch_count(watch, 0), 1100);
	assert_int_equal(nr_told + why_watch_skipped(watch), 1100);
	assert_true(why_watch_skipped(watch) > 0);
}

static bool is_after_two(void *arg)
{
	(void)arg;
	return nr_told % 2 == 0;
}

static void those_there_is_no_time_for_wait_for_the_next_look(void **state)
{
	u32 i;

	(void)state;
	slo = (struct why_slo){ WHY_KIND_WAKEUP, 10, false };
	set_up((struct why_watch_config){ .slos = &slo, .nr_slos = 1,
					  .is_time_up = is_after_two });
	for (i = 0; i < 7; i++)
		wait_for(2000 + 200 * i, 50);
	put(4 * MS, 1, WHY_RECORD_ADOPTED, why_record_body(6, 0, 0));
	put(5 * MS, 1, WHY_RECORD_ADOPTED, why_record_body(6, 0, 0));
	assert_int_equal(nr_told, 2);
	assert_int_equal(why_watch_overdue(watch, 6 * MS, NULL, NULL), 0);
	assert_int_equal(nr_told, 2);
	put(6 * MS, 1, WHY_RECORD_ADOPTED, why_record_body(6, 0, 0));
	assert_int_equal(nr_told, 4);
	assert_int_equal(why_watch_end(watch), 0);
	assert_int_equal(nr_told, 7);
	for (i = 0; i < 7; i++)
		assert_int_equal(told[i]->nr, i + 1);
	assert_int_equal(why_watch_skipped(watch), 0);
}

static void one_is_told_once_what_follows_it_is_known(void **state)
{
	(void)state;
	hold(WHY_KIND_WAKEUP, 400);
	wait_for(2000, 500);
	interrupt(2500 + MS - 2, 2500 + MS - 1, 1, 30);
	assert_int_equal(nr_told, 0);
	put(2500 + MS, 1, WHY_RECORD_ADOPTED, why_record_body(6, 0, 0));
	assert_int_equal(nr_told, 1);
	assert_told(1);
}

/* --- whose --- */

static void only_those_watched_are_judged(void **state)
{
	const struct { struct why_watched whose; size_t n; } cases[] = {
		{ { .pid = VICTIM }, 1 },	  { { .pid = HOG }, 0 },
		{ { .tgid = 70 }, 1 },		  { { .tgid = 7 }, 0 },
		{ { .comm = "victim" }, 1 },	  { { .comm = "vict" }, 0 },
		{ { .comm = "victims" }, 0 },	  { { .pid = VICTIM, .comm = "hog" }, 0 },
		{ { .pid = VICTIM, .tgid = 70, .comm = "victim" }, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		hold_for(WHY_KIND_WAKEUP, 400, cases[i].whose);
		wait_for(2000, 500);
		assert_told(cases[i].n);
		tear_down(NULL);
	}
}

static void a_name_of_sixteen_letters_is_compared_whole(void **state)
{
	(void)state;
	hold_for(WHY_KIND_WAKEUP, 400, (struct why_watched){ .comm = "sixteen letters." });
	change(2000, 1, WAKER, 0, SLEEPS);
	wake(2100, 0, WAKER, 1);
	change(2600, 1, 0, WAKER, 0);
	assert_told(1);
	assert_name(told[0], WAKER, "sixteen letters.");
	assert_spans(&told[0]->spans, "2100 1 idle 0; 2600");
}

static void a_handler_is_its_lines(void **state)
{
	struct why_keyed *row;
	int irq;

	(void)state;
	for (irq = 30; irq <= 31; irq++) {
		hold_for(WHY_KIND_HANDLER, 50, (struct why_watched){ .irq = irq });
		row = &why_replay_tables(replay)->keyed[3];
		row->key = why_key(WHY_KIND_HANDLER, 0, why_action_id(30, 0x1000));
		row->irq = 30;
		memcpy(row->name, "eth0", 5);
		put(2000, 0, WHY_RECORD_IRQ_ENTRY, why_record_body(30, 0, 1));
		put(2100, 0, WHY_RECORD_IRQ_EXIT, why_record_body(30, 4, 0));
		assert_told(irq == 30);
		if (irq == 30) {
			assert_true(told[0]->irq == 30 && !told[0]->pid && !told[0]->has_causes);
			assert_string_equal(told[0]->name, "eth0");
			assert_spans(&told[0]->spans, "2000 0 line 30; 2100");
		}
		tear_down(NULL);
	}
}

/* --- what lasts --- */

static bool say(void *arg, const struct why_sample *s, u64 *note)
{
	assert_true(s->pid == VICTIM && note);
	return *(bool *)arg;
}

static void assert_overdue(u64 now, bool is_so)
{
	assert_int_equal(why_watch_overdue(watch, now, say, &is_so), 0);
}

static void what_lasts_too_long_counts_once_and_is_told_again_whole(void **state)
{
	(void)state;
	hold(WHY_KIND_WAKEUP, 400);
	wait_from(2100);
	assert_overdue(2500, true);
	assert_overdue(2501, true);
	assert_overdue(2600, true);
	assert_told(1);
	assert_true(told[0]->is_open && told[0]->begin_ns == 2100 && told[0]->end_ns == 2501);
	assert_spans(&told[0]->spans, "2100 0 task 8; 2501");
	change(3000, 0, HOG, VICTIM, SLEEPS);
	assert_int_equal(why_watch_end(watch), 0);
	assert_true(nr_told == 2 && why_watch_count(watch, 0) == 1);
	assert_true(told[1]->nr == 1 && !told[1]->is_open && told[1]->end_ns == 3000);
}

static void what_the_kernel_denies_is_none(void **state)
{
	(void)state;
	hold(WHY_KIND_WAKEUP, 400);
	wait_from(2100);
	assert_overdue(3000, false);
	assert_told(0);
	change(3100, 0, HOG, VICTIM, SLEEPS);
	assert_told(1);
	assert_false(told[0]->is_open);
}

static void a_recordings_end_confirms_who_is_queued(void **state)
{
	struct why_task_record rec = { .pid = VICTIM };

	(void)state;
	hold(WHY_KIND_WAKEUP, 400);
	wait_from(2100);
	assert_int_equal(why_watch_overdue(watch, 3000, NULL, NULL), 0);
	assert_told(0);
	rec.is_queued = 1;
	why_replay_queued(replay, &rec);
	assert_int_equal(why_watch_overdue(watch, 3000, NULL, NULL), 0);
	assert_told(1);
}

static void a_maximum_told_while_it_lasted_counts_as_it_ended(void **state)
{
	(void)state;
	hold(WHY_KIND_WAKEUP, 0);
	wait_from(2100);
	assert_overdue(2600, true);
	change(4100, 0, HOG, VICTIM, SLEEPS);
	wait_for(5000, 1000);
	assert_int_equal(why_watch_end(watch), 0);
	assert_int_equal(why_watch_count(watch, 0), 1);
}

/* A hostile record names CPUs that there are not. */
static void a_cpu_that_there_is_not_spoils_no_violation(void **state)
{
	(void)state;
	hold(WHY_KIND_WAKEUP, 400);
	wait_from(2100);
	put(2200, 1, WHY_RECORD_MIGRATE, why_record_body(VICTIM, 0, 999));
	change(2600, 0, HOG, VICTIM, SLEEPS);
	assert_told(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCH(a_longer_wait_is_one_violation),
		WATCH(as_long_as_the_limit_is_none),
		WATCH(of_maxima_each_new_one_is_told),
		WATCH(each_limit_of_a_kind_is_held),
		WATCH(what_is_not_wanted_is_counted),
		WATCH(without_room_they_are_counted_and_skipped),
		WATCH(those_there_is_no_time_for_wait_for_the_next_look),
		WATCH(one_is_told_once_what_follows_it_is_known),
		WATCH(only_those_watched_are_judged),
		WATCH(a_name_of_sixteen_letters_is_compared_whole),
		WATCH(a_handler_is_its_lines),
		WATCH(what_lasts_too_long_counts_once_and_is_told_again_whole),
		WATCH(what_the_kernel_denies_is_none),
		WATCH(a_recordings_end_confirms_who_is_queued),
		WATCH(a_maximum_told_while_it_lasted_counts_as_it_ended),
		WATCH(a_cpu_that_there_is_not_spoils_no_violation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
