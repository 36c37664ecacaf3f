// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the last records of a CPU tell of an instant, of a task and of its waker. Expected spans are
 * written as text: "2000 line 30 over 7; 2100" is one piece from 2000 to 2100.
 * What is unseen is one piece, however many spans it has.
 */
#include "unit/kept.h"

#include "core/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NET_RX = 3, TIMER = 1 };

static u32 context[CPUS];	/* as the core has it after the last record */

/* --- records --- */

static const u8 edges[WHY_RECORD_NR] = {
	[WHY_RECORD_IRQ_ENTRY] = WHY_EDGE_HARDIRQ_ENTRY,
	[WHY_RECORD_IRQ_EXIT] = WHY_EDGE_HARDIRQ_EXIT,
	[WHY_RECORD_VECTOR_ENTRY] = WHY_EDGE_HARDIRQ_ENTRY,
	[WHY_RECORD_VECTOR_EXIT] = WHY_EDGE_HARDIRQ_EXIT,
	[WHY_RECORD_SOFTIRQ_ENTRY] = WHY_EDGE_SOFTIRQ_ENTRY,
	[WHY_RECORD_SOFTIRQ_EXIT] = WHY_EDGE_SOFTIRQ_EXIT,
	[WHY_RECORD_SCHED_ENTRY] = WHY_EDGE_SCHED_ENTRY,
	[WHY_RECORD_SCHED_EXIT] = WHY_EDGE_SCHED_EXIT,
};

static u32 context_after(u32 before, u32 type, u32 a)
{
	struct why_step step;

	if (type == WHY_RECORD_LOST)
		return WHY_BASE_UNSEEN;
	if (type == WHY_RECORD_OFFLINE)
		return WHY_BASE_OFFLINE;
	if (type == WHY_RECORD_SWITCH || type == WHY_RECORD_BEGIN)
		return (before & WHY_CTX_SWITCH) | (a ? WHY_BASE_TASK : WHY_BASE_IDLE);
	why_account_step(before, edges[type], 0, &step);
	return (u32)step.word & 0xff;
}

static void add(u64 at, u32 cpu, u32 type, u64 body, bool is_break)
{
	struct why_event e = { .at_ns = at, .cpu = cpu, .type = type, .body = body };

	context[cpu] = context_after(context[cpu], type, why_record_a(e.body));
	why_history_add(h, &e, context[cpu], is_break);
}

static void put(u64 at, u32 cpu, u32 type, u32 a)
{
	add(at, cpu, type, why_record_body(a, 0, 0), false);
}

static void change(u64 at, u32 cpu, u32 from, u32 to, u32 out)
{
	add(at, cpu, WHY_RECORD_SWITCH, why_record_body(to, from, out), false);
}

/* A change before which others were hidden. */
static void change_unseen(u64 at, u32 cpu, u32 from, u32 to)
{
	add(at, cpu, WHY_RECORD_SWITCH, why_record_body(to, from, 0), true);
}

static void wake(u64 at, u32 cpu, u32 pid, u32 target, u32 how)
{
	add(at, cpu, WHY_RECORD_WAKING, why_record_body(pid, target, how), false);
}

/* CPU 0 runs task 7 from 1000 on; `*state` is the log2 of how many records are kept. */
static int set_up(void **state)
{
	h = why_history_new(CPUS, **(u32 **)state);
	memset(context, 0, sizeof(context));
	if (h)
		add(1000, 0, WHY_RECORD_BEGIN, why_record_body(7, WHY_BASE_TASK, 1), false);
	return h ? 0 : -1;
}

/* --- what is told of them --- */

static const char *const actors[] = { "nobody", "task", "line", "vector", "softirq" };

static int write_span(char *to, size_t room, const struct why_span *s)
{
	static const char *const classes[] = { "idle", "task", "softirq", "hardirq", "switch",
					       "offline", "unseen" };

	if (s->class_ == WHY_CLASS_TASK)
		return snprintf(to, room, "%llu task %u; ", s->begin_ns, s->who.id);
	if (s->class_ != WHY_CLASS_SOFTIRQ && s->class_ != WHY_CLASS_HARDIRQ)
		return snprintf(to, room, "%llu %s; ", s->begin_ns, classes[s->class_]);
	return snprintf(to, room, "%llu %s %u over %u; ", s->begin_ns,
			actors[s->who.actor], s->who.id, s->pid);
}

