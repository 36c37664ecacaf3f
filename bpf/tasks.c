// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks over all tasks, one read each. adopt_tasks gives every task its storage and, once all CPUs
 * are measured, the state it is in; collect_tasks collects what was measured.
 */
#include "bpf/maps.h"

/* How a task stands that no event has told of. Fails harmlessly if an event comes meanwhile. */
static __always_inline void adopt(struct why_cpu *cpu, u32 id, struct why_task *t,
				  struct task_struct *p)
{
	u32 state = WHY_TASK_SLEEPING;
	u64 now = WHY_CLOCK();	/* before the claim, as whoever may come meanwhile */

	if (p->on_cpu)
		state = WHY_TASK_RUNNING;
	else if (why_compat_is_runnable(p))
		state = WHY_TASK_WAITING;	/* its wait has no beginning: no sample */
	if (__sync_val_compare_and_swap(&t->state, WHY_TASK_UNKNOWN, state) == WHY_TASK_UNKNOWN)
		write_record(cpu, id, now, WHY_RECORD_ADOPTED,
			     why_record_body(p->pid, 0, state));
}

/* Who a task is, to who records. */
static __always_inline void tell(struct bpf_iter__task *ctx, struct task_struct *p)
{
	struct why_task_record r = {};

	r.pid = p->pid;
	r.tgid = p->tgid;
	r.is_subject = is_subject(p);
	r.cgroup_id = why_compat_cgroup_id(p, why_cfg.label_subsys);
	r.prio = (u32)p->prio + 1;
	r.policy = p->policy;
	bpf_probe_read_kernel(r.comm, sizeof(r.comm), p->comm);
	bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
}

SEC("iter/task")
int adopt_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *p = ctx->task;
	struct why_cpu *cpu;
	struct why_task *t;
	u32 id = bpf_get_smp_processor_id();

	if (!p || !p->pid)
		return 0;
	cpu = cpu_of(id);
	if (!cpu)
		return 0;
	if (why_cfg.ring_shift)
		tell(ctx, p);
	t = make_state(cpu, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	/* Before the CPUs are measured a state would be stale by the time they are. */
	if (t && t->state == WHY_TASK_UNKNOWN && cpu->phase == WHY_PHASE_ACTIVE)
		adopt(cpu, id, t, p);
	if (!t)
		__sync_fetch_and_add(&cpu->lost[WHY_LOSS_NO_TASK_STATE], 1);
	return 0;
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

SEC("iter/task")
int collect_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *p = ctx->task;
	struct why_task_record r = {};
	struct why_cpu *cpu = cpu_of(bpf_get_smp_processor_id());
	struct why_task *t;

	if (!p || !p->pid || !cpu)
		return 0;
	t = find_state(cpu, p);
	if (!t)
		return 0;
	r.stats = t->stats;
	r.is_subject = is_subject(p);
	if (r.is_subject)
		add_open(&r, t, p);
	if (!r.is_running && !r.is_waiting && !r.stats.nr_voluntary && !r.stats.nr_involuntary &&
	    !r.stats.wakeup.count && !r.stats.preempted.count && !r.stats.fresh.count &&
	    !r.stats.occupied_waits)
		return 0;
	r.pid = p->pid;
	r.tgid = p->tgid;
	r.cgroup_id = why_compat_cgroup_id(p, why_cfg.label_subsys);
	r.rate_start_ns = t->rate_start_ns;
	r.rate_count = t->rate_count;
	bpf_probe_read_kernel(r.comm, sizeof(r.comm), p->comm);
	bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	return 0;
}
