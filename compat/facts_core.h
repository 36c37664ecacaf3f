/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel facts that differ between kernels, for eBPF: each is probed in the running kernel's BTF,
 * nothing here asks for a version. compat/facts_native.h answers the same for the module.
 *
 * fact				kernels			commit			how probed
 * se.sched_delayed: a sleeper	6.12 and later		152e11f6df29 ("sched/	field exists
 *   may stay queued					fair: Implement
 *							delayed dequeue")
 * on_rq 16 bits wide		6.18			(seen in its BTF)	CO-RE load size
 * cgroup.ancestors		6.1 and later		7f203bc89eb6		field exists
 *   before: ancestor_ids	to 6.0
 * thread_info.preempt_count:	all but x86, s390	include/asm-generic/	field exists
 *   each task has its own	(per CPU there)		preempt.h
 */
#ifndef WHY_COMPAT_FACTS_CORE_H
#define WHY_COMPAT_FACTS_CORE_H

#include "compat/vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct sched_entity___delayed {
	unsigned char sched_delayed;
} __attribute__((preserve_access_index));

struct cgroup___ancestors {
	struct cgroup *ancestors[24];
} __attribute__((preserve_access_index));

/* arm64's has 64 bits, of which the lower half counts (arch/arm64/include/asm/preempt.h). */
struct thread_info___counting {
	u32 preempt_count;
} __attribute__((preserve_access_index));

struct task_struct___rt {
	int softirq_disable_cnt;
} __attribute__((preserve_access_index));

/* Queued and asleep. */
static __always_inline u32 why_compat_is_delayed(struct task_struct *p)
{
	struct sched_entity___delayed *se = (void *)&p->se;

	return bpf_core_field_exists(se->sched_delayed) ? se->sched_delayed : 0;
}

/* Somebody holds its pi_lock. All architectures with eBPF trampolines have queued spinlocks. */
static __always_inline u32 why_compat_is_pi_locked(struct task_struct *p)
{
	return BPF_CORE_READ(p, pi_lock.raw_lock.val.counter) != 0;
}

/*
 * The run queue of the CPU that `p` runs on; NULL where it can not be reached: without
 * CONFIG_FAIR_GROUP_SCHED an entity does not know its queue.
 */
static __always_inline struct rq *why_compat_rq(struct task_struct *p)
{
	if (!bpf_core_field_exists(p->se.cfs_rq) || !bpf_core_field_exists(p->se.cfs_rq->rq))
		return 0;
	return p->se.cfs_rq->rq;
}

/* The kernel's count of switches there, one that is under way included. */
static __always_inline u64 why_compat_rq_switches(struct rq *rq)
{
	return rq->nr_switches;
}

/* The same of a queue whose address was kept: its CPU may be off. */
static __always_inline u64 why_compat_rq_switches_at(u64 address)
{
	struct rq *rq = (struct rq *)address;
	u64 n = 0;

	bpf_core_read(&n, sizeof(n), &rq->nr_switches);
	return n;
}

/* The line of a descriptor at `desc`, and where the kernel counts it, per CPU. 0, or not told. */
static __always_inline long why_compat_line(u64 desc, u32 *ret_irq, u64 *ret_counter)
{
	struct irq_desc *d = (struct irq_desc *)desc;

	return bpf_core_read(ret_irq, sizeof(*ret_irq), &d->irq_data.irq) ?:
	       bpf_core_read(ret_counter, sizeof(*ret_counter), &d->kstat_irqs);
}

/* kernfs id of the ancestor of `c` on `level`; 0: there is none. */
static __always_inline u64 why_compat_ancestor_id(struct cgroup *c, int level)
{
	struct cgroup___ancestors *a = (void *)c;
	struct cgroup *up = 0;

	bpf_core_read(&up, sizeof(up), &a->ancestors[level]);
	return up ? BPF_CORE_READ(up, kn, id) : 0;
}

/* PREEMPT_RT: the task's own count of softirqs, served (SOFTIRQ_OFFSET) or held off; else 0. */
static __always_inline u32 why_compat_softirq_count(struct task_struct *p)
{
	struct task_struct___rt *rt = (void *)p;

	return bpf_core_field_exists(rt->softirq_disable_cnt) ?
		       (u32)BPF_CORE_READ(rt, softirq_disable_cnt) : 0;
}

/* preempt_count() of the task that runs here, where not the CPU has it; else 0. */
static __always_inline u32 why_compat_task_preempt_count(struct task_struct *p)
{
	struct thread_info___counting *info = (void *)&p->thread_info;
	u32 n = 0;

	if (bpf_core_field_exists(info->preempt_count))
		bpf_core_read(&n, sizeof(n), &info->preempt_count);
	return n;
}

static __always_inline u32 why_compat_task_cpu(struct task_struct *p)
{
	return p->thread_info.cpu;
}

/* A task of 32 bits on a kernel of 64: it numbers its calls otherwise. */
static __always_inline u32 why_compat_is_32bit(struct task_struct *p)
{
#if defined(__TARGET_ARCH_x86)
	const u32 ts_compat = 2;	/* arch/x86/include/asm/thread_info.h */

	return p->thread_info.status & ts_compat;
#elif defined(__TARGET_ARCH_arm64)
	const u32 tif_32bit = 1 << 22;	/* arch/arm64/include/asm/thread_info.h */

	return (u32)p->thread_info.flags & tif_32bit;
#else
	return 0;
#endif
}

/* What a task in the kernel has of user space. */
static __always_inline struct pt_regs *why_compat_regs(struct task_struct *p)
{
	return (struct pt_regs *)bpf_task_pt_regs(p);
}

/* The operations that read file descriptor `fd` of `p`; 0: none. */
static __always_inline void why_compat_read_ops(struct task_struct *p, u32 fd, u64 *ret_iter,
						u64 *ret_read)
{
	const struct file_operations *op = 0;
	struct file *file = 0;

	*ret_iter = *ret_read = 0;
	if (!p->files || fd >= p->files->fdt->max_fds)
		return;
	bpf_probe_read_kernel(&file, sizeof(file), p->files->fdt->fd + fd);
	if (!file || bpf_core_read(&op, sizeof(op), &file->f_op) || !op)
		return;
	bpf_core_read(ret_iter, sizeof(*ret_iter), &op->read_iter);
	bpf_core_read(ret_read, sizeof(*ret_read), &op->read);
}

#endif