static void assert_did(u32 cpu, u64 from, u64 to, const char *expected)
{
	struct why_spans s = {};
	char text[1000];
	size_t n = 0, i;

	assert_int_equal(why_history_spans(h, cpu, from, to, &s), 0);
	assert_filled(&s, 0, from, to);
	for (i = 0; i < s.nr; i++) {
		assert_int_equal(s.span[i].cpu, cpu);
		if (!i || s.span[i].class_ != WHY_CLASS_UNSEEN ||
		    s.span[i - 1].class_ != WHY_CLASS_UNSEEN)
			n += (size_t)write_span(text + n, sizeof(text) - n, &s.span[i]);
	}
	snprintf(text + n, sizeof(text) - n, "%llu", to);
	why_spans_free(&s);
	assert_string_equal(text, expected);
}

/* A task's way: "2000 waits 0; 2100 runs 1". */
static void assert_went(u32 pid, u64 from, u64 to, const char *expected)
{
	static const char *const stands[] = { "waits", "runs", "sleeps" };
	char text[1000] = "";
	size_t n, i, at = 0;
	struct why_step_at *steps = why_history_path(h, pid, from, to, &n);

	assert_non_null(steps);
	for (i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%llu %s %u", i ? "; " : "",
				       steps[i].at_ns, stands[steps[i].stand], steps[i].cpu);
	free(steps);
	assert_string_equal(text, expected);
}

/* Who woke a task last: "1500 by line 30 over 7 on 0". */
static void assert_woken(u32 pid, u64 by, const char *expected)
{
	struct why_wake w;
	char text[100] = "never";

	if (why_history_waking(h, pid, 0, by, true, &w)) {
		assert_int_equal(w.pid, pid);
		snprintf(text, sizeof(text), "%llu by %s %u over %u on %u", w.at_ns,
			 actors[w.waker.actor], w.waker.id, w.waker_pid, w.cpu);
	}
	assert_string_equal(text, expected);
}

/* --- who had the CPU --- */

static void what_nobody_recorded_is_unseen(void **state)
{
	(void)state;
	assert_did(0, 100, 200, "100 unseen; 200");
	assert_did(0, 1500, 1500, "1500");
	assert_did(0, 900, 1100, "900 unseen; 1000 task 7; 1100");
	assert_did(1, 900, 1100, "900 unseen; 1100");
}

static void tasks_and_idle_follow_each_other(void **state)
{
	(void)state;
	change(2000, 0, 7, 0, WHY_OUT_VOLUNTARY);
	change(2100, 0, 0, 9, 0);
	change(2300, 0, 9, 7, WHY_OUT_RUNNABLE);
	assert_did(0, 1500, 2400,
		   "1500 task 7; 2000 idle; 2100 task 9; 2300 task 7; 2400");
	assert_did(0, 2100, 2300, "2100 task 9; 2300");
	assert_did(0, 2050, 2051, "2050 idle; 2051");
}

static void a_line_and_a_vector_are_told_by_name(void **state)
{
	(void)state;
	put(2000, 0, WHY_RECORD_IRQ_ENTRY, 30);
	put(2100, 0, WHY_RECORD_IRQ_EXIT, 30);
	put(2200, 0, WHY_RECORD_VECTOR_ENTRY, WHY_VECTOR_RESCHEDULE);
	put(2250, 0, WHY_RECORD_VECTOR_EXIT, WHY_VECTOR_RESCHEDULE);
	assert_did(0, 1900, 2300,
		   "1900 task 7; 2000 line 30 over 7; 2100 task 7; "
		   "2200 vector 1 over 7; 2250 task 7; 2300");
}

