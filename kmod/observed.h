/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections with interrupts off where the kernel has no events for them, for their history: by what
 * came late, with a probe of its own (core/stall.h). A session of its own. All under the history's
 * mutex.
 */
#ifndef WHY_KMOD_OBSERVED_H
#define WHY_KMOD_OBSERVED_H

#include "abi/stall.h"

#include <linux/types.h>

struct why_observed {
	u64 probes;		/* timers that came, outside the idle task */
	u64 unplaced;		/* of them late, with too much since to tell what held them up */
	u64 period_ns;		/* of those of our own */
	u64 over_ns;		/* shorter ones are not told */
	struct why_stall_record longest;	/* stall.end_ns 0: none */
};

/* Once, at load. */
void why_observed_init(void);

/* NULL, or which event the kernel lacks. */
const char *why_observed_lacks(void);

/* Each section goes to why_history_add(). Returns 0 or -errno. */
int why_observed_start(void);
void why_observed_stop(void);

/* On that CPU, interrupts off, or where it is off: begins again. */
void why_observed_reset(u32 cpu);

/* What a CPU has seen since; all 0: never started. */
void why_observed_copy(u32 cpu, struct why_observed *ret);

/* Frees what is kept over stops. */
void why_observed_exit(void);

#endif
