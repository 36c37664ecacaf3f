// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every call that something can come in the middle of, interrupted before each of its
 * instructions: an interrupt in a softirq's step, a waker in a switch that blocks, a switch in a
 * waking, a reader on another CPU in any update. The result must be that of one of the two orders.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/base.h"

/* Time that moves at every look, so that a stale reading shows. */
static u64 clock_now;
#define TEST_CLOCK (clock_now += 10)

#include "core/cpu.h"

#define WHY_CLOCK() TEST_CLOCK
#include "hooks/claim.h"

#include "unit/step.h"

#include <stdlib.h>

struct scene {
	struct why_cpu cpu;		/* the CPU under test */
	struct why_cpu other;		/* the waker's */
	struct why_task task;
	struct why_switch out;
	u32 read_verdict;
	u64 read_sum, read_at, read_start;
	u64 interrupt_ns;
	u64 causes[WHY_CAUSE_NR], closed_ns;
	u64 opened_ns;			/* the wait that the waker opened; 0: none */
	u32 edge;
	struct why_keyed row;
	u64 other_ns;
};

static void reset(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	clock_now = 1000;
	why_cpu_begin(&s->cpu, TEST_CLOCK, 1, 0);
	why_cpu_begin(&s->other, TEST_CLOCK, 2, 0);
}

static u64 sum_of(const struct why_account *a)
{
	u64 sum = a->start_ns;
	u32 i;

	for (i = 0; i < WHY_CLASS_NR; i++)
		sum += a->ns[i];
	return sum;
}

/* Calls until the chosen instruction lies past the end; returns how many there were. */
static long everywhere(void (*call)(void *), void (*interrupt)(void *), struct scene *s,
		       void (*prepare)(struct scene *), void (*check)(struct scene *))
{
	long at;

	for (at = 0;; at++) {
		reset(s);
		prepare(s);
		if (!step_run(call, interrupt, s, at))
			break;
		check(s);
	}
	return at;
}

/* --- an interrupt in the middle of a softirq's step ------------------------------------------ */

static void take_edge(void *arg)
{
	struct scene *s = arg;
	u64 now;

	why_claim_edge(&s->cpu.account, s->edge, &now);
}

static void whole_interrupt(void *arg)
{
	struct scene *s = arg;
	u64 entry, exit;

	why_claim_edge(&s->cpu.account, WHY_EDGE_HARDIRQ_ENTRY, &entry);
	why_claim_edge(&s->cpu.account, WHY_EDGE_HARDIRQ_EXIT, &exit);
	s->interrupt_ns = exit - entry;
}

static void prepare_softirq_entry(struct scene *s)
{
	s->edge = WHY_EDGE_SOFTIRQ_ENTRY;
}

static void prepare_softirq_exit(struct scene *s)
{
	u64 now;

	why_claim_edge(&s->cpu.account, WHY_EDGE_SOFTIRQ_ENTRY, &now);
	s->edge = WHY_EDGE_SOFTIRQ_EXIT;
}

static void check_interrupted_edge(struct scene *s)
{
	const struct why_account *a = &s->cpu.account;
	u32 soft = a->word & WHY_CTX_SOFT;

	assert_int_equal(why_account_since(a->word, sum_of(a)), 0);
	assert_int_equal(a->ns[WHY_CLASS_HARDIRQ], s->interrupt_ns);
	assert_true(s->interrupt_ns > 0);
	assert_int_equal(!!soft, s->edge == WHY_EDGE_SOFTIRQ_ENTRY);
	assert_int_equal(a->word & WHY_CTX_HARD, 0);
	assert_int_equal(a->ns[WHY_CLASS_UNSEEN] + a->ns[WHY_CLASS_IDLE], 0);
}

