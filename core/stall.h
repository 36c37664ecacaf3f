/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections with interrupts off on one CPU, where the kernel has no events for them: told by what
 * came late. An interrupt that is due within such a section comes when it ends.
 *
 *	interrupts  on   | off                                   | on
 *	            ^    |         due                           ^ entry of the interrupt
 *	          mark   |          |---------- least ---------->|
 *	            |---------------------- most --------------->|
 *
 * Every entry of an interrupt and every exit from one is a mark: interrupts were on just before, or
 * just after. A section that holds `due` ends at the first mark after it, and began after the last
 * mark before it. Where the first mark after it is an exit, what was late had to wait for another
 * interrupt's handler, whose length is known exactly: why_stall_leave() tells of it.
 *
 * Owner: the CPU itself, with interrupts off; `sent_ns` and `resched_ns` are written by any CPU by
 * compare-exchange and taken by exchange or, the latter, cleared by its owner.
 */
#ifndef WHY_CORE_STALL_H
#define WHY_CORE_STALL_H

#include "core/irq.h"

enum {
	WHY_STALL_MARKS = 16,
	WHY_STALL_DEVICE = WHY_VECTOR_NR,	/* "vector" of a device's handler */
};

enum why_stall_kind {
	WHY_STALL_IRQSOFF,
	WHY_STALL_PREEMPTOFF,
	WHY_STALL_KIND_NR,
};

struct why_stall {
	u64 end_ns;
	u64 least_ns, most_ns;	/* its length lies between; equal: known exactly */
	u64 stolen_ns;		/* the hypervisor's share of it, already taken from least_ns */
	u32 kind;		/* enum why_stall_kind */
	u32 handler;		/* vector + 1 of the handler it is; 0: none */
	u32 is_behind;		/* another interrupt came between its end and its telling */
};

struct why_stall_mark {
	u64 at_ns;
	u64 stolen_ns;		/* by the hypervisor until then */
	u32 is_exit;
	u32 is_idle;		/* it interrupted the idle task asleep */
};

/* What was late by less than asked for, and what was not the kernel's doing. */
struct why_stall_tally {
	u64 nr_due;		/* timers that were looked at, outside the idle task */
	u64 nr_user;		/* of them in user mode, where interrupts are on */
	u64 nr_user_late;	/* of these late all the same: the machine's own doing */
	u64 nr_stolen;		/* late while the hypervisor had the CPU */
	u64 nr_unplaced;	/* late, with too much since: interrupts, or a switch */
	u64 nr_lost;		/* sections there was no room to tell of */
	u64 timer_ns;		/* in the timer's interrupt */
};

struct why_stall_cpu {
	struct why_stall_mark marks[WHY_STALL_MARKS];
	u32 nr_marks;		/* all so far */
	u32 vector;		/* under way */
	u64 entry_ns;		/* of it; 0: none */
	u32 depth;		/* of handlers within it: lines behind a line (GPIO expanders) */
	u32 is_idle;		/* it interrupted the idle task asleep */
	u64 usual_ns;		/* how late a timer usually is: the interrupt's way */
	u64 resched_ns;		/* since when a switch is asked for; 0: none is */
	u64 resched_switches;	/* the kernel's count of switches then */
	u64 resched_tif;	/* and the flag that asked */
	u64 switch_ns;		/* the last switch: preemption was on */
	u64 over_ns;		/* sections of this length or more are told */
	u64 begin_ns;		/* events before are nobody's */
	u64 rq_address;		/* of its run queue, for a collector */
	struct why_stall_tally tally;
	/* IPIs on their way here: since when, and the count of this CPU's switches then. */
	u64 sent_ns[WHY_VECTOR_NR] __attribute__((aligned(128)));
	u64 sent_switches[WHY_VECTOR_NR];
	u64 after_sent __attribute__((aligned(128)));
};

/*
 * An interrupt was taken on this CPU. `stolen_ns`: by the hypervisor, in all; `is_idle`: from the
 * idle task's sleep. Handlers within handlers are part of the outermost.
 */
WHY_HIDDEN void why_stall_enter(struct why_stall_cpu *c, u64 now, u32 vector, u64 stolen_ns,
				u32 is_idle);

/*
 * Its handler is done. Whether that was a section of c->over_ns or more: then 1, with *ret, whose
 * length is known but for what the hypervisor took of it.
 */
WHY_HIDDEN u32 why_stall_leave(struct why_stall_cpu *c, u64 now, u64 stolen_ns,
			       struct why_stall *ret);

/*
 * What was due at `due_ns` came with the interrupt under way. Whether that tells of a section of
 * c->over_ns or more: then 1, with *ret. Counts, and learns what is usual, where it was a timer.
 */
WHY_HIDDEN u32 why_stall_due(struct why_stall_cpu *c, u64 due_ns, u32 is_timer,
			     struct why_stall *ret);

/*
 * The scheduler comes to it now. If a switch was asked for at resched_ns, preemption was off since
 * then, or the kernel does not preempt itself; unless a switch was hidden: `switches` is the
 * kernel's count of them now. Returns as why_stall_due().
 */
WHY_HIDDEN u32 why_stall_switch(struct why_stall_cpu *c, u64 now, u64 switches, u64 stolen_ns,
				struct why_stall *ret);

#endif
