/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Core, hooks and probes that find sections with interrupts or preemption off, as one unit (as
 * kmod/unit.h is for those that measure), and the timers that only come to be late. Who includes it
 * defines reserve_record() and keep_record().
 */
#ifndef WHY_KMOD_STALL_UNIT_H
#define WHY_KMOD_STALL_UNIT_H

/* The core's functions are each unit's own, but for those of which it has none. */
#include "core/cpu.h"
#undef WHY_HIDDEN
#define WHY_HIDDEN static __maybe_unused

#include "core/stall.c"
#include "hooks/stalls.c"

#include "hooks/stall_events.h"
#include "kmod/late_timers.h"
#include "kmod/tables.h"

#define PROBE_EVENTS	  WHY_STALL_EVENTS
#define PROBE_VECTOR_CALL WHY_STALL_VECTOR_CALL
#include "kmod/probes.h"

static const char *const irq_events[] = {
	"irq_handler_exit", "irq_handler_entry", "hrtimer_start", "hrtimer_expire_entry",
	"ipi_send_cpu",
};
static const char *const preempt_events[] = {
	"sched_set_need_resched_tp", "sched_entry_tp", "sched_exit_tp",
};

/* What nothing is found without; NULL: this kernel has it. */
static const char *lacks(void)
{
	static const char *const needed[] = { "local_timer_entry", "local_timer_exit",
					      "hrtimer_start", "hrtimer_expire_entry" };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (!events_named(&needed[i], 1))
			return needed[i];
	return NULL;
}

static struct why_late_timers timers;

/* Hooks, and starts timers of that period (0: none). 0 or -errno, then with nothing left. */
static int begin_stalls(const struct why_stall_config *cfg, u64 period_ns, bool has_preempt)
{
	u64 events = events_named(irq_events, ARRAY_SIZE(irq_events)) | vector_events();
	int rc = make_stalls(cfg);

	if (rc)
		return rc;
	least_tif = ~0U;
	if (has_preempt)
		events |= events_named(preempt_events, ARRAY_SIZE(preempt_events));
	rc = hook(events);
	if (!rc && period_ns)
		rc = why_late_timers_start(&timers, period_ns);
	if (!rc)
		return 0;
	unhook(~0ULL);
	free_stalls();
	return rc;
}

/* No hook runs when it returns; what was found stays until free_stalls(). */
static void end_stalls(void)
{
	why_late_timers_stop(&timers);
	unhook(~0ULL);
}

#endif
