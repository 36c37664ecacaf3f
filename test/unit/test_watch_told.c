// SPDX-License-Identifier: GPL-2.0-only
/* What is told of a violation: where it was, and who was there, if that is known. */
#include "unit/watching.h"

static void a_wait_goes_where_the_task_is_moved(void **state)
{
	(void)state;
	hold(WHY_KIND_WAKEUP, 400);
	wait_from(2100);
	move(2300, VICTIM, 0, 1);
	change(2600, 1, WAKER, VICTIM, SLEEPS);
	assert_told(1);
	assert_spans(&told[0]->spans, "2100 0 task 8; 2300 1 task 9; 2600");
	assert_true(told[0]->causes[WHY_CAUSE_TASK] == 500 && told[0]->is_complete);
}

static void a_response_goes_where_the_preempted_task_is_moved(void **state)
{
	(void)state;
	hold(WHY_KIND_RESPONSE, 400);
	wait_for(2100, 100);
	change(2300, 0, VICTIM, HOG, PREEMPTED);
	move(2400, VICTIM, 0, 1);
	change(2600, 1, WAKER, VICTIM, SLEEPS);
	change(2700, 1, VICTIM, 0, SLEEPS);
	assert_told(1);
	assert_spans(&told[0]->spans, "2100 0 task 8; 2200 0 task 7; 2300 0 task 8; "
				      "2400 1 task 9; 2600 1 task 7; 2700");
}

static void a_response_blocked_for_who_ended_that(void **state)
{
	(void)state;
	hold(WHY_KIND_RESPONSE, 400);
	change(1500, 1, WAKER, WAKER, PREEMPTED);
	wait_for(2100, 100);
	change(2300, 0, VICTIM, HOG, SLEEPS | WHY_OUT_LOCK);
	wake(2500, 1, VICTIM, 0);
	change(2600, 0, HOG, VICTIM, SLEEPS);
	change(2700, 0, VICTIM, HOG, SLEEPS);
	assert_told(1);
	assert_spans(&told[0]->spans, "2100 0 task 8; 2200 0 task 7; 2300 1 asleep 9; "
				      "2500 0 task 8; 2600 0 task 7; 2700");
	assert_true(told[0]->nr_holds == 1 && told[0]->holds[0].pid == WAKER);
	assert_spans(&told[0]->holds[0].spans, "2300 1 task 9; 2500");
}

static void who_woke_whom_is_told_as_far_as_tasks_did(void **state)
{
	const struct why_violation *v;

	(void)state;
	hold(WHY_KIND_WAKEUP, 400);
	change(1100, 1, WAKER, 0, SLEEPS);
	put(1200, 1, WHY_RECORD_IRQ_ENTRY, why_record_body(30, 0, 1));
	wake(1210, 1, WAKER, 1);
	put(1220, 1, WHY_RECORD_IRQ_EXIT, why_record_body(30, 0, 0));
	change(1300, 1, 0, WAKER, 0);
	wait_for(2000, 500);
	assert_told(1);
	v = told[0];
	assert_int_equal(v->nr_wakes, 2);
	assert_true(v->wakes[0].at_ns == 2000 && v->wakes[0].pid == VICTIM);
	assert_true(v->wakes[0].waker.actor == WHY_ACTOR_TASK && v->wakes[0].waker.id == WAKER);
	assert_true(v->wakes[1].at_ns == 1210 && v->wakes[1].pid == WAKER);
	assert_true(v->wakes[1].waker.actor == WHY_ACTOR_LINE && v->wakes[1].waker.id == 30);
	assert_name(v, WAKER, "sixteen letters.");
	assert_int_equal(v->nr_people, 3);
}

static void who_has_died_meanwhile_keeps_its_name(void **state)
{
	(void)state;
	hold(WHY_KIND_WAKEUP, 400);
	wait_for(2000, 500);
	wait_from(2700);
	change(3200, 0, HOG, VICTIM, SLEEPS | WHY_OUT_DEAD);
	assert_null(why_replay_look(replay, HOG));
	assert_told(2);
	assert_name(told[0], HOG, "hog");
	assert_name(told[1], HOG, "hog");
	assert_int_equal(why_violation_person(told[1], HOG)->tgid, 80);
}

static void priorities_are_told_where_they_are_known(void **state)
{
	const struct why_person *p;

	(void)state;
	hold(WHY_KIND_WAKEUP, 400);
	put(1900, 0, WHY_RECORD_PRIORITY, why_record_body(HOG, 49 + 1, 1));
	put(1900, 0, WHY_RECORD_PRIORITY, why_record_body(WAKER, 0, 6));
	wait_for(2000, 500);
	assert_told(1);
	p = why_violation_person(told[0], HOG);
	assert_true(p && p->has_priority && p->prio == 49 && p->policy == 1);
	p = why_violation_person(told[0], WAKER);
	assert_true(p && p->has_priority && p->prio == -1 && p->policy == 6);
	p = why_violation_person(told[0], VICTIM);
	assert_true(p && !p->has_priority && p->tgid == 70 && p->cgroup_id == 5);
}

static void what_is_kept_no_more_is_said_to_be_missing(void **state)
{
	u32 i;

	(void)state;
	slo = (struct why_slo){ WHY_KIND_WAKEUP, 400, false };
	set_up((struct why_watch_config){ .slos = &slo, .nr_slos = 1, .history_shift = 3 });
	wait_for(1900, 500);
	assert_int_equal(why_watch_end(watch), 0);
	assert_true(told[0]->is_complete && !told[0]->missing[0]);
	wait_from(4100);
	for (i = 0; i < 8; i++)
		interrupt(10000 + 20 * i, 10010 + 20 * i, 0, 30);
	change(20000, 0, HOG, VICTIM, SLEEPS);
	assert_told(2);
	assert_false(told[1]->is_complete);
	assert_string_equal(told[1]->missing,
			    "what CPU 0 did in the first 5 us is no longer kept");
	assert_int_equal(told[1]->spans.span[0].class_, WHY_CLASS_UNSEEN);
}

static void a_hidden_switch_makes_it_unseen(void **state)
{
	(void)state;
	hold(WHY_KIND_WAKEUP, 400);
	wait_from(2100);
	change(2600, 0, 6, VICTIM, SLEEPS | 1 << WHY_SWITCH_HIDDEN_SHIFT);
	assert_told(1);
	assert_spans(&told[0]->spans, "2100 0 unseen 0; 2600");
	assert_int_equal(told[0]->causes[WHY_CAUSE_UNEXPLAINED], 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCH(a_wait_goes_where_the_task_is_moved),
		WATCH(a_response_goes_where_the_preempted_task_is_moved),
		WATCH(a_response_blocked_for_who_ended_that),
		WATCH(who_woke_whom_is_told_as_far_as_tasks_did),
		WATCH(who_has_died_meanwhile_keeps_its_name),
		WATCH(priorities_are_told_where_they_are_known),
		WATCH(what_is_kept_no_more_is_said_to_be_missing),
		WATCH(a_hidden_switch_makes_it_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