static void interrupt_anywhere_in_a_softirq_edge_loses_no_time(void **state)
{
	struct scene *s = aligned_alloc(4096, sizeof(*s));

	(void)state;
	assert_true(everywhere(take_edge, whole_interrupt, s, prepare_softirq_entry,
			       check_interrupted_edge) > 20);
	assert_true(everywhere(take_edge, whole_interrupt, s, prepare_softirq_exit,
			       check_interrupted_edge) > 20);
	free(s);
}

/* --- an interrupt in the middle of an edge of the measurement --------------------------------- */

static void take_begin(void *arg)
{
	why_cpu_begin(&((struct scene *)arg)->cpu, TEST_CLOCK, 1, 0);
}

static void take_end(void *arg)
{
	struct scene *s = arg;

	WHY_STORE(s->cpu.phase, WHY_PHASE_ENDED);
	why_cpu_end(&s->cpu, TEST_CLOCK, 0);
}

/* As hooks/cpu.h has it: hooks change nothing on a CPU whose measurement has ended. */
static void whole_hooked_interrupt(void *arg)
{
	if (((struct scene *)arg)->cpu.phase != WHY_PHASE_ENDED)
		whole_interrupt(arg);
}

static void prepare_nothing(struct scene *s)
{
	(void)s;
}

static void check_edge(struct scene *s)
{
	assert_int_equal(why_account_since(s->cpu.account.word, sum_of(&s->cpu.account)), 0);
	assert_int_equal(s->cpu.account.word & WHY_CTX_HARD, 0);
	assert_int_equal(s->cpu.lost[WHY_LOSS_CLOCK_BACK], 0);
}

static void check_end(struct scene *s)
{
	check_edge(s);
	assert_int_equal(s->cpu.end_ns, sum_of(&s->cpu.account));
}

static void interrupt_anywhere_in_an_edge_of_the_measurement_changes_no_sum(void **state)
{
	struct scene *s = aligned_alloc(4096, sizeof(*s));

	(void)state;
	assert_true(everywhere(take_begin, whole_hooked_interrupt, s, prepare_nothing,
			       check_edge) > 20);
	assert_true(everywhere(take_end, whole_hooked_interrupt, s, prepare_nothing,
			       check_end) > 20);
	free(s);
}

/* --- a reader anywhere in an update ---------------------------------------------------------- */

static void read_account(void *arg)
{
	struct scene *s = arg;
	u64 ns[WHY_CLASS_NR];
	u32 i;

	s->read_verdict = why_account_read(&s->cpu.account, TEST_CLOCK, ns, &s->read_at);
	for (s->read_sum = s->cpu.account.start_ns, i = 0; i < WHY_CLASS_NR; i++)
		s->read_sum += ns[i];
}

/* Whole and exact, or known not to be. */
static void check_read(struct scene *s)
{
	if (s->read_verdict == WHY_ACCOUNT_OK)
		assert_int_equal(s->read_sum, s->read_at);
	else
		assert_int_equal(s->read_verdict, WHY_ACCOUNT_TORN);
}

static void do_switch(void *arg)
{
	struct scene *s = arg;

	s->out.now = TEST_CLOCK;
	why_cpu_switch(&s->cpu, &s->out);
}

static void prepare_switch(struct scene *s)
{
	s->out = (struct why_switch){ .prev_pid = 1, .next_pid = 0, .out = WHY_OUT_VOLUNTARY };
}

static void prepare_break(struct scene *s)
{
	s->out = (struct why_switch){ .prev_pid = 7, .next_pid = 3, .out = WHY_OUT_VOLUNTARY };
}

static void reader_anywhere_sees_a_whole_account_or_knows_better(void **state)
{
	struct scene *s = aligned_alloc(4096, sizeof(*s));

	(void)state;
	assert_true(everywhere(do_switch, read_account, s, prepare_switch, check_read) > 20);
	assert_true(everywhere(do_switch, read_account, s, prepare_break, check_read) > 20);
	assert_true(everywhere(take_edge, read_account, s, prepare_softirq_entry, check_read) > 20);
	free(s);
}

