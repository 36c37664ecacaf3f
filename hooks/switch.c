// SPDX-License-Identifier: GPL-2.0-only
/*
 * The task switch: continuity and account, the task that leaves, the task that comes. Fires on
 * the switching CPU under its run queue's lock, interrupts off.
 */
#include "hooks/lines.h"

/*
 * A waking is pending, and nobody is at it any more. The waker is seen after the state that it
 * claimed: an atomic access, which is rare and a barrier in both worlds.
 */
static __always_inline bool is_stale(struct why_task *t, struct task_struct *p)
{
	return t->state == WHY_TASK_PENDING &&
	       __sync_fetch_and_add(&t->state, 0) == WHY_TASK_PENDING &&
	       !why_compat_is_being_woken(p);
}

static __always_inline u32 out_of(bool preempt, struct task_struct *prev, u32 prev_state,
				  struct why_task *t)
{
	u32 out = why_compat_out(preempt, prev, prev_state, t);

	if (is_subject(prev, t))
		out |= WHY_OUT_SUBJECT;
	if (t && !(out & WHY_OUT_RUNNABLE) && is_stale(t, prev))
		out |= WHY_OUT_STALE;
	return out;
}

/* An interrupt's thread sleeps: what its handler woke it for is done. */
static __always_inline void end_thread(struct why_cpu *cpu, struct why_task *t, u64 now, u32 id)
{
	u64 since = __sync_lock_test_and_set(&t->irq_since_ns, 0), woken;
	struct why_keyed *row;

	/* Where its coming was hidden nobody knows when it ran. */
	if (!since || since > now || cpu->hidden_ns)
		return;
	row = keyed_row(cpu, why_key(WHY_KIND_THREAD, id, why_key_id(t->irq_key)));
	if (!row)
		return;
	woken = t->irq_run_ns > since ? t->irq_run_ns - since : 0;
	add_to_row(cpu, row, now, now - since, 0, 0);
	write_sample(cpu, id, now, WHY_RECORD_PART, row, woken);
	write_sample(cpu, id, now, WHY_RECORD_SAMPLE, row, now - since);
	row->part_ns[0] += woken;
	row->part_ns[1] += now - since - woken;
}

/* For the record; through memory, as cpu->out. */
static __always_inline void note_how(struct why_cpu *cpu, u32 bit)
{
	if (why_cfg.ring_shift)
		WHY_STORE(cpu->how, cpu->how | bit);
}

/* Blocks, and nobody has woken it meanwhile. */
static __always_inline u32 is_asleep(const struct why_task *t, u32 out)
{
	return !(out & WHY_OUT_RUNNABLE) &&
	       (t->state != WHY_TASK_PENDING || out & WHY_OUT_STALE);
}

/* All but the name that goes with a new maximum. Returns as why_cpu_task_out(). */
WHY_APART u32 leave(struct why_cpu *cpu, struct why_task *t, const struct why_switch *sw, u32 id)
{
	u32 worst, state;

	if (!cpu || !t || !sw)
		return 0;
	worst = why_cpu_task_out(cpu, t, sw, id);
	t->voluntary_mark = 0;
	if (is_asked(WHY_KIND_THREAD) && t->irq_since_ns && is_asleep(t, sw->out))
		end_thread(cpu, t, sw->now, id);
	state = why_claim_leaving(cpu, t, sw, id);
	if (state == WHY_CLAIM_FAILED || sw->was == WHY_CLAIM_FAILED)
		cpu->lost[WHY_LOSS_CLAIM]++;
	if (why_cfg.ring_shift && state == WHY_TASK_WOKEN)
		note_how(cpu, WHY_SWITCH_WOKEN);
	return worst;
}

/*
 * The task switched out for a waiter is the last occupant of what it waited for. One that was
 * refused its state (a loss that is counted) cannot be blamed, and idle is not in its stead.
 */
static __always_inline void occupy(struct why_cpu *cpu, u32 prev_pid, struct why_task *prev,
				   u64 wait_ns)
{
	if (prev) {
		prev->stats.occupied_waits++;
		prev->stats.occupied_ns += wait_ns;
	} else if (!prev_pid) {
		cpu->idle_occupied_waits++;
		cpu->idle_occupied_ns += wait_ns;
	}
}

/* The statistics of a dead task move to the row of its name. */
static __always_inline void keep_exited(struct why_cpu *cpu, struct why_task *t,
					struct task_struct *p)
{
	struct why_exited *e;
	struct why_exited_key key;

	read_kernel(key.comm, sizeof(key.comm), p->comm);
	e = exited_of(&key);
	if (!e) {
		cpu->lost[WHY_LOSS_EXITED]++;
		return;
	}
	why_exited_add(e, t, p->pid, p->tgid, why_compat_cgroup_id(p, why_cfg.label_subsys),
		       is_subject(p, t));
	/* A zombie is still walked over as a task. */
	__builtin_memset(&t->stats, 0, sizeof(t->stats));
}

/* Its last switch: who it was goes into the ring as well. Not inlined: rare. */
WHY_RARE int bury(struct why_cpu *cpu, u32 id, struct why_task *t, struct task_struct *p)
{
	write_name(cpu, id, t->since_ns, p->pid, p->comm);
	write_cgroup(cpu, id, t->since_ns, p);
	if (why_cfg.subject != WHY_SUBJECT_LISTED && !why_cfg.events_only &&
	    (is_subject(p, t) || t->stats.occupied_waits))
		keep_exited(cpu, t, p);
	give_back_place(cpu, p);
	return 0;
}

