// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds sections with interrupts or preemption off on a stock kernel: the adapter of core/stall.h.
 * Apart from the hooks that measure: it needs few events and none of their state. All hooks but the
 * scheduler's run with interrupts off, so on one CPU they do not meet.
 */
#include "hooks/stall_world.h"

#include "core/irq.h"
#include "hooks/late.h"

/* The least number seen of what asks for a switch: TIF_NEED_RESCHED. The other is "soon". */
static u32 least_tif = ~0U;

/* The kernel's count on the CPU whose queue `p` is in. */
WHY_INLINE u64 switches_of(struct task_struct *p)
{
	struct rq *rq = why_compat_rq(p);

	return rq ? why_compat_rq_switches(rq) : 0;
}

WHY_INLINE struct why_stall_cpu *this_cpu(u64 now)
{
	struct why_stall_cpu *c = cpu_of(this_cpu_id());

	if (c && !c->begin_ns) {
		c->rq_address = (u64)why_compat_rq(this_task());
		c->begin_ns = now;
		c->over_ns = why_cfg.over_ns;
	}
	return c;
}

/* Asleep in the idle task: how long that takes to come awake is another matter. */
WHY_INLINE u32 is_idle(void)
{
	const u32 softirq_mask = 0xff00;	/* include/linux/preempt.h */

	return !this_task()->pid && !(preempt_count_here() & softirq_mask);
}

/* A record of `stall` here, but for whose it is; NULL: no room, and counted. */
WHY_INLINE struct why_stall_record *reserve(struct why_stall_cpu *c, const struct why_stall *stall)
{
	struct why_stall_record *r = reserve_record();

	if (!r) {
		c->tally.nr_lost++;
		return 0;
	}
	r->stall = *stall;
	r->cpu = this_cpu_id();
	r->irq = 0;
	r->function = 0;
	return r;
}

WHY_RARE int tell(void *ctx, struct why_stall_cpu *c, const struct why_stall *stall, u32 irq,
		  u64 function)
{
	struct why_stall_record *r;

	if (!c || !stall)
		return 0;
	r = reserve(c, stall);
	if (!r)
		return 0;
	r->irq = irq;
	r->function = function;
	r->pid = (u32)this_task()->pid;
	name_this(r->comm);
	r->nr_frames = frames_of(ctx, r->frames);
	keep_record(r);
	return 0;
}

/* A section of preemption off ends: what was run when it was asked to, if that is known. */
WHY_RARE int tell_asked(void *ctx, struct why_stall_cpu *c, const struct why_stall *stall,
			u64 resched_ns)
{
	struct why_asked *asked = asked_here();
	struct why_stall_record *r;

	if (!asked || !c || !stall)
		return 0;
	if (asked->resched_ns != resched_ns)
		return tell(ctx, c, stall, 0, 0);
	r = reserve(c, stall);
	if (!r)
		return 0;
	r->pid = asked->pid;
	__builtin_memcpy(r->comm, asked->comm, sizeof(r->comm));
	__builtin_memcpy(r->frames, asked->frames, sizeof(r->frames));
	/* Interrupts are on here: one may have put another in its place. */
	r->nr_frames = asked->resched_ns == resched_ns ? asked->nr_frames : 0;
	keep_record(r);
	return 0;
}

/* Where a switch is asked for and this interrupt is the first to see it: whom it interrupts. */
WHY_RARE int see_asked(void *ctx, struct why_stall_cpu *c)
{
	struct why_asked *asked = asked_here();
	u64 resched_ns;

	if (!asked || !c)
		return 0;
	resched_ns = WHY_LOAD(c->resched_ns);
	if (!resched_ns || asked->resched_ns == resched_ns)
		return 0;
	asked->resched_ns = resched_ns;
	asked->pid = (u32)this_task()->pid;
	name_this(asked->comm);
	asked->nr_frames = frames_of(ctx, asked->frames);
	return 0;
}

/* What was sent, or due, at `due_ns` has come. */
WHY_INLINE void come(void *ctx, struct why_stall_cpu *c, u64 due_ns, u32 is_timer)
{
	struct why_stall stall;

	if (why_stall_due(c, due_ns, is_timer, &stall))
		tell(ctx, c, &stall, 0, 0);
}

WHY_RARE int enter(void *ctx, u32 vector)
{
	u64 now = WHY_CLOCK(), sent;
	struct why_stall_cpu *c = this_cpu(now);

	if (!c)
		return 0;
	why_stall_enter(c, now, vector, stolen_here(), is_idle());
	if (WHY_LOAD(c->resched_ns))
		see_asked(ctx, c);
	if (vector >= WHY_VECTOR_NR || !c->sent_ns[vector])
		return 0;
	sent = __sync_lock_test_and_set(&c->sent_ns[vector], 0);
	/* Where a switch lies between, it may have been answered before, unseen. */
	if (sent && c->sent_switches[vector] == switches_of(this_task()))
		come(ctx, c, sent, 0);
	else if (sent && now - sent >= c->over_ns)
		c->tally.nr_unplaced++;
	return 0;
}

/* The timer that has just run, where the next one begins or the interrupt ends. */
WHY_INLINE void end_timer(struct why_longest *l, u64 now)
{
	if (l->begin_ns && now - l->begin_ns > l->longest_ns) {
		l->longest_ns = now - l->begin_ns;
		l->longest_function = l->function;
	}
	l->begin_ns = 0;
}