/* --- a waker in the middle of the switch that blocks, and the other way round ---------------- */

static void leave(void *arg)
{
	struct scene *s = arg;

	s->out.was = why_claim_ran(&s->task);
	why_cpu_task_out(&s->cpu, &s->task, &s->out, 0);
	why_claim_leaving(&s->cpu, &s->task, &s->out, 0);
}

static void wake(void *arg)
{
	struct scene *s = arg;
	u64 now = TEST_CLOCK, since;

	if (why_claim_waking(&s->task, 0, &since) == WHY_WAKING_OPENS)
		why_cpu_task_woken(&s->task, &s->cpu.account, why_task_woken_at(now, since), 0, 1);
}

/* A ran from 1100 and blocks now; it answers a waking of 1050. */
static void prepare_blocking(struct scene *s)
{
	s->task.state = WHY_TASK_RUNNING;
	s->task.since_ns = clock_now;
	s->task.woken_ns = clock_now - 50;
	clock_now += 100;
	s->out = (struct why_switch){
		.now = TEST_CLOCK, .prev_pid = 1, .out = WHY_OUT_VOLUNTARY | WHY_OUT_SUBJECT,
	};
	why_cpu_switch(&s->cpu, &s->out);
}

static void check_woken(struct scene *s)
{
	struct why_switch in = { .prev_pid = 0, .next_pid = 1, .is_next_subject = 1 };
	const struct why_row *row = &s->cpu.rows[WHY_KIND_WAKEUP];
	u64 wait_ns, woken = clock_now;

	assert_true(s->task.state == WHY_TASK_WAITING || s->task.state == WHY_TASK_WOKEN);
	assert_true(s->task.wait.start_ns >= s->out.now);
	assert_true(s->task.wait.start_ns <= woken);
	assert_int_equal(s->task.woken_ns, s->task.wait.start_ns);
	assert_int_equal(s->task.stats.response.count, 1);
	assert_int_equal(s->task.stats.response.sum_ns, s->out.now - 1020 + 50);
	clock_now += 500;
	in.now = TEST_CLOCK;
	why_cpu_switch(&s->cpu, &in);
	why_cpu_task_in(&s->cpu, &s->task, &in, &wait_ns);
	assert_int_equal(wait_ns, in.now - s->task.wait.start_ns);
	assert_int_equal(row->causes[WHY_CAUSE_IDLE_EXIT], wait_ns);
	assert_int_equal(s->cpu.lost[WHY_LOSS_TORN_READ], 0);
}

static void waker_anywhere_in_a_switch_that_blocks_is_heard_once(void **state)
{
	struct scene *s = aligned_alloc(4096, sizeof(*s));

	(void)state;
	assert_true(everywhere(leave, wake, s, prepare_blocking, check_woken) > 50);
	free(s);
}

static void switch_anywhere_in_a_waking_leaves_one_wait(void **state)
{
	struct scene *s = aligned_alloc(4096, sizeof(*s));

	(void)state;
	assert_true(everywhere(wake, leave, s, prepare_blocking, check_woken) > 10);
	free(s);
}

/* It leaves still runnable: a waking meanwhile is for nothing. */
static void prepare_preempted(struct scene *s)
{
	prepare_blocking(s);
	s->out.out = WHY_OUT_RUNNABLE | WHY_OUT_SUBJECT;
}

static void check_preempted(struct scene *s)
{
	assert_int_equal(s->task.state, WHY_TASK_WAITING);
	assert_int_equal(s->task.wait.kind, WHY_KIND_PREEMPTED);
	assert_int_equal(s->task.wait.start_ns, s->out.now);
	assert_int_equal(s->task.since_ns, s->out.now);
}

static void waker_anywhere_in_a_switch_that_preempts_changes_nothing(void **state)
{
	struct scene *s = aligned_alloc(4096, sizeof(*s));

	(void)state;
	assert_true(everywhere(leave, wake, s, prepare_preempted, check_preempted) > 50);
	/* The other way round, a waker whose claim fails looks at the state once more. */
	assert_true(everywhere(wake, leave, s, prepare_preempted, check_preempted) > 10);
	free(s);
}

