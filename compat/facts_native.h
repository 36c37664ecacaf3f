/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel facts that differ between kernels, for the module: fields by the headers it is built
 * against, features probed in them by kmod/Kbuild; what the headers do not show (run queues) by
 * offsets that user space has from the running kernel's BTF. compat/facts_core.h answers the same
 * for eBPF.
 *
 * fact				kernels			commit		how probed
 * se.sched_delayed		6.12 and later		152e11f6df29	WHY_HAS_SCHED_DELAYED
 */
#ifndef WHY_COMPAT_FACTS_NATIVE_H
#define WHY_COMPAT_FACTS_NATIVE_H

#include <linux/cgroup.h>
#include <linux/fdtable.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>

#if defined(CONFIG_X86_64)
#define __TARGET_ARCH_x86
#elif defined(CONFIG_ARM64)
#define __TARGET_ARCH_arm64
#endif

/*
 * Bytes in the scheduler's own structures (kernel/sched/sched.h); -1: not told. Set once, together,
 * `rq` last, when they have been seen to be right.
 */
extern int why_compat_cfs_rq_rq;
extern int why_compat_rq_nr_switches;

static __always_inline u32 why_compat_is_delayed(struct task_struct *p)
{
#ifdef WHY_HAS_SCHED_DELAYED
	return p->se.sched_delayed;
#else
	return 0;
#endif
}

static __always_inline u32 why_compat_is_pi_locked(struct task_struct *p)
{
	return raw_spin_is_locked(&p->pi_lock);
}

/* The run queue of the CPU that `p` runs on; NULL where it can not be reached. */
static __always_inline struct rq *why_compat_rq(struct task_struct *p)
{
#ifdef CONFIG_FAIR_GROUP_SCHED
	int offset = smp_load_acquire(&why_compat_cfs_rq_rq);

	if (offset >= 0)
		return *(struct rq **)((char *)p->se.cfs_rq + offset);
#endif
	return NULL;
}

static __always_inline u64 why_compat_rq_switches(struct rq *rq)
{
	return *(u64 *)((char *)rq + why_compat_rq_nr_switches);
}

/* Run queues are never freed. */
static __always_inline u64 why_compat_rq_switches_at(u64 address)
{
	return why_compat_rq_switches((struct rq *)(unsigned long)address);
}

/* The line of a descriptor, and where the kernel counts it, per CPU. 0, or not told. */
static __always_inline long why_compat_line(u64 desc, u32 *ret_irq,
					    u64 *ret_counter)
{
	struct irq_desc *d = (struct irq_desc *)(unsigned long)desc;

	unsigned long counter = 0;
	long rc;

	rc = copy_from_kernel_nofault(ret_irq, &d->irq_data.irq, sizeof(*ret_irq)) ?:
	     copy_from_kernel_nofault(&counter, &d->kstat_irqs, sizeof(counter));
	*ret_counter = counter;
	return rc;
}

/* kernfs id of the ancestor of `c` on `level`, at most its own; 0: there is none. */
static __always_inline u64 why_compat_ancestor_id(struct cgroup *c, int level)
{
	struct cgroup *up = cgroup_ancestor(c, level);

	return up ? up->kn->id : 0;
}

/* PREEMPT_RT: the task's own count of softirqs, served (SOFTIRQ_OFFSET) or held off; else 0. */
static __always_inline u32 why_compat_softirq_count(struct task_struct *p)
{
#ifdef CONFIG_PREEMPT_RT
	return p->softirq_disable_cnt;
#else
	return 0;
#endif
}

/* preempt_count() of the task that runs here, where not the CPU has it; else not asked for. */
static __always_inline u32 why_compat_task_preempt_count(struct task_struct *p)
{
	return preempt_count();
}

static __always_inline u32 why_compat_task_cpu(struct task_struct *p)
{
	return task_cpu(p);
}

/* A task of 32 bits on a kernel of 64: it numbers its calls otherwise. */
static __always_inline u32 why_compat_is_32bit(struct task_struct *p)
{
#if defined(CONFIG_X86_64)
	return p->thread_info.status & TS_COMPAT;
#elif defined(CONFIG_ARM64)
	return is_compat_thread(task_thread_info(p));
#else
	return 0;
#endif
}

static __always_inline struct pt_regs *why_compat_regs(struct task_struct *p)
{
	return task_pt_regs(p);
}

/* The operations that read file descriptor `fd` of `p`, who sleeps; 0: none. Under RCU. */
static __always_inline void why_compat_read_ops(struct task_struct *p, u32 fd,
						u64 *ret_iter,
						u64 *ret_read)
{
	struct files_struct *files = READ_ONCE(p->files);
	struct fdtable *table = files ? rcu_dereference_raw(files->fdt) : NULL;
	struct file *file;

	*ret_iter = *ret_read = 0;
	if (!table || fd >= table->max_fds)
		return;
	/* Files are freed after a grace period: at worst this is another one's. */
	file = rcu_dereference_raw(table->fd[fd]);
	if (!file || !file->f_op)
		return;
	*ret_iter = (unsigned long)file->f_op->read_iter;
	*ret_read = (unsigned long)file->f_op->read;
}

/* Where a function begins that a kprobe was put on: behind its ENDBR, if it has one (x86's IBT). */
static __always_inline unsigned long why_compat_function_start(unsigned long address)
{
#ifdef CONFIG_X86_KERNEL_IBT
	const u32 endbr64 = 0xfa1e0ff3;
	u32 before = 0;

	if (!copy_from_kernel_nofault(&before, (void *)(address - sizeof(before)),
				      sizeof(before)) &&
	    before == endbr64)
		return address - sizeof(before);
#endif
	return address;
}

#endif
