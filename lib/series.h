/* SPDX-License-Identifier: GPL-2.0-only */
/* The series: what happened since the last tick, from per-CPU state that goes on meanwhile. */
#ifndef WHY_LIB_SERIES_H
#define WHY_LIB_SERIES_H

#include "lib/pressure.h"
#include "lib/snapshot.h"
#include "lib/tables.h"

struct why_series;

/* `kinds`: 1 << kind. NULL without memory. */
struct why_series *why_series_new(u32 nr_cpus, u32 kinds);
void why_series_free(struct why_series *s);

/* The tables stand at zero. */
void why_series_begin(struct why_series *s, u64 now, const struct why_pressure *pressure);

/* Appends one tick, from the last one to `now`, to `into`. Returns 0 or -ENOMEM. */
int why_series_tick(struct why_series *s, const struct why_tables *t, u64 now,
		    const struct why_pressure *pressure, struct why_snapshot *into);

#endif