/* --- hidden events: the task was not seen to come, so a sleeper leaves ------------------------ */

static void leave_unseen(void *arg)
{
	struct scene *s = arg;

	s->out.was = why_claim_ran(&s->task);
	s->out.now = TEST_CLOCK;
	why_cpu_task_out(&s->cpu, &s->task, &s->out, 0);
	why_claim_leaving(&s->cpu, &s->task, &s->out, 0);
}

static void wake_unseen(void *arg)
{
	struct scene *s = arg;
	u64 now = TEST_CLOCK, since;

	if (why_claim_waking(&s->task, 0, &since) != WHY_WAKING_OPENS)
		return;
	s->opened_ns = why_task_woken_at(now, since);
	why_cpu_task_woken(&s->task, &s->cpu.account, s->opened_ns, 0, 1);
}

static void prepare_unseen(struct scene *s)
{
	s->opened_ns = 0;
	s->task.state = WHY_TASK_SLEEPING;
	s->task.since_ns = clock_now;
	clock_now += 100;
	s->out = (struct why_switch){ .prev_pid = 1, .out = WHY_OUT_VOLUNTARY | WHY_OUT_SUBJECT };
}

/* The waking is heard, and by their times a replay decides as it was decided. */
static void check_unseen(struct scene *s)
{
	assert_true(s->task.state == WHY_TASK_WAITING || s->task.state == WHY_TASK_WOKEN);
	assert_true(s->task.wait.start_ns >= s->out.now);
	assert_int_equal(s->task.state == WHY_TASK_WAITING, s->opened_ns > s->out.now);
	assert_int_equal(s->out.was == WHY_TASK_WAITING,
			 s->opened_ns && s->opened_ns < s->out.now);
	assert_int_equal(s->cpu.lost[WHY_LOSS_UNSEEN_RUN], s->out.was == WHY_TASK_WAITING);
}

static void prepare_unseen_preempted(struct scene *s)
{
	prepare_unseen(s);
	s->out.out = WHY_OUT_RUNNABLE | WHY_OUT_SUBJECT;
}

/* It waits again from that switch, by the switch or by a waking that has its time. */
static void check_unseen_preempted(struct scene *s)
{
	u32 is_after = s->opened_ns > s->out.now;

	assert_int_equal(s->task.state, WHY_TASK_WAITING);
	assert_int_equal(s->task.wait.start_ns, s->out.now + is_after);
	assert_int_equal(s->task.wait.kind, is_after ? WHY_KIND_WAKEUP : WHY_KIND_PREEMPTED);
}

static void task_unseen_to_come_and_preempted_waits_from_then_on(void **state)
{
	struct scene *s = aligned_alloc(4096, sizeof(*s));

	(void)state;
	assert_true(everywhere(leave_unseen, wake_unseen, s, prepare_unseen_preempted,
			       check_unseen_preempted) > 50);
	assert_true(everywhere(wake_unseen, leave_unseen, s, prepare_unseen_preempted,
			       check_unseen_preempted) > 50);
	free(s);
}

static void waker_anywhere_in_a_switch_of_a_task_unseen_to_come_is_heard(void **state)
{
	struct scene *s = aligned_alloc(4096, sizeof(*s));

	(void)state;
	assert_true(everywhere(leave_unseen, wake_unseen, s, prepare_unseen, check_unseen) > 50);
	free(s);
}

static void switch_of_a_task_unseen_to_come_anywhere_in_a_waking_is_as_its_time_says(void **state)
{
	struct scene *s = aligned_alloc(4096, sizeof(*s));

	(void)state;
	assert_true(everywhere(wake_unseen, leave_unseen, s, prepare_unseen, check_unseen) > 50);
	free(s);
}

