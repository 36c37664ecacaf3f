// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scheduler's events but the switch itself. All but the fork and a task's waking of itself
 * fire with interrupts off (under the run queue's lock or the waiter's pi_lock), so only a waker
 * and the switch that blocks its target can meet: over the task's state word, claimed in claim.h.
 */
#include "hooks/cpu.h"

/*
 * The end of a sleep tells whether it was a pause until a time of the task's own: only interrupts
 * (on PREEMPT_RT softirq threads too) fire timers, so few wakings need a look at the sleeper's
 * call, and no switch does.
 */
static __always_inline u32 settle_relief(struct why_cpu *cpu, struct why_task *t,
					 struct task_struct *p, u64 now)
{
	u32 by_timer = cpu->account.word & (WHY_CTX_HARD | (why_cfg.is_rt ? WHY_CTX_SOFT : 0));
	u32 worst = 0, how = 0;

	/* Where softirqs' events are not followed the task that serves them says so. */
	if (why_cfg.is_rt && why_cfg.subject == WHY_SUBJECT_LISTED)
		by_timer |= why_compat_softirq_count(this_task()) & 1 << 8;
	/* Who was never seen to pause has no turn that another waking could end. */
	if ((by_timer || t->turn_ns) && why_compat_sleeps_on_timer(p, why_cfg.timerfd_read)) {
		how = by_timer ? WHY_WAKING_RELIEF : WHY_WAKING_PAUSED;
		if (by_timer && !why_cfg.events_only)
			worst = why_cpu_task_relieved(cpu, t, now, p->pid);
		if (worst)
			note_worst(cpu, worst, p);
		t->turn_ns = now;
	}
	t->slept_ns = 0;
	return how;
}

WHY_INLINE void why_on_sched_waking(struct task_struct *p)
{
	u32 id, target_id = why_compat_task_cpu(p), what, is_asleep, extra;
	struct why_cpu *cpu = active_cpu(&id), *target;
	struct why_task *t;
	u64 now, since, body;

	if (!cpu)
		return;
	t = task_of(cpu, p);
	target = cpu_of(target_id);
	if (!target)
		return;
	now = WHY_CLOCK();
	if (!t) {
		/* Of somebody else, for who looks back. */
		if (why_cfg.subject == WHY_SUBJECT_LISTED)
			write_record(cpu, id, now, WHY_RECORD_WAKING,
				     why_record_body(p->pid, target_id, 0));
		return;
	}
	is_asleep = why_compat_is_asleep(p);
	extra = is_asleep ? WHY_WAKING_ASLEEP : 0;
	what = why_claim_waking(t, is_asleep && is_whole(), &since);
	if (what == WHY_CLAIM_FAILED)
		cpu->lost[WHY_LOSS_CLAIM]++;
	if (what == WHY_WAKING_OPENS) {
		now = why_task_woken_at(now, since);
		if ((why_cfg.kinds & 1U << WHY_KIND_RELIEF) && t->slept_ns)
			extra |= settle_relief(cpu, t, p, now);
		why_cpu_task_woken(t, wait_account(target), now, target_id, id);
	}
	extra |= what == WHY_WAKING_OPENS ? WHY_WAKING_OPENS : 0;
	body = why_record_body(p->pid, target_id, extra);
	/* Of another task, so its pi_lock is held and interrupts are off. */
	if (is_asleep)
		write_alone(cpu, id, now, WHY_RECORD_WAKING, body);
	else
		write_record(cpu, id, now, WHY_RECORD_WAKING, body);
}

