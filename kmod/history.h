/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real-time tree's latency history: of each kind and CPU every latency since the last reset, by
 * the microsecond. A session of its own. Nothing is hooked, and no memory taken, while none is on.
 *
 * All functions but why_history_add() may sleep, and take the history's mutex.
 */
#ifndef WHY_KMOD_HISTORY_H
#define WHY_KMOD_HISTORY_H

#include "core/linear.h"
#include "kmod/observed.h"

#include <linux/types.h>

enum why_history {
	WHY_HISTORY_IRQSOFF,
	WHY_HISTORY_PREEMPTOFF,
	WHY_HISTORY_WAKEUP,	/* sched.wakeup, on the CPU that the task came to */
	WHY_HISTORY_TIMER,	/* irq.delivery.timer */
	WHY_HISTORY_NR,
};

void why_history_init(void);
void why_history_exit(void);

/* NULL, or why this kernel can't tell of it. */
const char *why_history_why_not(enum why_history which);

/* Whether it is by what came late, for the kernel has no events; then also what was seen. */
bool why_history_is_observed(enum why_history which);
void why_history_observed(enum why_history which, u32 cpu, struct why_observed *ret);

/* One more on a CPU, whose alone it is: by its hooks with interrupts off, or while none runs. */
void why_history_add(enum why_history which, u32 cpu, u64 ns);

/* On or off; what was counted stays. Returns 0 or -errno (-EOPNOTSUPP: this kernel can't). */
int why_history_enable(enum why_history which, bool is_on);
bool why_history_is_on(enum why_history which);

/* All CPUs begin again. */
void why_history_reset(enum why_history which);

/*
 * A copy of a CPU's, for vfree(); NULL without memory. All zero where it was never on. *ret_lost:
 * events since the last reset that are in no sample, as the tables had no room.
 */
struct why_linear *why_history_copy(enum why_history which, u32 cpu, u64 *ret_lost);

#endif
