/* SPDX-License-Identifier: GPL-2.0-only */
/* What crosses between the programs that find sections with interrupts off and user space. */
#ifndef WHY_ABI_STALL_H
#define WHY_ABI_STALL_H

#include "core/stall.h"

enum { WHY_STALL_FRAMES = 48 };	/* those of the interrupt itself included */

/* Constant from loading on. Offsets are bytes from a CPU's run queue; 0: not told. */
struct why_stall_config {
	u64 over_ns;		/* sections of this length or more are told */
	int irq_regs;		/* __irq_regs: what the interrupt has interrupted */
	int steal;		/* steal_time.steal (KVM): ns the hypervisor took */
	int preempt_count;
};

/* One section. */
struct why_stall_record {
	struct why_stall stall;
	u32 cpu;
	u32 irq;		/* line, where stall.handler is a device's */
	u32 pid;		/* of the task that was interrupted */
	u32 nr_frames;
	char comm[WHY_COMM_LEN];
	u64 function;		/* of the longest timer in a handler of the timer's; 0: none */
	u64 frames[WHY_STALL_FRAMES];	/* as the kernel gives them, ours first */
};

#endif
