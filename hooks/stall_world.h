/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hooks that find sections with interrupts or preemption off (stalls.c) need from outside,
 * as hooks/world.h is for those that measure. Answered by bpf/stall_world.h and kmod/stall_world.h:
 *
 *	struct task_struct ..., why_compat_*()	as in hooks/world.h
 *	const struct why_stall_config why_cfg	constant while hooks run
 *	WHY_CLOCK(), this_cpu_id(), this_task(), WHY_RARE
 *	u64 address_of(struct why_longest *l, p)	an address as a number
 *	u64 stolen_here(void)			ns the hypervisor took of this CPU; 0: not told
 *	u32 preempt_count_here(void)
 *	u32 is_user_here(void)			the interrupt under way came from user mode
 *	u32 frames_of(void *ctx, u64 *frames)	the stack, WHY_STALL_FRAMES at most, ours first
 *	void name_this(char *comm)		of the current task, WHY_COMM_LEN bytes
 *	void keep_record(struct why_stall_record *r)	takes what reserve_record() gave
 *
 * Elements, or NULL where there is none:
 *
 *	struct why_stall_cpu *cpu_of(u32 id)		one a CPU
 *	struct why_asked *asked_here(void)		the same, this CPU's own
 *	struct why_longest *longest_here(void)		the same
 *	u64 *late_at(u32 i)				1 << WHY_LATE_SHIFT
 *	struct why_stall_record *reserve_record(void)	NULL: no room
 */
#ifndef WHY_HOOKS_STALL_WORLD_H
#define WHY_HOOKS_STALL_WORLD_H

#include "abi/stall.h"

/* What was being run when a switch was asked for, or at the first interrupt after that. */
struct why_asked {
	u64 resched_ns;		/* of which asking */
	u32 pid;
	u32 nr_frames;
	char comm[WHY_COMM_LEN];
	u64 frames[WHY_STALL_FRAMES];
};

/* The longest timer of the interrupt under way. */
struct why_longest {
	u64 address;		/* a world's place to make numbers of addresses in */
	u64 begin_ns;		/* of the timer under way */
	u64 function;
	u64 longest_ns;
	u64 longest_function;
};

#include WHY_STALL_WORLD

#endif
