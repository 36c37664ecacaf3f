// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which latencies are violations of a limit, and what is told of each. CPU 0 runs task 7 from 1000
 * on, CPU 1 task 9; task 8 is there. Expected spans are text: "2100 0 task 8; 2600" is CPU 0's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CPUS = 2, VICTIM = 7, HOG = 8, WAKER = 9, MOST = 2048 };

#define MS 1000000ULL
#define SLEEPS WHY_OUT_VOLUNTARY
#define PREEMPTED WHY_OUT_RUNNABLE

static struct why_replay *replay;
static struct why_watch *watch;
static struct why_violation *told[MOST];
static size_t nr_told;
static struct why_slo slo;
static bool is_wanted;

/* --- events --- */

static void put(u64 at, u32 cpu, u32 type, u64 body)
{
	struct why_event e = { .at_ns = at, .cpu = cpu,
			       .record = { why_record_head(at, 0, type), body } };

	assert_int_equal(why_watch_take(watch, &e, 1), 0);
}

static void change(u64 at, u32 cpu, u32 from, u32 to, u32 out)
{
	put(at, cpu, WHY_RECORD_SWITCH,
	    why_record_body(to, from, out | WHY_OUT_SUBJECT | WHY_SWITCH_NEXT_SUBJECT |
				      WHY_SWITCH_KNOWN));
}

static void wake(u64 at, u32 cpu, u32 pid, u32 target)
{
	put(at, cpu, WHY_RECORD_WAKING, why_record_body(pid, target, WHY_WAKING_OPENS));
}

static void move(u64 at, u32 pid, u32 from, u32 to)
{
	put(at, to, WHY_RECORD_MIGRATE, why_record_body(pid, from, to));
}

static void interrupt(u64 begin, u64 end, u32 cpu, u32 line)
{
	put(begin, cpu, WHY_RECORD_IRQ_ENTRY, why_record_body(line, 0, 1));
	put(end, cpu, WHY_RECORD_IRQ_EXIT, why_record_body(line, 0, 0));
}

/* Task 7 has left CPU 0 to task 8 at `at` - 100, and is woken by CPU 1 at `at`. */
static void wait_from(u64 at)
{
	change(at - 100, 0, VICTIM, HOG, SLEEPS);
	wake(at, 1, VICTIM, 0);
}

static void wait_for(u64 at, u64 ns)
{
	wait_from(at);
	change(at + ns, 0, HOG, VICTIM, SLEEPS);
}

/* --- a watch --- */

static bool want(void *arg, u32 nr, const struct why_sample *s)
{
	(void)nr, (void)s;
	return *(bool *)arg;
}

static void keep(void *arg, struct why_violation *v)
{
	(void)arg;
	assert_true(nr_told < MOST);
	told[nr_told++] = v;
}

/* What is left at its default is everybody's, kept long, wanted. */
static void set_up(struct why_watch_config config)
{
	struct why_replay_config machine = { .nr_cpus = CPUS, .keyed_shift = 4, .kinds = ~0U };

	config.nr_cpus = CPUS;
	config.history_shift = config.history_shift ?: 10;
	config.watched.irq = config.watched.irq ?: -1;
	config.wants = want;
	config.take = keep;
	config.arg = &is_wanted;
	is_wanted = true;
	replay = why_replay_new(&machine);
	watch = why_watch_new(&config, replay);
	assert_true(replay && watch);
	why_replay_name(replay, &(struct why_task_record){
		.pid = VICTIM, .tgid = 70, .cgroup_id = 5, .comm = "victim", .is_subject = 1 });
	why_replay_name(replay, &(struct why_task_record){
		.pid = HOG, .tgid = 80, .comm = "hog", .is_subject = 1 });
	why_replay_name(replay, &(struct why_task_record){
		.pid = WAKER, .tgid = 90, .comm = "sixteen letters.", .is_subject = 1 });
	put(1000, 0, WHY_RECORD_BEGIN, why_record_body(VICTIM, WHY_BASE_TASK, 1));
	put(1000, 1, WHY_RECORD_BEGIN, why_record_body(WAKER, WHY_BASE_TASK, 1));
	put(1000, 0, WHY_RECORD_ADOPTED, why_record_body(VICTIM, 0, WHY_TASK_RUNNING));
	put(1000, 1, WHY_RECORD_ADOPTED, why_record_body(WAKER, 0, WHY_TASK_RUNNING));
}