static void a_nested_interrupt_gives_back_to_the_outer_one(void **state)
{
	(void)state;
	put(2000, 0, WHY_RECORD_IRQ_ENTRY, 30);
	put(2010, 0, WHY_RECORD_IRQ_ENTRY, 31);
	put(2020, 0, WHY_RECORD_VECTOR_ENTRY, 2);
	put(2030, 0, WHY_RECORD_VECTOR_EXIT, 2);
	put(2040, 0, WHY_RECORD_IRQ_EXIT, 31);
	put(2050, 0, WHY_RECORD_IRQ_EXIT, 30);
	assert_did(0, 2000, 2060,
		   "2000 line 30 over 7; 2010 line 31 over 7; "
		   "2020 vector 2 over 7; 2030 line 31 over 7; "
		   "2040 line 30 over 7; 2050 task 7; 2060");
}

static void an_interval_may_begin_inside_a_nested_interrupt(void **state)
{
	(void)state;
	put(2000, 0, WHY_RECORD_IRQ_ENTRY, 30);
	put(2010, 0, WHY_RECORD_IRQ_ENTRY, 31);
	put(2040, 0, WHY_RECORD_IRQ_EXIT, 31);
	put(2050, 0, WHY_RECORD_IRQ_EXIT, 30);
	assert_did(0, 2020, 2030, "2020 line 31 over 7; 2030");
	assert_did(0, 2035, 2060,
		   "2035 line 31 over 7; 2040 line 30 over 7; 2050 task 7; 2060");
	assert_did(0, 2040, 2050, "2040 line 30 over 7; 2050");
}

static void a_softirq_is_divided_by_interrupts(void **state)
{
	(void)state;
	put(2000, 0, WHY_RECORD_SOFTIRQ_ENTRY, NET_RX);
	put(2010, 0, WHY_RECORD_IRQ_ENTRY, 30);
	put(2020, 0, WHY_RECORD_IRQ_EXIT, 30);
	put(2030, 0, WHY_RECORD_SOFTIRQ_EXIT, NET_RX);
	put(2030, 0, WHY_RECORD_SOFTIRQ_ENTRY, TIMER);
	put(2040, 0, WHY_RECORD_SOFTIRQ_EXIT, TIMER);
	assert_did(0, 1990, 2050,
		   "1990 task 7; 2000 softirq 3 over 7; 2010 line 30 over 7; "
		   "2020 softirq 3 over 7; 2030 softirq 1 over 7; 2040 task 7; 2050");
	assert_did(0, 2025, 2028, "2025 softirq 3 over 7; 2028");
}

static void the_scheduler_and_a_dead_cpu_are_nobodys(void **state)
{
	(void)state;
	put(2000, 0, WHY_RECORD_SCHED_ENTRY, 0);
	change(2010, 0, 7, 0, WHY_OUT_VOLUNTARY);
	put(2020, 0, WHY_RECORD_SCHED_EXIT, 0);
	put(2100, 0, WHY_RECORD_OFFLINE, 0);
	assert_did(0, 1990, 2200,
		   "1990 task 7; 2000 switch; 2010 switch; 2020 idle; 2100 offline; 2200");
}

static void records_that_change_nothing_divide_nothing(void **state)
{
	(void)state;
	put(1100, 0, WHY_RECORD_ADOPTED, 9);
	wake(1200, 0, 9, 1, WHY_WAKING_OPENS);
	assert_did(0, 1000, 2000, "1000 task 7; 2000");
}

static void a_task_that_follows_itself_is_two_spans(void **state)
{
	(void)state;
	change(2000, 0, 7, 7, WHY_OUT_RUNNABLE);
	assert_did(0, 1000, 3000, "1000 task 7; 2000 task 7; 3000");
}

/* --- what is not kept --- */

static void a_ring_that_has_wrapped_says_since_when(void **state)
{
	u32 i;

	(void)state;
	assert_int_equal(why_history_whole_since(h, 0), 1000);
	for (i = 0; i < 6; i++)
		change(2000 + 100 * i, 0, 7 + i, 8 + i, WHY_OUT_VOLUNTARY);
	assert_int_equal(why_history_whole_since(h, 0), 2200);
	assert_did(0, 1500, 2500,
		   "1500 unseen; 2200 task 10; 2300 task 11; 2400 task 12; 2500");
	assert_true(why_history_whole_since(h, 1) == ~0ULL);
}

