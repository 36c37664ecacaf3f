// SPDX-License-Identifier: GPL-2.0-only
/* What holds after any stream of events, plausible or hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "unit/random_ops.h"

#include <stdlib.h>
#include <string.h>

/* start + sum(classes) is the time of the last change: the account never gains or loses a ns. */
static void assert_account_whole(const struct why_account *a)
{
	u64 sum = a->start_ns;
	u32 i;

	for (i = 0; i < WHY_CLASS_NR; i++)
		sum += a->ns[i];
	assert_int_equal(why_account_since(a->word, sum), 0);
}

static void assert_hist_whole(const struct why_cpu *cpu, u32 kind)
{
	const struct why_hist *h = &cpu->rows[kind].hist;
	u64 sum = h->overflow;
	u32 i;

	for (i = 0; i < WHY_HIST_BUCKETS; i++)
		sum += cpu->bucket[i][kind];
	assert_int_equal(sum, h->count);
}

static void assert_world_whole(const struct world *w)
{
	const struct why_row *row;
	u64 causes;
	u32 cpu, kind, i;

	for (cpu = 0; cpu < VEC_CPUS; cpu++) {
		assert_account_whole(&w->cpus[cpu].account);
		for (kind = 0; kind < WHY_KIND_NR_TASK; kind++) {
			row = &w->cpus[cpu].rows[kind];
			assert_hist_whole(&w->cpus[cpu], kind);
			for (causes = 0, i = 0; i < WHY_CAUSE_NR; i++)
				causes += row->causes[i];
			if (kind < WHY_KIND_NR_WAITS)
				assert_int_equal(causes, row->hist.sum_ns);
		}
	}
}

static u64 tallied(const struct world *w, u64 *ret_count)
{
	const struct why_task_stats *s;
	u64 sum = 0;
	u32 i;

	for (*ret_count = 0, i = 0; i < VEC_TASKS; i++) {
		s = &w->tasks[i].stats;
		*ret_count += s->wakeup.count + s->preempted.count + s->fresh.count;
		sum += s->wakeup.sum_ns + s->preempted.sum_ns + s->fresh.sum_ns;
	}
	return sum;
}

/* Rows by CPU and tallies by task are two views of the same waits. */
static void assert_views_agree(const struct world *w)
{
	u64 count, sum = tallied(w, &count), rows = 0, nr = 0;
	u32 cpu, kind;

	for (cpu = 0; cpu < VEC_CPUS; cpu++)
		for (kind = 0; kind < WHY_KIND_NR_WAITS; kind++) {
			rows += w->cpus[cpu].rows[kind].hist.sum_ns;
			nr += w->cpus[cpu].rows[kind].hist.count;
		}
	assert_int_equal(rows, sum);
	assert_int_equal(nr, count);
}

static void run(u64 seed, int is_hostile)
{
	struct stream s = { .seed = seed, .now = 1000000, .is_hostile = is_hostile };
	struct world *w = aligned_alloc(4096, sizeof(*w));
	struct vec_op o;
	int i, kind;

	memset(w, 0, sizeof(*w));
	world_begin(w, s.now);
	for (i = 0; i < 3000; i++) {
		stream_op(&s, &o);
		world_apply(w, &o);
		if (i % 100 == 0)
			assert_world_whole(w);
	}
	assert_world_whole(w);
	assert_views_agree(w);
	for (kind = 0; !is_hostile && kind < WHY_KIND_NR_TASK; kind++)
		for (i = 0; i < VEC_CPUS; i++)
			assert_true(w->cpus[i].rows[kind].hist.max_ns <= s.now);
	free(w);
}

