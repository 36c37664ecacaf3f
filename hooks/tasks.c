// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done with each task in a walk over all: to adopt it gives it its storage and, once all
 * CPUs are measured, the state it is in; to collect it takes what was measured.
 */
#include "hooks/cpu.h"

/*
 * How a task stands that no event has told of. Fails harmlessly if an event comes meanwhile. Asked
 * in the order in which it goes from one to the next, or a step between two looks would show none.
 */
static __always_inline void adopt(struct why_cpu *cpu, u32 id, struct why_task *t,
				  struct task_struct *p)
{
	u64 now = WHY_CLOCK();	/* before the claim, as whoever may come meanwhile */
	u32 state = WHY_TASK_SLEEPING, is_woken, is_queued;

	is_woken = why_compat_is_new(p) || why_compat_is_being_woken(p);
	__sync_fetch_and_add(&t->state, 0);	/* a barrier, which eBPF has no other of */
	is_queued = why_compat_is_runnable(p);
	__sync_fetch_and_add(&t->state, 0);
	if (p->on_cpu)
		state = WHY_TASK_RUNNING;
	else if (is_queued || is_woken)
		state = WHY_TASK_WAITING;	/* its wait has no beginning: no sample */
	if (__sync_val_compare_and_swap(&t->state, WHY_TASK_UNKNOWN, state) == WHY_TASK_UNKNOWN)
		write_record(cpu, id, now, WHY_RECORD_ADOPTED,
			     why_record_body(p->pid, 0, state));
}

/* Who a task is; `t`: its state, or NULL. */
static __always_inline void identify(struct why_task_record *r, struct task_struct *p,
				     const struct why_task *t)
{
	r->pid = p->pid;
	r->tgid = p->tgid;
	r->is_subject = is_subject(p, t);
	r->cgroup_id = why_compat_cgroup_id(p, why_cfg.label_subsys);
	read_kernel(r->comm, sizeof(r->comm), p->comm);
}

/* Who it is, for who records: *ret is all zero. */
WHY_INLINE void why_walk_tell(struct task_struct *p, struct why_task_record *ret)
{
	identify(ret, p, 0);
	ret->prio = (u32)p->prio + 1;
	ret->policy = p->policy;
}

WHY_INLINE void why_walk_adopt(struct task_struct *p)
{
	u32 id = this_cpu_id();
	struct why_cpu *cpu = cpu_of(id);
	struct why_task *t;

	if (!cpu)
		return;
	t = make_state(cpu, p, 0, WHY_MAKE_AT_LEISURE);
	/* Before all CPUs are measured a state would be stale by the time they are. */
	if (t && t->state == WHY_TASK_UNKNOWN && is_whole())
		adopt(cpu, id, t, p);
	if (!t)
		__sync_fetch_and_add(&cpu->lost[WHY_LOSS_NO_TASK_STATE], 1);
}

/*
 * How the task stood at the end of the measurement, by its events. Where some were hidden that may
 * be wrong; so the kernel is asked too, a moment later: user space tells of the doubt.
 */
static __always_inline void add_open(struct why_task_record *r, struct why_task *t,
				     struct task_struct *p)
{
	u32 state = t->state;

	r->is_running = state == WHY_TASK_RUNNING || state == WHY_TASK_PENDING;
	r->run_start_ns = t->since_ns;
	if (state != WHY_TASK_WAITING && state != WHY_TASK_WOKEN && state != WHY_TASK_NEW)
		return;
	r->is_waiting = 1;
	r->is_queued = !p->on_cpu && why_compat_is_runnable(p);
	r->wait_kind = t->wait.kind;
	r->wait_start_ns = t->wait.start_ns;
}

/* Returns whether there is anything to tell of `p`: in *ret, which is all zero. */
WHY_INLINE u32 why_walk_collect(struct task_struct *p, struct why_task_record *ret)
{
	struct why_cpu *cpu = cpu_of(this_cpu_id());
	struct why_task *t = cpu ? find_state(cpu, p) : 0;

	if (!t)
		return 0;
	identify(ret, p, t);
	ret->stats = t->stats;
	if (ret->is_subject)
		add_open(ret, t, p);
	ret->rate_start_ns = t->rate_start_ns;
	ret->rate_count = t->rate_count;
	return ret->is_running || ret->is_waiting || ret->stats.nr_voluntary ||
	       ret->stats.nr_involuntary || ret->stats.wakeup.count ||
	       ret->stats.preempted.count || ret->stats.fresh.count || ret->stats.occupied_waits;
}