static void who_was_there_before_all_that_is_kept_has_no_name(void **state)
{
	(void)state;
	put(1900, 0, WHY_RECORD_IRQ_ENTRY, 29);
	put(2000, 0, WHY_RECORD_IRQ_ENTRY, 30);
	put(2010, 0, WHY_RECORD_IRQ_EXIT, 30);
	put(2020, 0, WHY_RECORD_IRQ_EXIT, 29);
	change(2030, 0, 7, 8, WHY_OUT_VOLUNTARY);
	assert_did(0, 1950, 2040,
		   "1950 unseen; 2000 line 30 over 0; 2010 nobody 0 over 0; 2020 task 0; "
		   "2030 task 8; 2040");
}

static void what_is_lost_is_unseen_up_to_the_next_switch(void **state)
{
	(void)state;
	put(2000, 0, WHY_RECORD_IRQ_ENTRY, 30);
	put(2100, 0, WHY_RECORD_IRQ_EXIT, 30);
	add(2500, 0, WHY_RECORD_LOST, 17, false);
	put(2600, 0, WHY_RECORD_IRQ_ENTRY, 31);
	put(2650, 0, WHY_RECORD_IRQ_EXIT, 31);
	change(2700, 0, 8, 9, WHY_OUT_VOLUNTARY);
	assert_did(0, 2500, 2800,
		   "2500 unseen; 2600 line 31 over 0; 2650 unseen; 2700 task 9; 2800");
	assert_int_equal(why_history_whole_since(h, 0), 2500);
}

static void a_gap_that_has_left_the_ring_counts_no_more(void **state)
{
	u32 i;

	(void)state;
	add(1500, 0, WHY_RECORD_LOST, 1, false);
	for (i = 0; i < 4; i++)
		change(2000 + i, 0, 7, 7, WHY_OUT_RUNNABLE);
	assert_int_equal(why_history_whole_since(h, 0), 2000);
}

/* Records that are missing came after the last one there is: from it on nobody knows. */
static void what_is_lost_is_unseen_from_the_last_record_on(void **state)
{
	(void)state;
	put(2000, 0, WHY_RECORD_IRQ_ENTRY, 30);
	put(2100, 0, WHY_RECORD_IRQ_EXIT, 30);
	add(2500, 0, WHY_RECORD_LOST, 17, false);
	assert_did(0, 1900, 2600,
		   "1900 task 7; 2000 line 30 over 7; 2100 unseen; 2600");
}

static void a_break_makes_tasks_and_idle_unseen_since_the_last_switch(void **state)
{
	(void)state;
	change(2000, 0, 7, 8, WHY_OUT_VOLUNTARY);
	put(2100, 0, WHY_RECORD_IRQ_ENTRY, 30);
	put(2150, 0, WHY_RECORD_IRQ_EXIT, 30);
	put(2200, 0, WHY_RECORD_SOFTIRQ_ENTRY, TIMER);
	put(2210, 0, WHY_RECORD_SOFTIRQ_EXIT, TIMER);
	change_unseen(2300, 0, 9, 10);
	assert_did(0, 1900, 2400,
		   "1900 task 7; 2000 unseen; 2100 line 30 over 0; 2150 unseen; "
		   "2200 softirq 1 over 0; 2210 unseen; 2300 task 10; 2400");
	assert_did(0, 2160, 2300,
		   "2160 unseen; 2200 softirq 1 over 0; 2210 unseen; 2300");
}

static void a_break_of_idle_is_no_break_of_the_idle_before_it(void **state)
{
	(void)state;
	change(2000, 0, 7, 0, WHY_OUT_VOLUNTARY);
	change(2100, 0, 0, 0, 0);
	change_unseen(2200, 0, 9, 0);
	assert_did(0, 2000, 2300, "2000 idle; 2100 unseen; 2200 idle; 2300");
}

static void a_break_changes_no_spans_of_another_interval(void **state)
{
	struct why_spans s = {};

	(void)state;
	change_unseen(2000, 0, 9, 10);
	add(1000, 1, WHY_RECORD_BEGIN, why_record_body(5, WHY_BASE_TASK, 1), false);
	assert_int_equal(why_history_spans(h, 1, 1500, 1600, &s), 0);
	assert_int_equal(why_history_spans(h, 0, 1600, 2000, &s), 0);
	assert_int_equal(s.nr, 2);
	assert_int_equal(s.span[0].class_, WHY_CLASS_TASK);
	assert_int_equal(s.span[1].class_, WHY_CLASS_UNSEEN);
	why_spans_free(&s);
}

