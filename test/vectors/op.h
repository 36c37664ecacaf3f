/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line of a vector, and what it does to the core, as the adapters would. The same text runs
 * in user space and, loaded, in the kernel; the two must leave the same bytes behind.
 *
 * The includer defines VEC_CPU(i) and VEC_TASK(i): pointers, or 0 out of range.
 */
#ifndef WHY_TEST_OP_H
#define WHY_TEST_OP_H

#include "core/cpu.h"

enum { VEC_CPUS = 4, VEC_TASKS = 8 };

enum vec_kind {
	VEC_BEGIN,	/* cpu; a: task on it */
	VEC_END,
	VEC_OFFLINE,
	VEC_EDGE,	/* cpu; b: enum why_edge */
	VEC_WAKING,	/* a: woken; cpu: waker's; b: the target's; out: asleep */
	VEC_ENQUEUED,	/* a; cpu: where it fired; b: the target's */
	VEC_MOVE,	/* a; b: to */
	VEC_NEW,	/* a; cpu */
	VEC_RELIEVED,	/* a; cpu: where its timer fired */
	VEC_SWITCH,	/* cpu; a: next; b: prev; out */
	VEC_KINDS,
};

struct vec_op {
	u32 kind;
	u32 cpu;
	u32 a, b;	/* tasks: 0 is idle, n is task n - 1 */
	u32 out;
	u32 is_next_subject;
	u32 keep;	/* enum why_keep */
	u64 now;
	u64 rq;
};

static u64 vec_now;
#define WHY_CLOCK() (vec_now)
#include "hooks/claim.h"

WHY_INLINE void vec_count(struct why_cpu *cpu, u32 verdict)
{
	if (verdict == WHY_ACCOUNT_UNPAIRED)
		cpu->lost[WHY_LOSS_UNPAIRED]++;
	else if (verdict == WHY_ACCOUNT_CLOCK_BACK)
		cpu->lost[WHY_LOSS_CLOCK_BACK]++;
}

/* What a wait on `cpu` is split by. */
WHY_INLINE const struct why_account *vec_account(const struct vec_op *o, const struct why_cpu *cpu)
{
	return o->keep == WHY_KEEP_ALL ? &cpu->account : 0;
}

WHY_INLINE void vec_waking(const struct vec_op *o)
{
	struct why_cpu *target = VEC_CPU(o->b);
	struct why_task *t = VEC_TASK(o->a - 1);
	u64 since;

	if (t && target && why_claim_waking(t, o->out, &since) == WHY_WAKING_OPENS)
		why_cpu_task_woken(t, vec_account(o, target), why_task_woken_at(o->now, since),
				   o->b, o->cpu);
}

WHY_INLINE void vec_enqueued(const struct vec_op *o)
{
	struct why_cpu *target = VEC_CPU(o->b);
	struct why_task *t = VEC_TASK(o->a - 1);

	if (t && target && t->state == WHY_TASK_WAITING && t->wait.kind == WHY_KIND_WAKEUP &&
	    !t->wait.flight_ns)
		why_wait_enqueued(&t->wait, vec_account(o, target), o->now,
				  o->cpu != t->wait.waker_cpu);
}

WHY_INLINE void vec_move(const struct vec_op *o)
{
	struct why_task *t = VEC_TASK(o->a - 1);
	struct why_cpu *to = VEC_CPU(o->b), *from;

	if (!t || !to || t->wait.cpu == o->b)
		return;
	if (t->state != WHY_TASK_WAITING && t->state != WHY_TASK_WOKEN && t->state != WHY_TASK_NEW)
		return;
	from = VEC_CPU(t->wait.cpu);
	if (from)
		why_wait_move(&t->wait, vec_account(o, from), vec_account(o, to), o->now, o->b);
}

WHY_INLINE void vec_switch(const struct vec_op *o, struct why_cpu *cpu)
{
	struct why_task *next = VEC_TASK(o->a - 1), *prev = VEC_TASK(o->b - 1);
	struct why_switch sw = {
		.now = o->now, .rq_switches = o->rq, .prev_pid = o->b, .next_pid = o->a,
		.out = o->out, .is_next_subject = o->is_next_subject,
		.keep = o->keep,
	};
	u64 wait_ns;

	sw.is_next_soft = next ? next->is_soft : 0;
	why_cpu_switch(cpu, &sw);
	if (prev) {
		sw.was = why_claim_ran(prev);
		why_cpu_task_out(cpu, prev, &sw, o->cpu);
		why_claim_leaving(cpu, prev, &sw, o->cpu);
	}
	if (next)
		why_cpu_task_in(cpu, next, &sw, &wait_ns);
}

/* Total: a line that makes no sense is taken as far as it goes. */
WHY_INLINE void vec_apply(const struct vec_op *o)
{
	struct why_cpu *cpu = VEC_CPU(o->cpu);
	struct why_task *t = VEC_TASK(o->a - 1);
	u64 now;

	vec_now = o->now;
	if (!cpu)
		return;
	switch (o->kind) {
	case VEC_BEGIN:
		why_cpu_begin(cpu, o->now, o->a, o->rq);
		break;
	case VEC_END:
		why_cpu_end(cpu, o->now, o->rq);
		break;
	case VEC_OFFLINE:
		why_cpu_offline(cpu, o->now, o->rq);
		break;
	case VEC_EDGE:
		vec_count(cpu, why_claim_edge(&cpu->account, o->b, &now));
		break;
	case VEC_WAKING:
		vec_waking(o);
		break;
	case VEC_ENQUEUED:
		vec_enqueued(o);
		break;
	case VEC_MOVE:
		vec_move(o);
		break;
	case VEC_NEW:
		if (t)
			why_cpu_task_new(t, vec_account(o, cpu), o->now, o->cpu);
		break;
	case VEC_RELIEVED:
		if (t)
			why_cpu_task_relieved(cpu, t, o->now, o->a);
		break;
	case VEC_SWITCH:
		vec_switch(o, cpu);
		break;
	}
}

#endif