/* Optional: only where the waker's path and the IPI's flight are to be told apart. */
WHY_INLINE void why_on_sched_wakeup(struct task_struct *p)
{
	u32 id, target_id = why_compat_task_cpu(p);
	struct why_cpu *cpu = active_cpu(&id), *target;
	struct why_task *t;
	u64 now;
	u32 is_end;

	if (!cpu)
		return;
	t = task_of(cpu, p);
	target = cpu_of(target_id);
	if (!t || !target)
		return;
	now = WHY_CLOCK();
	is_end = t->state == WHY_TASK_WAITING && t->wait.kind == WHY_KIND_WAKEUP &&
		 !t->wait.flight_ns;
	if (is_end)
		why_wait_enqueued(&t->wait, wait_account(target), now, id != t->wait.waker_cpu);
	write_record(cpu, id, now, WHY_RECORD_WAKEUP, why_record_body(p->pid, target_id, is_end));
}

/* A waiter changes queues: on the way of its waking, or moved by the balancer. Returns when. */
static __always_inline u64 move(struct why_cpu *cpu, struct task_struct *p, u64 now, u32 to_id)
{
	struct why_cpu *from, *to = cpu_of(to_id);
	struct why_task *t = task_of(cpu, p);

	if (!t || !to || t->wait.cpu == to_id)
		return now;
	if (t->state != WHY_TASK_WAITING && t->state != WHY_TASK_WOKEN && t->state != WHY_TASK_NEW)
		return now;
	from = cpu_of(t->wait.cpu);
	if (!from)
		return now;
	return why_wait_move(&t->wait, wait_account(from), wait_account(to), now, to_id);
}

WHY_INLINE void why_on_sched_migrate_task(struct task_struct *p, int dest_cpu)
{
	u32 id;
	struct why_cpu *cpu = active_cpu(&id);
	u64 now;

	if (!cpu)
		return;
	now = move(cpu, p, WHY_CLOCK(), dest_cpu);
	write_record(cpu, id, now, WHY_RECORD_MIGRATE,
		     why_record_body(p->pid, why_compat_task_cpu(p), dest_cpu));
}

WHY_INLINE void why_on_sched_process_fork(struct task_struct *parent, struct task_struct *child)
{
	u32 id;
	struct why_cpu *cpu = interruptible_cpu(&id);
	struct why_task *t;
	u64 now;

	if (!cpu || cpu->phase != WHY_PHASE_ACTIVE)
		return;
	t = make_state(cpu, child, 1, WHY_MAKE_AT_FORK);
	if (!t) {
		__sync_fetch_and_add(&cpu->lost[WHY_LOSS_NO_TASK_STATE], 1);
		return;
	}
	if (!is_whole())
		return;
	now = WHY_CLOCK();
	why_cpu_task_new(t, wait_account(cpu), now, id);
	write_record(cpu, id, now, WHY_RECORD_NEW,
		     why_record_body(child->pid, parent->pid, child->tgid == parent->tgid));
}

/* The new task's CPU is chosen without a migration event; here it is known. */
WHY_INLINE void why_on_sched_wakeup_new(struct task_struct *p)
{
	u32 id, to_id = why_compat_task_cpu(p);
	struct why_cpu *cpu = active_cpu(&id);
	u64 now;

	if (!cpu)
		return;
	now = move(cpu, p, WHY_CLOCK(), to_id);
	write_record(cpu, id, now, WHY_RECORD_MIGRATE, why_record_body(p->pid, to_id, to_id));
}

/* Only where the ring is asked for: a task takes another name. */
WHY_INLINE void why_on_task_rename(struct task_struct *p, const char *name)
{
	u32 id;
	struct why_cpu *cpu = interruptible_cpu(&id);

	if (cpu && cpu->phase == WHY_PHASE_ACTIVE)
		write_name(cpu, id, WHY_CLOCK(), p->pid, name);
}

/* Likewise: the thread that was `old_pid` has taken its leader's pid. */
WHY_INLINE void why_on_sched_process_exec(struct task_struct *p, int old_pid)
{
	u32 id;
	struct why_cpu *cpu = interruptible_cpu(&id);

	if (cpu && cpu->phase == WHY_PHASE_ACTIVE && old_pid != p->pid)
		write_record(cpu, id, WHY_CLOCK(), WHY_RECORD_RENAMED,
			     why_record_body(p->pid, old_pid, 0));
}
