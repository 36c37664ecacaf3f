/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rates of interrupts in windows of 100 ms: the most of each source on each CPU, and storms
 * (docs/latencies.md).
 */
#ifndef WHY_LIB_RATES_H
#define WHY_LIB_RATES_H

#include "lib/snapshot.h"
#include "lib/tables.h"

enum {
	WHY_STORM_RATE = 20000,		/* a second, or */
	WHY_STORM_SHARE = 20,		/* per cent of a CPU */
};

/* Interrupts of a source on a CPU so far. */
u64 why_source_count(const struct why_tables *t, u32 cpu, u32 source);

struct why_rates;

/* NULL without memory. */
struct why_rates *why_rates_new(u32 nr_cpus);
void why_rates_free(struct why_rates *r);

/* The tables stand at zero, and no storm is under way. */
void why_rates_begin(struct why_rates *r, u64 now);

/*
 * Takes the window from the last one to `now` into the peaks and storms of `into`. One shorter
 * than half of 100 ms (the last of a measurement) makes no peak, and only lengthens storms.
 * Returns 0 or -ENOMEM.
 */
int why_rates_window(struct why_rates *r, const struct why_tables *t, u64 now,
		     struct why_snapshot *into);

#endif
