/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that the hooks need from outside, answered once per world: bpf/world.h for eBPF programs,
 * kmod/world.h for the kernel module. A world holds the memory and knows the kernel's calls; what
 * an event means is told here alone, so that both collectors give the same answer.
 *
 *	struct task_struct ...			the kernel's types, its own or compat/vmlinux.h's
 *	why_compat_*()				facts that differ between kernels
 *	const struct why_config why_cfg		constant while hooks run
 *	WHY_CLOCK()				CLOCK_MONOTONIC, ns
 *	WHY_PUBLISH(x, v)			stores after all earlier stores (compat/order.h)
 *	WHY_STORES_KEEP_ORDER			whether all stores are seen in their order
 *	u32 this_cpu_id(void)
 *	struct task_struct *this_task(void)
 *	u64 address_of(cpu, p)			an address as a number; 0: not now
 *	long read_kernel(to, size, from)	copies kernel memory that may be gone; 0: done
 *	read_name(to, size, from)		the same of a string, cut and ended by a zero
 *	each(nr, f, walk)			f(i, walk) for 0 to nr - 1, until one is not 0
 *	barrier_var(x)				the compiler forgets what it knows of x
 *	WHY_RARE				a function of this file, not inlined
 *	WHY_APART				a function that is followed (verified) on its own
 *	WHY_UNROLL				before a loop whose number of turns is constant
 *	WHY_WAYS				places a task's state may have; a power of 2
 *
 * Elements of what is written, or NULL where there is none:
 *
 *	struct why_cpu *cpu_of(u32 id)				one a CPU
 *	struct why_place *place_at(u32 i)			1 << why_cfg.place_shift
 *	struct why_keyed *row_at(u32 i)				1 << why_cfg.keyed_shift
 *	struct why_line *line_at(u32 i)				WHY_LINES
 *	struct why_line_count *line_count_at(u32 i)		WHY_LINES a CPU
 *	struct why_record *record_at(u32 i)			1 << why_cfg.ring_shift a CPU
 *	struct why_queued *queued_at(u32 i)			1 << WHY_QUEUED_SHIFT
 *	u64 *late_at(u32 i)					1 << WHY_LATE_SHIFT
 *	u32 *whole(void)					1 while all CPUs are measured
 *	struct why_exited *exited_of(const struct why_exited_key *)	made if need be
 *	struct why_task *stored_state(p, enum why_may_make)	beside the places
 */
#ifndef WHY_HOOKS_WORLD_H
#define WHY_HOOKS_WORLD_H

#include "abi/config.h"
#include "abi/task.h"
#include "core/cpu.h"
#include "core/keyed.h"
#include "core/record.h"
#include "hooks/shapes.h"

/* Where a task's state is asked for, which says what may be allocated. */
enum why_may_make {
	WHY_MAKE_NOT,
	WHY_MAKE_AT_LEISURE,	/* in a walk over all tasks */
	WHY_MAKE_AT_FORK,	/* preemption off */
	WHY_MAKE_LATE,		/* under the run queue's lock */
};

#include WHY_WORLD

#endif