/* All that decides what an event's record says, and when its wait began. */
static void assert_same_state(const struct why_task *a, const struct why_task *b)
{
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->since_ns, b->since_ns);
	assert_int_equal(a->woken_ns, b->woken_ns);
	assert_int_equal(a->slept_ns, b->slept_ns);
	assert_int_equal(a->wait.start_ns, b->wait.start_ns);
	assert_int_equal(a->wait.kind, b->wait.kind);
	assert_int_equal(a->wait.cpu, b->wait.cpu);
	assert_int_equal(a->wait.waker_cpu, b->wait.waker_cpu);
	assert_int_equal(a->wait.flight_ns, b->wait.flight_ns);
}

static void assert_no_figures(const struct world *w)
{
	static const struct why_task_stats none;
	u32 cpu, kind, i;

	for (i = 0; i < VEC_TASKS; i++)
		assert_memory_equal(&w->tasks[i].stats, &none, sizeof(none));
	for (cpu = 0; cpu < VEC_CPUS; cpu++)
		for (kind = 0; kind < WHY_KIND_NR_TASK; kind++)
			assert_int_equal(w->cpus[cpu].rows[kind].hist.count, 0);
}

static struct world *world_new(u64 now)
{
	struct world *w = aligned_alloc(4096, sizeof(*w));

	memset(w, 0, sizeof(*w));
	world_begin(w, now);
	return w;
}

/* Two worlds after the same events, one of which keeps less; every event decides the same. */
static void run_both(u32 keep, struct world **ret_whole, struct world **ret_less)
{
	struct stream s = { .seed = 1, .now = 1000000 };
	struct world *whole = world_new(s.now), *less = world_new(s.now);
	struct vec_op o;
	int i, task;

	for (i = 0; i < 100000; i++) {
		stream_op(&s, &o);
		if (o.kind == VEC_RELIEVED)
			continue;	/* the hook does not ask for that figure */
		o.keep = WHY_KEEP_ALL;
		world_apply(whole, &o);
		o.keep = keep;
		world_apply(less, &o);
		for (task = 0; task < VEC_TASKS; task++)
			assert_same_state(&whole->tasks[task], &less->tasks[task]);
	}
	assert_true(whole->cpus[0].rows[WHY_KIND_WAKEUP].hist.count > 100);
	*ret_whole = whole;
	*ret_less = less;
}

static void states_are_the_same_without_figures(void **state)
{
	struct world *whole, *less;

	(void)state;
	run_both(WHY_KEEP_NOTHING, &whole, &less);
	assert_no_figures(less);
	free(whole);
	free(less);
}

static void lengths_are_the_same_without_causes(void **state)
{
	static const u64 none[WHY_CAUSE_NR];
	struct world *whole, *less;
	u32 cpu, kind;

	(void)state;
	run_both(WHY_KEEP_LENGTHS, &whole, &less);
	for (cpu = 0; cpu < VEC_CPUS; cpu++) {
		for (kind = 0; kind < WHY_KIND_NR_TASK; kind++) {
			assert_memory_equal(&whole->cpus[cpu].rows[kind].hist,
					    &less->cpus[cpu].rows[kind].hist,
					    sizeof(struct why_hist));
			assert_memory_equal(less->cpus[cpu].rows[kind].causes, none, sizeof(none));
		}
		assert_memory_equal(whole->cpus[cpu].bucket, less->cpus[cpu].bucket,
				    sizeof(less->cpus[cpu].bucket));
		assert_memory_equal(&whole->cpus[cpu].rates, &less->cpus[cpu].rates,
				    sizeof(struct why_hist));
	}
	free(whole);
	free(less);
}

static void sums_hold_after_any_plausible_stream(void **state)
{
	u64 seed;

	(void)state;
	for (seed = 1; seed <= 200; seed++)
		run(seed, 0);
}

static void sums_hold_after_any_hostile_stream(void **state)
{
	u64 seed;

	(void)state;
	for (seed = 1; seed <= 200; seed++)
		run(seed * 7919, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_are_the_same_without_figures),
		cmocka_unit_test(lengths_are_the_same_without_causes),
		cmocka_unit_test(sums_hold_after_any_plausible_stream),
		cmocka_unit_test(sums_hold_after_any_hostile_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