static void hold_for(u32 kind, u64 limit_ns, struct why_watched whose)
{
	slo = (struct why_slo){ kind, limit_ns, false };
	set_up((struct why_watch_config){ .slos = &slo, .nr_slos = 1, .watched = whose });
}

static void hold(u32 kind, u64 limit_ns)
{
	hold_for(kind, limit_ns, (struct why_watched){});
}

static int tear_down(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < nr_told; i++) {
		why_violation_free(told[i]);
		free(told[i]);
	}
	why_watch_free(watch);
	why_replay_free(replay);
	watch = NULL, replay = NULL;
	return nr_told = 0;
}

/* --- what is told --- */

static void assert_spans(const struct why_spans *spans, const char *expected)
{
	static const char *const names[] = { "idle", "task", "softirq", "line", "switch",
					     "offline", "unseen", "asleep" };
	const struct why_span *s;
	char text[1000] = "";
	u64 at_ns = 0;
	size_t n = 0;

	for (s = spans->span; s < spans->span + spans->nr; s++) {
		assert_true(!at_ns || s->begin_ns == at_ns);
		at_ns = s->end_ns;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%llu %u %s %u; ", s->begin_ns,
				      s->cpu, names[s->class_], s->who.actor ? s->who.id : 0);
	}
	snprintf(text + n, sizeof(text) - n, "%llu", at_ns);
	assert_string_equal(text, expected);
}

static void assert_name(const struct why_violation *v, u32 pid, const char *expected)
{
	const struct why_person *p = why_violation_person(v, pid);

	assert_string_equal(p ? p->comm : "nobody", expected);
}

/* All that waits is looked into: so many violations are told, and as many counted. */
static void assert_told(size_t n)
{
	assert_int_equal(why_watch_end(watch), 0);
	assert_int_equal(nr_told, n);
	assert_int_equal(why_watch_count(watch, 0), n);
}

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

/* --- where it was, and who was there, if that is known --- */

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

#define WATCH(test) cmocka_unit_test_teardown(test, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCH(a_longer_wait_is_one_violation),
		WATCH(as_long_as_the_limit_is_none),
		WATCH(of_maxima_each_new_one_is_told),
		WATCH(each_limit_of_a_kind_is_held),
		WATCH(what_is_not_wanted_is_counted),
		WATCH(without_room_they_are_counted_and_skipped),
		WATCH(one_is_told_once_what_follows_it_is_known),
		WATCH(only_those_watched_are_judged),
		WATCH(a_name_of_sixteen_letters_is_compared_whole),
		WATCH(a_handler_is_its_lines),
		WATCH(a_wait_goes_where_the_task_is_moved),
		WATCH(a_response_goes_where_the_preempted_task_is_moved),
		WATCH(a_response_blocked_for_who_ended_that),
		WATCH(who_woke_whom_is_told_as_far_as_tasks_did),
		WATCH(who_has_died_meanwhile_keeps_its_name),
		WATCH(priorities_are_told_where_they_are_known),
		WATCH(what_is_kept_no_more_is_said_to_be_missing),
		WATCH(a_hidden_switch_makes_it_unseen),
		WATCH(what_lasts_too_long_counts_once_and_is_told_again_whole),
		WATCH(what_the_kernel_denies_is_none),
		WATCH(a_recordings_end_confirms_who_is_queued),
		WATCH(a_maximum_told_while_it_lasted_counts_as_it_ended),
		WATCH(a_cpu_that_there_is_not_spoils_no_violation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