WHY_RARE int leave(void *ctx, u32 vector, u32 irq)
{
	struct why_longest *l = longest_here();
	u64 now = WHY_CLOCK(), function = 0;
	struct why_stall_cpu *c = this_cpu(now);
	struct why_stall stall;

	if (!c || !l)
		return 0;
	if (vector == WHY_VECTOR_LOCAL_TIMER) {
		end_timer(l, now);
		function = l->longest_function;
		l->longest_ns = l->longest_function = 0;
	}
	if (!why_stall_leave(c, now, stolen_here(), &stall))
		return 0;
	return tell(ctx, c, &stall, irq, function);
}

#define VECTOR(symbol, name)                                                                       \
	WHY_INLINE int why_on_##name##_entry(void *ctx)                                            \
	{                                                                                          \
		return enter(ctx, WHY_VECTOR_##symbol);                                            \
	}                                                                                          \
	WHY_INLINE int why_on_##name##_exit(void *ctx)                                             \
	{                                                                                          \
		return leave(ctx, WHY_VECTOR_##symbol, 0);                                         \
	}
WHY_VECTORS(VECTOR)
#undef VECTOR

WHY_INLINE int why_on_irq_handler_entry(void *ctx)
{
	return enter(ctx, WHY_STALL_DEVICE);
}

WHY_INLINE int why_on_irq_handler_exit(void *ctx, int irq)
{
	return leave(ctx, WHY_STALL_DEVICE, (u32)irq);
}

/* Under the lock of its base, so with interrupts off (hrtimer_start_range_ns()). */
WHY_INLINE int why_on_hrtimer_start(struct hrtimer *timer)
{
	struct why_longest *l = longest_here();

	if (l && why_compat_is_hard_monotonic(timer) && (u64)timer->node.expires <= WHY_CLOCK())
		note_late_start(address_of(l, timer), (u64)timer->node.expires);
	return 0;
}

WHY_INLINE int why_on_hrtimer_expire_entry(void *ctx, struct hrtimer *timer)
{
	struct why_longest *l = longest_here();
	u64 now = WHY_CLOCK(), function = (u64)timer->function, due_ns;
	struct why_stall_cpu *c = this_cpu(now);
	u32 in_user;

	if (!c || !l || c->vector != WHY_VECTOR_LOCAL_TIMER || !c->entry_ns)
		return 0;
	end_timer(l, now);
	l->begin_ns = now;
	l->function = function;
	due_ns = (u64)timer->node.expires;
	if (!why_compat_is_hard_monotonic(timer) || c->is_idle ||
	    was_started_late(address_of(l, timer), due_ns))
		return 0;
	c->tally.nr_due++;
	in_user = is_user_here();
	c->tally.nr_user += in_user;
	/* Interrupts are on there, so it is the machine that was late. */
	if (in_user)
		c->tally.nr_user_late += why_stall_due(c, due_ns, 1, &(struct why_stall){});
	else
		come(ctx, c, due_ns, 1);
	return 0;
}

WHY_INLINE void send(u32 target, u32 vector, u64 now)
{
	struct why_stall_cpu *c = cpu_of(target);

	if (!c || !c->rq_address || __sync_val_compare_and_swap(&c->sent_ns[vector], 0, now))
		return;
	WHY_STORE(c->sent_switches[vector], why_compat_rq_switches_at(c->rq_address));
}

/* Optional, 6.4 and later. Whom it is for tells what it is: see hooks/delivery.c. */
WHY_INLINE int why_on_ipi_send_cpu(u32 target, const void *callback)
{
	if (target != this_cpu_id())
		send(target, callback ? WHY_VECTOR_CALL_FUNCTION_SINGLE : WHY_VECTOR_RESCHEDULE,
		     WHY_CLOCK());
	return 0;
}

/* Optional, 6.17 and later: a switch is asked for, on this CPU or another. */
WHY_INLINE int why_on_sched_set_need_resched_tp(void *ctx, struct task_struct *p, int target,
						int tif)
{
	struct why_stall_cpu *c = cpu_of((u32)target);

	if ((u32)tif < least_tif)
		least_tif = (u32)tif;
	if (!c || (u32)tif != least_tif || !p->pid)
		return 0;
	if (!__sync_val_compare_and_swap(&c->resched_ns, 0, WHY_CLOCK())) {
		WHY_STORE(c->resched_switches, switches_of(p));
		WHY_STORE(c->resched_tif, (u64)tif);
	}
	if ((u32)target == this_cpu_id() && c->entry_ns)
		see_asked(ctx, c);
	return 0;
}

/* Optional, the same kernels. */
WHY_INLINE int why_on_sched_entry_tp(void *ctx)
{
	u64 now = WHY_CLOCK(), resched_ns;
	struct why_stall_cpu *c = this_cpu(now);
	struct why_stall stall;

	if (!c)
		return 0;
	resched_ns = WHY_LOAD(c->resched_ns);
	/* It asked for a switch soon, before we knew which of the two flags that is. */
	if (resched_ns && c->resched_tif != least_tif)
		WHY_STORE(c->resched_ns, 0);
	if (why_stall_switch(c, now, switches_of(this_task()), stolen_here(), &stall) &&
	    this_task()->pid)
		tell_asked(ctx, c, &stall, resched_ns);
	return 0;
}

/* Whoever asked while the scheduler chose has been answered. */
WHY_INLINE int why_on_sched_exit_tp(void)
{
	struct why_stall_cpu *c = cpu_of(this_cpu_id());

	if (c && c->resched_ns)
		WHY_STORE(c->resched_ns, 0);
	return 0;
}
