/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This CPU's state, a task's state, and who is a subject: what hooks begin with.
 */
#ifndef WHY_HOOKS_CPU_H
#define WHY_HOOKS_CPU_H

#include "hooks/ring.h"
#include "hooks/state.h"

/* This CPU's state if it is being measured. For hooks that run with interrupts off. */
static __always_inline struct why_cpu *active_cpu(u32 *ret_id)
{
	struct why_cpu *cpu;

	*ret_id = this_cpu_id();
	cpu = cpu_of(*ret_id);
	if (!cpu || cpu->phase != WHY_PHASE_ACTIVE)
		return 0;
	cpu->nr_events++;
	return cpu;
}

/* The same in any phase but the last, for hooks that may be interrupted by others. */
static __always_inline struct why_cpu *interruptible_cpu(u32 *ret_id)
{
	struct why_cpu *cpu;

	*ret_id = this_cpu_id();
	cpu = cpu_of(*ret_id);
	if (!cpu || cpu->phase == WHY_PHASE_ENDED)
		return 0;
	__sync_fetch_and_add(&cpu->nr_events, 1);
	return cpu;
}

/*
 * Whether all CPUs are measured. Before, and after, tasks run, sleep and are woken on some of them
 * unseen; so what a task did between two of its events, nobody knows.
 */
static __always_inline u32 is_whole(void)
{
	return WHY_LOAD(*whole());
}

/*
 * A task's state where neither its fork nor a walk over all tasks has shown it: in storage only
 * where that takes no page allocator under the run queue's lock. Not inlined: rare.
 */
WHY_RARE struct why_task *make_state_late(struct why_cpu *cpu, struct task_struct *p)
{
	struct why_task *t = make_state(cpu, p, 0, WHY_MAKE_LATE);
	u32 id = this_cpu_id();
	u64 now = WHY_CLOCK();

	if (!t) {
		cpu->lost[WHY_LOSS_NO_TASK_STATE]++;
		return 0;
	}
	write_name(cpu, id, now, p->pid, p->comm);
	write_cgroup(cpu, id, now, p);
	return t;
}

static __always_inline struct why_task *task_of(struct why_cpu *cpu, struct task_struct *p)
{
	struct why_task *t = find_state(cpu, p);

	return t || why_cfg.subject == WHY_SUBJECT_LISTED ? t : make_state_late(cpu, p);
}

/* The account that waits for `cpu` are split by; NULL where whoever replays the events does. */
static __always_inline const struct why_account *wait_account(const struct why_cpu *cpu)
{
	return why_cfg.events_only ? 0 : &cpu->account;
}

/* `t`: its state, or NULL. */
static __always_inline u32 is_subject(struct task_struct *p, const struct why_task *t)
{
	switch (why_cfg.subject) {
	case WHY_SUBJECT_TGID:
		return (u32)p->tgid == why_cfg.subject_pid;
	case WHY_SUBJECT_TID:
		return (u32)p->pid == why_cfg.subject_pid;
	case WHY_SUBJECT_LISTED:
		return t != 0;
	case WHY_SUBJECT_CGROUP:
		return why_compat_in_cgroup(p, why_cfg.cgroup_subsys, why_cfg.cgroup_id);
	default:
		return 1;
	}
}

/* Rows with a new maximum (a set of 1 << kind) get the name that goes with it. */
static __always_inline void note_worst(struct why_cpu *cpu, u32 worst, struct task_struct *p)
{
	u32 kind;

	for (kind = 0; kind < WHY_KIND_NR_TASK; kind++)
		if (worst & 1U << kind)
			read_kernel(cpu->rows[kind].worst_comm, WHY_COMM_LEN, p->comm);
}

#endif