/* Who waits there and is moved away has a wait that ends before the switch that tells. */
static void a_break_after_the_interval_is_heard_of(void **state)
{
	(void)state;
	change(2000, 0, 7, 8, WHY_OUT_VOLUNTARY);
	change_unseen(2300, 0, 9, 10);
	assert_did(0, 1900, 2200, "1900 task 7; 2000 unseen; 2200");
}

/* A CPU that comes back shows interrupts before its first switch. */
static void a_break_reaches_no_further_back_than_a_death(void **state)
{
	(void)state;
	put(2000, 0, WHY_RECORD_OFFLINE, 0);
	put(2100, 0, WHY_RECORD_IRQ_ENTRY, 30);
	put(2110, 0, WHY_RECORD_IRQ_EXIT, 30);
	change_unseen(2200, 0, 9, 10);
	assert_did(0, 1900, 2300,
		   "1900 task 7; 2000 offline; 2100 line 30 over 0; 2110 unseen; "
		   "2200 task 10; 2300");
}

/* --- tasks --- */

static void a_sleeper_waits_where_it_is_woken_to(void **state)
{
	(void)state;
	change(2000, 0, 7, 0, WHY_OUT_VOLUNTARY);
	wake(2100, 1, 7, 2, WHY_WAKING_OPENS);
	change(2200, 2, 0, 7, 0);
	change(2300, 2, 7, 0, WHY_OUT_VOLUNTARY);
	assert_went(7, 2000, 2300, "2000 sleeps 0; 2100 waits 2; 2200 runs 2; 2300 sleeps 2");
	assert_went(7, 2001, 2299, "2100 waits 2; 2200 runs 2");
	assert_went(7, 2301, 9999, "");
}

static void a_waking_that_opens_no_wait_is_no_step(void **state)
{
	(void)state;
	wake(1900, 1, 7, 0, 0);
	change(2000, 0, 7, 0, WHY_OUT_VOLUNTARY | WHY_SWITCH_WOKEN);
	assert_went(7, 1000, 3000, "2000 waits 0");
}

static void who_is_moved_waits_elsewhere(void **state)
{
	(void)state;
	change(2000, 0, 7, 8, WHY_OUT_RUNNABLE);
	add(2100, 2, WHY_RECORD_MIGRATE, why_record_body(7, 0, 1), false);
	change(2200, 1, 0, 7, 0);
	assert_went(7, 2000, 2200, "2000 waits 0; 2100 waits 1; 2200 runs 1");
	assert_went(8, 2000, 2200, "2000 runs 0");
}

static void a_fork_waits_on_its_parents_cpu(void **state)
{
	(void)state;
	add(1500, 0, WHY_RECORD_NEW, why_record_body(70, 7, 0), false);
	change(2000, 0, 7, 70, WHY_OUT_RUNNABLE);
	assert_went(70, 0, 3000, "1500 waits 0; 2000 runs 0");
}

static void a_way_over_several_cpus_is_in_order_of_time(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < 9; i++)
		change(2000 + i, (2 * i) % CPUS, i % 2 ? 7 : 1, i % 2 ? 1 : 7, 0);
	assert_went(7, 2000, 2008,
		    "2000 runs 0; 2001 sleeps 2; 2002 runs 1; 2003 sleeps 0; 2004 runs 2; "
		    "2005 sleeps 1; 2006 runs 0; 2007 sleeps 2; 2008 runs 1");
}

static void a_waker_is_the_task_that_had_the_cpu(void **state)
{
	(void)state;
	wake(1500, 0, 9, 1, WHY_WAKING_OPENS);
	assert_woken(9, 1499, "never");
	assert_woken(8, 9999, "never");
	assert_woken(9, 1500, "1500 by task 7 over 7 on 0");
}

