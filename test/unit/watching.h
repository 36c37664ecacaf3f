/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A watch to test with. CPU 0 runs task 7 from 1000 on, CPU 1 task 9; task 8 is there. Expected
 * spans are text: "2100 0 task 8; 2600" is CPU 0's. Each test program has its own, hence the
 * statics.
 */
#ifndef WHY_TEST_WATCHING_H
#define WHY_TEST_WATCHING_H

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

static inline void put(u64 at, u32 cpu, u32 type, u64 body)
{
	struct why_event e = { .at_ns = at, .cpu = cpu, .type = type, .body = body };

	assert_int_equal(why_watch_take(watch, &e, 1), 0);
}

static inline void change(u64 at, u32 cpu, u32 from, u32 to, u32 out)
{
	put(at, cpu, WHY_RECORD_SWITCH,
	    why_record_body(to, from, out | WHY_OUT_SUBJECT | WHY_SWITCH_NEXT_SUBJECT |
				      WHY_SWITCH_KNOWN));
}

static inline void wake(u64 at, u32 cpu, u32 pid, u32 target)
{
	put(at, cpu, WHY_RECORD_WAKING, why_record_body(pid, target, WHY_WAKING_OPENS));
}

static inline void move(u64 at, u32 pid, u32 from, u32 to)
{
	put(at, to, WHY_RECORD_MIGRATE, why_record_body(pid, from, to));
}

static inline void interrupt(u64 begin, u64 end, u32 cpu, u32 line)
{
	put(begin, cpu, WHY_RECORD_IRQ_ENTRY, why_record_body(line, 0, 1));
	put(end, cpu, WHY_RECORD_IRQ_EXIT, why_record_body(line, 0, 0));
}

/* Task 7 has left CPU 0 to task 8 at `at` - 100, and is woken by CPU 1 at `at`. */
static inline void wait_from(u64 at)
{
	change(at - 100, 0, VICTIM, HOG, SLEEPS);
	wake(at, 1, VICTIM, 0);
}

static inline void wait_for(u64 at, u64 ns)
{
	wait_from(at);
	change(at + ns, 0, HOG, VICTIM, SLEEPS);
}

/* --- a watch --- */

static inline bool want(void *arg, u32 nr, const struct why_sample *s)
{
	(void)nr, (void)s;
	return *(bool *)arg;
}

static inline void keep(void *arg, struct why_violation *v)
{
	(void)arg;
	assert_true(nr_told < MOST);
	told[nr_told++] = v;
}

/* What is left at its default is everybody's, kept long, wanted. */
static inline void set_up(struct why_watch_config config)
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

static inline void hold_for(u32 kind, u64 limit_ns, struct why_watched whose)
{
	slo = (struct why_slo){ kind, limit_ns, false };
	set_up((struct why_watch_config){ .slos = &slo, .nr_slos = 1, .watched = whose });
}

static inline void hold(u32 kind, u64 limit_ns)
{
	hold_for(kind, limit_ns, (struct why_watched){});
}

static inline int tear_down(void **state)
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

static inline void assert_spans(const struct why_spans *spans, const char *expected)
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

static inline void assert_name(const struct why_violation *v, u32 pid, const char *expected)
{
	const struct why_person *p = why_violation_person(v, pid);

	assert_string_equal(p ? p->comm : "nobody", expected);
}

/* All that waits is looked into: so many violations are told, and as many counted. */
static inline void assert_told(size_t n)
{
	assert_int_equal(why_watch_end(watch), 0);
	assert_int_equal(nr_told, n);
	assert_int_equal(why_watch_count(watch, 0), n);
}

#define WATCH(test) cmocka_unit_test_teardown(test, tear_down)

#endif
