/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs' shared state and the few ways to reach it. Per-CPU state is an array sized to the
 * machine before loading and mapped by user space, indexed by CPU number so that a waker can read
 * its target's account. Hot paths touch no hash map.
 */
#ifndef WHY_BPF_MAPS_H
#define WHY_BPF_MAPS_H

#include "compat/task.h"
#include "compat/sleep.h"

#include "abi/config.h"
#include "abi/task.h"
#include "core/cpu.h"

#include <bpf/bpf_tracing.h>

#define WHY_CLOCK() bpf_ktime_get_ns()

/* Set before loading; what it rules out is dead code to the verifier. */
const volatile struct why_config why_cfg = {};

#include "bpf/ring.h"
#include "bpf/state.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct why_cpu);
} why_cpus SEC(".maps");

/* Written only when a task dies. Each CPU adds to its own copy; user space adds them up. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct why_exited_key);
	__type(value, struct why_exited);
} why_exited SEC(".maps");

static __always_inline struct why_cpu *cpu_of(u32 id)
{
	return bpf_map_lookup_elem(&why_cpus, &id);
}

/* This CPU's state if it is being measured. For hooks that run with interrupts off. */
static __always_inline struct why_cpu *active_cpu(u32 *ret_id)
{
	struct why_cpu *cpu;

	*ret_id = bpf_get_smp_processor_id();
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

	*ret_id = bpf_get_smp_processor_id();
	cpu = cpu_of(*ret_id);
	if (!cpu || cpu->phase == WHY_PHASE_ENDED)
		return 0;
	__sync_fetch_and_add(&cpu->nr_events, 1);
	return cpu;
}

/*
 * A task's state where neither its fork nor a walk over all tasks has shown it: in storage only
 * where that takes no page allocator under the run queue's lock. Not inlined: rare.
 */
static __noinline struct why_task *make_state_late(struct why_cpu *cpu, struct task_struct *p)
{
	struct why_task *t = make_state(cpu, p, 0, !why_cfg.is_rt && why_cfg.has_storage_cache ?
							   BPF_LOCAL_STORAGE_GET_F_CREATE :
							   0);
	u32 id = bpf_get_smp_processor_id();
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
	return find_state(cpu, p) ?: make_state_late(cpu, p);
}

static __always_inline u32 is_subject(struct task_struct *p)
{
	switch (why_cfg.subject) {
	case WHY_SUBJECT_TGID:
		return (u32)p->tgid == why_cfg.subject_pid;
	case WHY_SUBJECT_TID:
		return (u32)p->pid == why_cfg.subject_pid;
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
			bpf_probe_read_kernel(cpu->rows[kind].worst_comm, WHY_COMM_LEN, p->comm);
}

#endif