/* What the task that comes may do to others: told again only where it has changed. */
static __always_inline void tell_priority(struct why_cpu *cpu, u32 id, struct why_task *t,
					  struct task_struct *next, u64 now)
{
	u32 prio = (u32)next->prio + 1, policy = next->policy, all = prio << 16 | (policy + 1);

	if (!why_cfg.ring_shift || t->told_priority == all)
		return;
	t->told_priority = all;
	write_record(cpu, id, now, WHY_RECORD_PRIORITY, why_record_body(next->pid, prio, policy));
}

static __always_inline void come(struct why_cpu *cpu, u32 id, struct why_task *prev,
				 struct why_task *t, struct task_struct *next,
				 const struct why_switch *sw)
{
	u64 wait_ns;
	u32 worst = why_cpu_task_in(cpu, t, sw, &wait_ns);

	t->voluntary_mark = next->nvcsw + 1;
	tell_priority(cpu, id, t, next, sw->now);
	if (is_asked(WHY_KIND_THREAD) && t->irq_since_ns && !t->irq_run_ns)
		t->irq_run_ns = sw->now;
	if (worst)
		note_worst(cpu, worst, next);
	if (wait_ns != WHY_NO_WAIT && why_cfg.kinds >> (t->wait.kind & 31) & 1)
		occupy(cpu, sw->prev_pid, prev, wait_ns);
}

/* Continuity and the account. */
WHY_APART int account(struct why_cpu *cpu, const struct why_switch *sw, u32 id)
{
	if (cpu && sw && why_cpu_switch(cpu, sw))
		note_break(cpu, id);
	return 0;
}

WHY_APART int write_switch(struct why_cpu *cpu, u32 id, const struct why_switch *sw, u64 before)
{
	u64 hidden = 0;
	u32 how;

	if (!cpu || !sw)
		return 0;
	how = cpu->how | (sw->out & 0xff);
	if (sw->is_next_subject)
		how |= WHY_SWITCH_NEXT_SUBJECT;
	if (before && sw->rq_switches) {
		how |= WHY_SWITCH_KNOWN;
		hidden = sw->rq_switches - before - 1;
	}
	if (hidden > WHY_SWITCH_HIDDEN_MAX) {
		write_record(cpu, id, sw->now, WHY_RECORD_HIDDEN, hidden);
		hidden = 0;
	}
	write_alone(cpu, id, sw->now, WHY_RECORD_SWITCH,
		    why_record_body(sw->next_pid, sw->prev_pid,
				    how | (u32)hidden << WHY_SWITCH_HIDDEN_SHIFT));
	return 0;
}

WHY_INLINE void why_on_sched_switch(bool preempt, struct task_struct *prev,
				    struct task_struct *next, u32 prev_state)
{
	struct why_switch sw = { .keep = why_cfg.events_only ? WHY_KEEP_NOTHING :
							       WHY_KEEP_ALL };
	struct why_task *leaver = 0, *comer = 0;
	struct why_cpu *cpu;
	struct rq *rq;
	u64 before;
	u32 id, worst = 0;

	cpu = active_cpu(&id);
	if (!cpu)
		return;
	sw.now = WHY_CLOCK();
	sw.prev_pid = prev->pid;
	sw.next_pid = next->pid;
	rq = why_compat_rq(prev);
	if (rq)
		sw.rq_switches = why_compat_rq_switches(rq);
	if (!cpu->rq_address && rq) {
		cpu->rq_address = (u64)rq;	/* offline at the beginning */
		begin_counts(cpu, id);
	}
	if (sw.prev_pid) {
		leaver = task_of(cpu, prev);
		sw.was = leaver ? why_claim_ran(leaver) : WHY_TASK_UNKNOWN;
		if (sw.was != why_task_ran(sw.was))
			sw.now = WHY_CLOCK();
		/* Through memory: else the verifier follows every combination to the end. */
		WHY_STORE(cpu->out, out_of(preempt, prev, prev_state, leaver));
		sw.out = WHY_LOAD(cpu->out);
		sw.out |= cpu->account.word & WHY_CTX_SOFT ? WHY_OUT_SOFT : 0;
	}
	sw.out |= is_whole() ? 0 : WHY_OUT_PARTIAL;
	if (sw.next_pid) {
		comer = task_of(cpu, next);
		sw.is_next_subject = is_subject(next, comer);
		sw.is_next_soft = comer && comer->is_soft;
	}
	before = cpu->rq_switches;
	cpu->how = 0;
	account(cpu, &sw, id);
	if (leaver)
		worst = leave(cpu, leaver, &sw, id);
	else
		note_how(cpu, WHY_SWITCH_NO_PREV);
	if (worst)
		note_worst(cpu, worst, prev);
	if (comer)
		come(cpu, id, leaver, comer, next, &sw);
	else
		note_how(cpu, WHY_SWITCH_NO_NEXT);
	if (leaver && (sw.out & WHY_OUT_DEAD))
		bury(cpu, id, leaver, prev);
	if (why_cfg.ring_shift)
		write_switch(cpu, id, &sw, before);
}
