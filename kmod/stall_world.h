/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world of hooks/stalls.c in the kernel (hooks/stall_world.h), but for where records go, which
 * is each unit's own.
 */
#ifndef WHY_KMOD_STALL_WORLD_H
#define WHY_KMOD_STALL_WORLD_H

#include "compat/task.h"
#include "core/late.h"

#include <linux/cpumask.h>
#include <linux/stacktrace.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include <asm/irq_regs.h>

#define WHY_CLOCK() ktime_get_mono_fast_ns()
#define WHY_RARE    static noinline

static struct why_stall_record *reserve_record(void);
static void keep_record(struct why_stall_record *r);

/* What one CPU's hooks write. */
struct stall_here {
	struct why_stall_cpu cpu;
	struct why_asked asked;
	struct why_longest longest;
};

/* The unit's own; made and freed while nothing is hooked. */
static struct {
	struct why_stall_config cfg;
	u32 nr_cpus;
	struct stall_here *here;	/* [nr_cpus] */
	u64 late[1 << WHY_LATE_SHIFT];
} stalls;

#define why_cfg stalls.cfg

static int make_stalls(const struct why_stall_config *cfg)
{
	stalls.cfg = *cfg;
	memset(stalls.late, 0, sizeof(stalls.late));
	stalls.here = vzalloc(array_size(nr_cpu_ids, sizeof(*stalls.here)));
	stalls.nr_cpus = stalls.here ? nr_cpu_ids : 0;
	return stalls.here ? 0 : -ENOMEM;
}

static void free_stalls(void)
{
	stalls.nr_cpus = 0;
	vfree(stalls.here);
	stalls.here = NULL;
}

static __always_inline struct why_stall_cpu *cpu_of(u32 id)
{
	return id < stalls.nr_cpus ? &stalls.here[id].cpu : NULL;
}

static __always_inline u32 this_cpu_id(void)
{
	return raw_smp_processor_id();
}

static __always_inline struct why_asked *asked_here(void)
{
	return &stalls.here[this_cpu_id()].asked;
}

static __always_inline struct why_longest *longest_here(void)
{
	return &stalls.here[this_cpu_id()].longest;
}

static __always_inline u64 *late_at(u32 i)
{
	return &stalls.late[i];
}

static __always_inline struct task_struct *this_task(void)
{
	return current;
}

static __always_inline u64 address_of(struct why_longest *l, const void *p)
{
	return (unsigned long)p;
}

/* KVM's count is no symbol's; where it is, user space has from the kernel's types. */
static __always_inline u64 stolen_here(void)
{
	char *queue = (char *)why_compat_rq(current);
	u64 stolen = 0;

	if (queue && why_cfg.steal &&
	    copy_from_kernel_nofault(&stolen, queue + why_cfg.steal, sizeof(stolen)))
		stolen = 0;
	return stolen;
}

static __always_inline u32 preempt_count_here(void)
{
	return preempt_count();
}

static __always_inline u32 is_user_here(void)
{
	struct pt_regs *regs = get_irq_regs();

	return regs && user_mode(regs);
}

static __always_inline u32 frames_of(void *ctx, u64 *frames)
{
	BUILD_BUG_ON(sizeof(unsigned long) != sizeof(*frames));
	return stack_trace_save((unsigned long *)frames, WHY_STALL_FRAMES, 0);
}

static __always_inline void name_this(char *comm)
{
	memcpy(comm, current->comm, WHY_COMM_LEN);
}

#endif
