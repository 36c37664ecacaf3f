// SPDX-License-Identifier: GPL-2.0-only
/*
 * A replay's quick way of a switch says what its general way says. A bit that says nothing to a
 * replay (WHY_OUT_STALE, which the recording adapter has acted on) sends a switch the general way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/replay_state.h"
#include "unit/random.h"

#include <string.h>

enum { CPUS = 3, TASKS = 6, ROUNDS = 400, EVENTS = 300 };

static u32 current[CPUS];

static bool once_in(u32 n)
{
	return !random_below(n);
}

static u32 any_pid(void)
{
	return (u32)random_below(TASKS + 1);
}

/* As a CPU's next switch would be; one in eight is anything. */
static u64 any_switch(u32 cpu)
{
	u32 usual = WHY_OUT_SUBJECT | WHY_SWITCH_NEXT_SUBJECT | WHY_SWITCH_KNOWN, how;
	u32 next = any_pid(), prev = once_in(8) ? any_pid() : current[cpu];

	how = usual | (once_in(2) ? WHY_OUT_RUNNABLE : WHY_OUT_VOLUNTARY);
	if (once_in(8))
		how ^= 1U << random_below(WHY_SWITCH_HIDDEN_SHIFT);
	if (once_in(16))
		how = (u32)random_below(1 << WHY_SWITCH_HIDDEN_SHIFT);
	if (once_in(32))
		how |= (u32)random_below(3) << WHY_SWITCH_HIDDEN_SHIFT;
	current[cpu] = next;
	return why_record_body(next, prev, how & ~WHY_OUT_STALE);
}

static struct why_event any_event(u64 at)
{
	static const u32 others[] = {
		WHY_RECORD_HIDDEN, WHY_RECORD_WAKEUP, WHY_RECORD_MIGRATE, WHY_RECORD_NEW,
		WHY_RECORD_ADOPTED, WHY_RECORD_RENAMED, WHY_RECORD_VECTOR_ENTRY,
		WHY_RECORD_VECTOR_EXIT, WHY_RECORD_SOFTIRQ_ENTRY, WHY_RECORD_SOFTIRQ_EXIT,
		WHY_RECORD_SCHED_ENTRY, WHY_RECORD_SCHED_EXIT, WHY_RECORD_OFFLINE, WHY_RECORD_LOST,
		WHY_RECORD_BEGIN,
	};
	u32 cpu = (u32)random_below(CPUS), type;

	if (!once_in(3))
		return why_event_of(cpu, at, WHY_RECORD_SWITCH, any_switch(cpu));
	if (!once_in(4))
		return why_event_of(cpu, at, WHY_RECORD_WAKING,
				    why_record_body(any_pid(), (u32)random_below(CPUS + 1),
						    once_in(8) ? (u32)random_below(32) :
								 WHY_WAKING_OPENS));
	type = others[random_below(sizeof(others) / sizeof(others[0]))];
	return why_event_of(cpu, at, type,
			    why_record_body(any_pid(), (u32)random_below(CPUS),
					    (u32)random_below(CPUS + 1)));
}

static void assert_same(struct why_replay *quick, struct why_replay *general)
{
	u32 pid;

	assert_memory_equal(quick->tables.cpus, general->tables.cpus,
			    CPUS * sizeof(struct why_cpu));
	for (pid = 0; pid <= TASKS; pid++) {
		const struct why_replay_task *a = why_replay_look(quick, pid);
		const struct why_replay_task *b = why_replay_look(general, pid);

		assert_true(!a == !b);
		if (a)
			assert_memory_equal(a, b, sizeof(*a));
	}
	assert_int_equal(quick->nr_outside, general->nr_outside);
	assert_int_equal(quick->nr_nonsense, general->nr_nonsense);
}

static void same_by_both_ways(bool lengths_only)
{
	const struct why_replay_config config = { .nr_cpus = CPUS, .keyed_shift = 6, .kinds = ~0U,
						  .lengths_only = lengths_only };
	struct why_replay *quick = why_replay_new(&config), *general = why_replay_new(&config);
	struct why_event e;
	u64 at = 1000;
	u32 i;

	assert_non_null(quick);
	assert_non_null(general);
	memset(current, 0, sizeof(current));
	for (i = 0; i < EVENTS; i++) {
		/* One instant in eight is the last one again, one in 64 is earlier. */
		at += once_in(8) ? 0 : random_below(3000);
		e = any_event(once_in(64) && at > 5000 ? at - random_below(4000) : at);
		if (i < CPUS)
			e = why_event_of(i, at, WHY_RECORD_BEGIN,
					 why_record_body(0, WHY_BASE_IDLE, i > 0));
		why_replay_take(quick, &e, 1);
		if (e.type == WHY_RECORD_SWITCH)
			e.body |= why_record_body(0, 0, WHY_OUT_STALE);
		why_replay_take(general, &e, 1);
	}
	assert_same(quick, general);
	why_replay_free(quick);
	why_replay_free(general);
}

static void whole_is_the_same(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < ROUNDS; i++)
		same_by_both_ways(false);
}

static void lengths_alone_are_the_same(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < ROUNDS; i++)
		same_by_both_ways(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_is_the_same),
		cmocka_unit_test(lengths_alone_are_the_same),
	};

	random_seed = 20261128;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
