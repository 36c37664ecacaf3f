/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Claiming: how a decision of the core is published where something may come in between.
 *
 * Uses nothing but compiler builtins, so that user space can run this very text while a test
 * interrupts it between any two instructions. WHY_CLOCK() is the includer's.
 */
#ifndef WHY_HOOKS_CLAIM_H
#define WHY_HOOKS_CLAIM_H

#include "core/cpu.h"
#include "core/keyed.h"

/* Nested interruptions are few: an edge that fails this often is given up and counted. */
enum { WHY_CLAIM_TRIES = 4, WHY_CLAIM_FAILED = 100 };

/*
 * Takes one step of this CPU's account with interrupts possibly on. The clock is read again only
 * when the word changed under us: an older reading would run backwards. *ret_now is the instant
 * taken. Returns enum why_account_verdict or WHY_CLAIM_FAILED.
 */
WHY_INLINE u32 why_claim_edge(struct why_account *a, u32 edge, u64 *ret_now)
{
	struct why_step step;
	u64 word;
	u32 i;

	for (i = 0; i < WHY_CLAIM_TRIES; i++) {
		word = WHY_LOAD(a->word);
		*ret_now = WHY_CLOCK();
		why_account_step(word, edge, *ret_now, &step);
		if (__sync_val_compare_and_swap(&a->word, word, step.word) != word)
			continue;
		if (step.class_ < WHY_CLASS_NR)
			__sync_fetch_and_add(&a->ns[step.class_], step.ns);
		return step.verdict;
	}
	return WHY_CLAIM_FAILED;
}

/*
 * Claims a waking of `t` (why_task_waking). *ret_since is the task's last switch, as the claim
 * found it: one that comes after the claim is none that the waking answers. Whoever wakes a task
 * that is asleep is alone: it holds the task's pi_lock (try_to_wake_up(), kernel/sched/core.c, 6.1
 * to 6.18), and the task has left its CPU. Returns enum why_waking, or WHY_CLAIM_FAILED.
 */
WHY_INLINE u32 why_claim_waking(struct why_task *t, u32 is_asleep, u64 *ret_since)
{
	u32 state, next, what, i;
	u64 since;

	if (is_asleep) {
		*ret_since = WHY_LOAD(t->since_ns);
		WHY_STORE(t->state, why_task_waking(WHY_LOAD(t->state), is_asleep, &what));
		return what;
	}
	for (i = 0; i < WHY_CLAIM_TRIES; i++) {
		state = WHY_LOAD(t->state);
		*ret_since = WHY_LOAD(t->since_ns);
		next = why_task_waking(state, is_asleep, &what);
		if (next != state &&
		    __sync_val_compare_and_swap(&t->state, state, next) != state)
			continue;
		/* It may have slept, run and slept again; a switch after the claim shows. */
		since = WHY_LOAD(t->since_ns);
		if (WHY_LOAD(t->state) == next)
			*ret_since = since;
		return what;
	}
	return WHY_CLAIM_FAILED;
}

/*
 * Before all else of a switch-out: `t` ran, and a waking from now on finds it so. Returns the state
 * that it had, or WHY_CLAIM_FAILED. Where that was not a running task's (its coming was hidden) the
 * clock must be read again, so that a waking before this has the earlier time.
 */
WHY_INLINE u32 why_claim_ran(struct why_task *t)
{
	u32 state, next, i;

	for (i = 0; i < WHY_CLAIM_TRIES; i++) {
		state = WHY_LOAD(t->state);
		next = why_task_ran(state);
		if (next == state ||
		    __sync_val_compare_and_swap(&t->state, state, next) == state)
			return state;
	}
	return WHY_CLAIM_FAILED;
}

/*
 * Publishes the switch-out of `t`, after why_cpu_task_out(). One thing can come between: a waking,
 * RUNNING to PENDING, once, which is nothing to a task that is still runnable. Returns the state
 * that it is left in, or WHY_CLAIM_FAILED.
 */
WHY_INLINE u32 why_claim_leaving(struct why_cpu *cpu, struct why_task *t,
				 const struct why_switch *sw, u32 id)
{
	u32 state, next, i;

	for (i = 0; i < WHY_CLAIM_TRIES; i++) {
		state = WHY_LOAD(t->state);
		next = why_task_leaving(state, sw->out);
		if (sw->out & (WHY_OUT_RUNNABLE | WHY_OUT_PARTIAL)) {
			WHY_STORE(t->state, next);
			return next;
		}
		if (next == WHY_TASK_WOKEN)
			why_cpu_task_pended(cpu, t, sw, id);
		if (__sync_val_compare_and_swap(&t->state, state, next) == state)
			return next;
	}
	return WHY_CLAIM_FAILED;
}

/* Raises *top to `ns`. Returns 1 if that was a new maximum, else 0. */
WHY_INLINE u32 why_claim_max(u64 *top, u64 ns)
{
	u64 seen;
	u32 i;

	for (i = 0; i < WHY_CLAIM_TRIES; i++) {
		seen = WHY_LOAD(*top);
		if (ns <= seen)
			return 0;
		if (__sync_val_compare_and_swap(top, seen, ns) == seen)
			return 1;
	}
	return 0;
}

/*
 * Adds a sample to a keyed row, whoever else adds to it meanwhile. The least is kept as its
 * complement, so that the empty row is all zero. Returns 1 for a new maximum, else 0.
 */
WHY_INLINE u32 why_claim_sample(struct why_keyed *row, u64 ns)
{
	u32 i = why_hist_index(ns);

	if (i < WHY_HIST_KEPT)
		__sync_fetch_and_add(&row->bucket[i], 1);
	else if (i >= WHY_HIST_BUCKETS)
		__sync_fetch_and_add(&row->hist.overflow, 1);
	__sync_fetch_and_add(&row->hist.sum_ns, ns);
	__sync_fetch_and_add(&row->hist.count, 1);
	why_claim_max(&row->inverse_min, ~ns);
	return why_claim_max(&row->hist.max_ns, ns) || !ns;
}

#endif