/* --- hidden events: a waker that takes a wait for its own while it is being closed ------------ */

static void close_wait(void *arg)
{
	struct scene *s = arg;
	u32 verdict;

	s->closed_ns = why_wait_close(&s->task.wait, &s->cpu.account, s->out.now, s->causes,
				      &verdict);
}

static void open_anew(void *arg)
{
	struct scene *s = arg;

	why_wait_open(&s->task.wait, &s->other.account, TEST_CLOCK, 1);
}

static void prepare_close(struct scene *s)
{
	why_account_update(&s->other.account, TEST_CLOCK);
	why_wait_open(&s->task.wait, &s->cpu.account, TEST_CLOCK, 0);
	s->out.now = clock_now += 1000;
	why_account_update(&s->cpu.account, s->out.now);
}

static void check_closed(struct scene *s)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < WHY_CAUSE_NR; i++)
		sum += s->causes[i];
	assert_int_equal(sum, s->closed_ns);
	assert_true(s->closed_ns <= 1010);
}

static void wait_spoilt_anywhere_in_its_closing_sums_all_the_same(void **state)
{
	struct scene *s = aligned_alloc(4096, sizeof(*s));

	(void)state;
	assert_true(everywhere(close_wait, open_anew, s, prepare_close, check_closed) > 50);
	free(s);
}

/* --- a sample in the middle of another to the same row -------------------------------------- */

static void add_sample(void *arg)
{
	struct scene *s = arg;

	why_claim_sample(&s->row, 700);
}

static void add_other_sample(void *arg)
{
	struct scene *s = arg;

	why_claim_sample(&s->row, s->other_ns);
}

static void prepare_shorter(struct scene *s)
{
	s->other_ns = 5;
}

static void prepare_longer(struct scene *s)
{
	s->other_ns = 90000;
}

static void check_both_samples(struct scene *s)
{
	u64 least = s->other_ns < 700 ? s->other_ns : 700;

	assert_int_equal(s->row.hist.count, 2);
	assert_int_equal(s->row.hist.sum_ns, 700 + s->other_ns);
	assert_int_equal(~s->row.inverse_min, least);
	assert_int_equal(s->row.hist.max_ns, 700 + s->other_ns - least);
	assert_int_equal(s->row.bucket[why_hist_index(700)], 1);
	assert_int_equal(s->row.bucket[why_hist_index(s->other_ns)], 1);
}

static void sample_anywhere_in_another_loses_neither(void **state)
{
	struct scene *s = aligned_alloc(4096, sizeof(*s));

	(void)state;
	assert_true(everywhere(add_sample, add_other_sample, s, prepare_shorter,
			       check_both_samples) > 20);
	assert_true(everywhere(add_sample, add_other_sample, s, prepare_longer,
			       check_both_samples) > 20);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupt_anywhere_in_a_softirq_edge_loses_no_time),
		cmocka_unit_test(interrupt_anywhere_in_an_edge_of_the_measurement_changes_no_sum),
		cmocka_unit_test(reader_anywhere_sees_a_whole_account_or_knows_better),
		cmocka_unit_test(waker_anywhere_in_a_switch_that_blocks_is_heard_once),
		cmocka_unit_test(switch_anywhere_in_a_waking_leaves_one_wait),
		cmocka_unit_test(waker_anywhere_in_a_switch_that_preempts_changes_nothing),
		cmocka_unit_test(waker_anywhere_in_a_switch_of_a_task_unseen_to_come_is_heard),
		cmocka_unit_test(
			switch_of_a_task_unseen_to_come_anywhere_in_a_waking_is_as_its_time_says),
		cmocka_unit_test(task_unseen_to_come_and_preempted_waits_from_then_on),
		cmocka_unit_test(wait_spoilt_anywhere_in_its_closing_sums_all_the_same),
		cmocka_unit_test(sample_anywhere_in_another_loses_neither),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
