/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A measurement that is under way, by whichever collector.
 *
 *	open -> start -> (tick, window, drain)* -> freeze -> snapshot -> close
 *
 * All return 0, or -errno with *err filled in. One thread at a time. why_source_close() undoes
 * whatever has been done, at any point, and leaves nothing in the kernel.
 */
#ifndef WHY_LIB_SOURCE_H
#define WHY_LIB_SOURCE_H

#include "lib/cgroup.h"
#include "lib/collector.h"
#include "lib/error.h"
#include "lib/event.h"
#include "lib/pressure.h"
#include "lib/request.h"
#include "lib/snapshot.h"
#include "lib/tables.h"

struct why_source;

int why_source_open(const struct why_collector_ops *by, const struct why_request *req,
		    struct why_source **ret, struct why_error *err);

/* The measurement begins. */
int why_source_start(struct why_source *src, struct why_error *err);

/* Appends one tick of the series to `into` (made by why_snapshot_new). */
int why_source_tick(struct why_source *src, struct why_snapshot *into, struct why_error *err);

/* Looks for peaks and storms of interrupts since the last look, 100 ms ago. */
int why_source_window(struct why_source *src, struct why_snapshot *into, struct why_error *err);

/* Samples the collector's own cost for a while beginning now; ends it when called again. */
void why_source_sample_cost(struct why_source *src, bool is_begin);

/* The measurement ends: nothing counts from here on. */
int why_source_freeze(struct why_source *src, struct why_error *err);

/* Fills in `into`, merged. After why_source_freeze(). */
int why_source_snapshot(struct why_source *src, struct why_snapshot *into,
			struct why_error *err);

/* While it lasts: the keyed rows and counts of `into` as they are now. */
int why_source_peek(struct why_source *src, struct why_snapshot *into, struct why_error *err);

/*
 * Takes up to `max` records of CPU `cpu` from its ring, in the order written, into `ret`. Returns
 * their number; *ret_lost grows by those overwritten unread.
 */
size_t why_source_drain(struct why_source *src, u32 cpu, struct why_event *ret, size_t max,
			u64 *ret_lost);

/* Records of a CPU; 0: no ring. */
u64 why_source_ring_size(const struct why_source *src);

/* What is measured where: collector, machine, kinds, begin. After why_source_start(). */
void why_source_describe(const struct why_source *src, struct why_snapshot *into);

/* What /proc told at the beginning, then at the last tick. */
const struct why_pressure *why_source_pressure(const struct why_source *src);

/* Those there were at the beginning, with request.tell, or at the end; may be NULL. */
const struct why_cgroup_map *why_source_cgroups(const struct why_source *src);

/* What the collector writes, as it stands; valid until why_source_close(). */
const struct why_tables *why_source_tables(const struct why_source *src);

u32 why_source_nr_cpus(const struct why_source *src);

/* NULL is fine. */
void why_source_close(struct why_source *src);

#endif
