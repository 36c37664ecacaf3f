/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything kept per CPU, and what a task switch does to it and to the two tasks.
 *
 * Owner: the CPU itself, interrupts off, but for `account.word` and `account.ns` (account.h) and
 * for the fields marked otherwise. Readers elsewhere see single words whole.
 */
#ifndef WHY_CORE_CPU_H
#define WHY_CORE_CPU_H

#include "core/irq.h"
#include "core/loss.h"
#include "core/row.h"
#include "core/task.h"

/* Between its edges a CPU is measured; before, only its interrupt nesting is followed. */
enum why_phase { WHY_PHASE_BEFORE, WHY_PHASE_ACTIVE, WHY_PHASE_ENDED };

struct why_cpu {
	struct why_account account;
	u64 nr_switches;		/* switches seen */
	u64 rq_switches;		/* the kernel's rq->nr_switches at the last one; 0: none */
	u32 current_pid;		/* the task last switched in */
	u32 phase;			/* enum why_phase (adapter) */
	u64 begin_ns;			/* the edges, as this CPU saw them (adapter) */
	u64 end_ns;
	u64 offline_switches;		/* the kernel's, while the CPU was marked offline */
	u64 begin_rq_switches;
	u64 end_rq_switches;
	u64 rq_address;			/* of the kernel's run queue (adapter) */
	u64 hidden_ns;			/* unseen time that the switch under way found */
	u64 address;			/* scratch of looking for a task's state (adapter) */
	u32 out;			/* scratch of the switch under way (adapter) */
	u32 how;			/* likewise: WHY_SWITCH_* */
	u64 ring_head;			/* records claimed so far (adapter) */
	u64 nr_events;			/* programs run (adapter) */
	u64 nr_soft_events;		/* those of softirqs, which only hard interrupts divide */
	u64 idle_occupied_waits;	/* waits of others that ended when idle left the CPU */
	u64 idle_occupied_ns;
	u64 lost[WHY_LOSS_NR];
	struct why_row rows[WHY_KIND_NR_TASK];
	struct why_irqs irqs;
	struct why_hist rates;		/* switches per task and second, in switches, not ns */
	/* On pages of their own: all of the above, which every event touches, is on one. */
	u64 bucket[WHY_HIST_KEPT][WHY_HIST_LANES] __attribute__((aligned(4096)));
};

/* What is kept of an event. */
enum why_keep {
	WHY_KEEP_ALL,
	WHY_KEEP_LENGTHS,	/* CPUs' rows: neither waits' causes nor tasks' share of them */
	WHY_KEEP_NOTHING,	/* who replays the events keeps the figures */
};

/* One task switch, as the adapter saw it. */
struct why_switch {
	u64 now;
	u64 rq_switches;	/* after this switch; 0 where the kernel does not show it */
	u32 prev_pid;
	u32 next_pid;		/* 0 is this CPU's idle task */
	u32 out;		/* WHY_OUT_*, of prev; PARTIAL of both tasks */
	u32 was;		/* prev's state before it (hooks/claim.h, why_claim_ran()) */
	u32 is_next_subject;
	u32 is_next_soft;
	u32 keep;		/* enum why_keep */
};

/*
 * First: continuity and the account. Returns the number of switches hidden before this one (1 where
 * the kernel's count cannot tell how many), 0 for none.
 */
WHY_HIDDEN u64 why_cpu_switch(struct why_cpu *cpu, const struct why_switch *sw);

/*
 * Then the task that leaves, but for its state: the adapter claims why_task_leaving() after this,
 * for from then on a waker may own the task. `id` is this CPU's number. Returns a set of
 * 1 << kind: the rows that got a new maximum.
 */
WHY_HIDDEN u32 why_cpu_task_out(struct why_cpu *cpu, struct why_task *t,
				const struct why_switch *sw, u32 id);

/* Before the claim of a task that blocks while PENDING: its wait begins at this switch. */
WHY_HIDDEN void why_cpu_task_pended(struct why_cpu *cpu, struct why_task *t,
				    const struct why_switch *sw, u32 id);

#define WHY_NO_WAIT (~0ULL)

/* Then the one that comes. *ret_wait_ns is the wait that it ends and counts, or WHY_NO_WAIT. */
WHY_HIDDEN u32 why_cpu_task_in(struct why_cpu *cpu, struct why_task *t,
			       const struct why_switch *sw, u64 *ret_wait_ns);

/*
 * The instant of a waking that opens a wait: `now`, or just after `since_ns`, the switch-out that
 * it answers, for the waker may have read its clock before that. So the times of a task's events
 * are in the order in which its state was claimed.
 */
WHY_INLINE u64 why_task_woken_at(u64 now, u64 since_ns)
{
	return now > since_ns ? now : since_ns + 1;
}

/*
 * CPU `waker` woke a sleeper (WHY_WAKING_OPENS) at `now`: it waits on CPU `id`, whose account is
 * `a`, or NULL (why_wait_open()). Where it was none, and has left that CPU since the waking was
 * claimed, it waits from then.
 */
WHY_HIDDEN void why_cpu_task_woken(struct why_task *t, const struct why_account *a, u64 now,
				   u32 id, u32 waker);

/*
 * The waker found, at `now`, that `t` slept until a time of its own: with that sleep the turn of
 * its loop ended that its last such pause began, if that was seen; another one begins. Before
 * why_cpu_task_woken(). Returns a set of 1 << kind, as why_cpu_task_out().
 */
WHY_HIDDEN u32 why_cpu_task_relieved(struct why_cpu *waker, struct why_task *t, u64 now,
				     u32 pid);

/* A task is born; it waits on CPU `id`, account `a` or NULL, until the scheduler has placed it. */
WHY_HIDDEN void why_cpu_task_new(struct why_task *t, const struct why_account *a, u64 now,
				 u32 id);

/*
 * The CPU died; called on another one. Its last switches, to the idle task, came when the CPU was
 * marked offline already, and tracepoints are off on such a CPU (include/linux/tracepoint.h): they
 * are no loss. `rq_switches` is the kernel's count now, or 0.
 */
WHY_HIDDEN void why_cpu_offline(struct why_cpu *cpu, u64 now, u64 rq_switches);

/*
 * The edges of the measurement on this CPU, which runs `pid`. Preemption off; an interrupt may come
 * between (an edge run on the CPU of whoever asks is no interrupt): the phase is ENDED meanwhile,
 * so that its hooks, entry and exit, change nothing.
 */
WHY_HIDDEN void why_cpu_begin(struct why_cpu *cpu, u64 now, u32 pid, u64 rq_switches);
WHY_HIDDEN void why_cpu_end(struct why_cpu *cpu, u64 now, u64 rq_switches);

#endif
