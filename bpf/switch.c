// SPDX-License-Identifier: GPL-2.0-only
/*
 * The task switch: continuity and account, the task that leaves, the task that comes. Fires on
 * the switching CPU under its run queue's lock, interrupts off.
 */
#include "bpf/lines.h"

static __always_inline u32 out_of(bool preempt, struct task_struct *prev, u32 prev_state,
				  const struct why_task *t)
{
	u32 out = why_compat_out(preempt, prev, prev_state, t);

	if (is_subject(prev))
		out |= WHY_OUT_SUBJECT;
	if (t && t->state == WHY_TASK_PENDING && !(out & WHY_OUT_RUNNABLE) &&
	    !why_compat_is_being_woken(prev))
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
	row->part_ns[0] += woken;
	row->part_ns[1] += now - since - woken;
}

/* Blocks, and nobody has woken it meanwhile. */
static __always_inline u32 is_asleep(const struct why_task *t, u32 out)
{
	return !(out & WHY_OUT_RUNNABLE) &&
	       (t->state != WHY_TASK_PENDING || out & WHY_OUT_STALE);
}

static __always_inline void leave(struct why_cpu *cpu, struct why_task *t, struct task_struct *prev,
				  const struct why_switch *sw, u32 id)
{
	u32 worst = why_cpu_task_out(cpu, t, sw, id);

	t->voluntary_mark = 0;
	if (is_asked(WHY_KIND_THREAD) && t->irq_since_ns && is_asleep(t, sw->out))
		end_thread(cpu, t, sw->now, id);
	if (worst)
		note_worst(cpu, worst, prev);
	if (why_claim_leaving(cpu, t, sw, id) == WHY_CLAIM_FAILED)
		cpu->lost[WHY_LOSS_CLAIM]++;
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

/* Not on the stack, which is 512 bytes for a program and what it calls. */
static const struct why_exited nobody;

/* The statistics of a dead task move to the row of its name. */
static __always_inline void keep_exited(struct why_cpu *cpu, struct why_task *t,
					struct task_struct *p)
{
	struct why_exited *e;
	struct why_exited_key key;
	u64 cgroup_id;

	bpf_probe_read_kernel(key.comm, sizeof(key.comm), p->comm);
	e = bpf_map_lookup_elem(&why_exited, &key);
	if (!e) {
		bpf_map_update_elem(&why_exited, &key, &nobody, BPF_NOEXIST);
		e = bpf_map_lookup_elem(&why_exited, &key);
	}
	if (!e) {
		cpu->lost[WHY_LOSS_EXITED]++;
		return;
	}
	e->nr_buried++;
	if (is_subject(p)) {
		cgroup_id = why_compat_cgroup_id(p, why_cfg.label_subsys);
		e->has_several_cgroups |= e->nr_tasks && e->cgroup_id != cgroup_id;
		e->nr_tasks++;
		e->at_ns = t->since_ns;
		e->pid = p->pid;
		e->tgid = p->tgid;
		e->cgroup_id = cgroup_id;
	}
	why_task_stats_merge(&e->stats, &t->stats);
	/* A zombie is still walked over as a task. */
	__builtin_memset(&t->stats, 0, sizeof(t->stats));
}

/* Its last switch. Not inlined: rare. */
static __noinline int bury(struct why_cpu *cpu, struct why_task *t, struct task_struct *p)
{
	if (is_subject(p) || t->stats.occupied_waits)
		keep_exited(cpu, t, p);
	give_back_place(cpu, p);
	return 0;
}

static __always_inline void come(struct why_cpu *cpu, struct why_task *prev, struct why_task *t,
				 struct task_struct *next, const struct why_switch *sw)
{
	u64 wait_ns;
	u32 worst = why_cpu_task_in(cpu, t, sw, &wait_ns);

	t->voluntary_mark = next->nvcsw + 1;
	if (is_asked(WHY_KIND_THREAD) && t->irq_since_ns && !t->irq_run_ns)
		t->irq_run_ns = sw->now;
	if (worst)
		note_worst(cpu, worst, next);
	if (wait_ns != WHY_NO_WAIT && why_cfg.kinds >> (t->wait.kind & 31) & 1)
		occupy(cpu, sw->prev_pid, prev, wait_ns);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	struct why_switch sw = {};
	struct why_task *leaver = 0, *comer = 0;
	struct why_cpu *cpu;
	struct rq *rq;
	u32 id;

	cpu = active_cpu(&id);
	if (!cpu)
		return 0;
	sw.now = WHY_CLOCK();
	sw.prev_pid = prev->pid;
	sw.next_pid = next->pid;
	rq = why_compat_rq(prev);
	if (rq)
		sw.rq_switches = rq->nr_switches;
	if (!cpu->rq_address && rq) {
		cpu->rq_address = (u64)rq;	/* offline at the beginning */
		begin_counts(cpu, id);
	}
	if (sw.prev_pid) {
		leaver = task_of(cpu, prev);
		/* Through memory: else the verifier follows every combination to the end. */
		WHY_STORE(cpu->out, out_of(preempt, prev, prev_state, leaver));
		sw.out = WHY_LOAD(cpu->out);
		sw.out |= cpu->account.word & WHY_CTX_SOFT ? WHY_OUT_SOFT : 0;
	}
	if (sw.next_pid) {
		comer = task_of(cpu, next);
		sw.is_next_subject = is_subject(next);
		sw.is_next_soft = comer && comer->is_soft;
	}
	if (why_cpu_switch(cpu, &sw))
		note_break(cpu, id);
	if (leaver)
		leave(cpu, leaver, prev, &sw, id);
	if (comer)
		come(cpu, leaver, comer, next, &sw);
	if (leaver && (sw.out & WHY_OUT_DEAD))
		bury(cpu, leaver, prev);
	write_record(cpu, id, sw.now, WHY_RECORD_SWITCH,
		     why_record_body(sw.next_pid, sw.prev_pid, sw.out));
	return 0;
}