static void a_waker_may_be_an_interrupt_over_a_task(void **state)
{
	(void)state;
	put(2000, 0, WHY_RECORD_SOFTIRQ_ENTRY, TIMER);
	wake(2005, 0, 8, 1, WHY_WAKING_OPENS);
	put(2010, 0, WHY_RECORD_IRQ_ENTRY, 30);
	wake(2015, 0, 9, 1, WHY_WAKING_OPENS);
	assert_woken(8, 3000, "2005 by softirq 1 over 7 on 0");
	assert_woken(9, 3000, "2015 by line 30 over 7 on 0");
}

static void the_last_waking_of_all_cpus_counts(void **state)
{
	(void)state;
	wake(1500, 2, 9, 1, WHY_WAKING_OPENS);
	wake(1600, 0, 9, 1, WHY_WAKING_OPENS);
	wake(1550, 1, 9, 1, WHY_WAKING_OPENS);
	assert_woken(9, 3000, "1600 by task 7 over 7 on 0");
	assert_woken(9, 1599, "1550 by nobody 0 over 0 on 1");
}

static void what_was_before_it_last_ran_or_slept_does_not_matter(void **state)
{
	(void)state;
	change(2000, 0, 7, 9, WHY_OUT_VOLUNTARY);
	wake(2100, 1, 7, 0, WHY_WAKING_OPENS);
	put(2200, 1, WHY_RECORD_MIGRATE, 7);
	change(2300, 1, 8, 7, WHY_OUT_VOLUNTARY);
	assert_int_equal(why_history_settled(h, 7, 1000, 2050), 2000);
	assert_int_equal(why_history_settled(h, 7, 1000, 2250), 2100);
	assert_int_equal(why_history_settled(h, 7, 1000, 2300), 2300);
	assert_int_equal(why_history_settled(h, 7, 2150, 2250), 2150);
	assert_int_equal(why_history_settled(h, 5, 1000, 2300), 1000);
}

#define KEEPING(shift, test)                                                                       \
	cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, shift)
#define HISTORY(test) KEEPING(&large, test)
#define SMALL(test) KEEPING(&small, test)

int main(void)
{
	static u32 large = 6, small = 2;
	const struct CMUnitTest tests[] = {
		HISTORY(what_was_before_it_last_ran_or_slept_does_not_matter),
		HISTORY(what_nobody_recorded_is_unseen),
		HISTORY(tasks_and_idle_follow_each_other),
		HISTORY(a_line_and_a_vector_are_told_by_name),
		HISTORY(a_nested_interrupt_gives_back_to_the_outer_one),
		HISTORY(an_interval_may_begin_inside_a_nested_interrupt),
		HISTORY(a_softirq_is_divided_by_interrupts),
		HISTORY(the_scheduler_and_a_dead_cpu_are_nobodys),
		HISTORY(records_that_change_nothing_divide_nothing),
		HISTORY(a_task_that_follows_itself_is_two_spans),
		SMALL(a_ring_that_has_wrapped_says_since_when),
		SMALL(who_was_there_before_all_that_is_kept_has_no_name),
		HISTORY(what_is_lost_is_unseen_up_to_the_next_switch),
		HISTORY(what_is_lost_is_unseen_from_the_last_record_on),
		SMALL(a_gap_that_has_left_the_ring_counts_no_more),
		HISTORY(a_break_makes_tasks_and_idle_unseen_since_the_last_switch),
		HISTORY(a_break_of_idle_is_no_break_of_the_idle_before_it),
		HISTORY(a_break_changes_no_spans_of_another_interval),
		HISTORY(a_break_after_the_interval_is_heard_of),
		HISTORY(a_break_reaches_no_further_back_than_a_death),
		HISTORY(a_sleeper_waits_where_it_is_woken_to),
		HISTORY(a_waking_that_opens_no_wait_is_no_step),
		HISTORY(who_is_moved_waits_elsewhere),
		HISTORY(a_fork_waits_on_its_parents_cpu),
		HISTORY(a_way_over_several_cpus_is_in_order_of_time),
		HISTORY(a_waker_is_the_task_that_had_the_cpu),
		HISTORY(a_waker_may_be_an_interrupt_over_a_task),
		HISTORY(the_last_waking_of_all_cpus_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
