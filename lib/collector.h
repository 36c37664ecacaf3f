/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is of one collector alone in a live measurement: how its hooks get into the kernel, how they
 * are run by hand, and how what they keep comes out. lib/source.h makes a source of it.
 *
 *	probe -> open -> (edge, walk, drain by whoever maps)* -> close
 *
 * All return 0, or -errno with *err filled in where there is one. One thread at a time.
 */
#ifndef WHY_LIB_COLLECTOR_H
#define WHY_LIB_COLLECTOR_H

#include "abi/config.h"
#include "abi/task.h"
#include "core/record.h"
#include "lib/collect.h"
#include "lib/error.h"
#include "lib/request.h"
#include "lib/tables.h"

/* Which lines there are; the beginning; once all CPUs are measured; the end. */
enum why_stage { WHY_STAGE_FIND, WHY_STAGE_BEGIN, WHY_STAGE_WHOLE, WHY_STAGE_END };
enum why_walk { WHY_WALK_ADOPT, WHY_WALK_COLLECT };

/* What the hooks took, of those runs that were sampled. */
struct why_collector_cost {
	u64 runs;
	u64 run_ns;
	u64 recursion_misses;	/* since the hooks are in */
	char missed_in[WHY_MISSED_ROOM];	/* events, with blanks between */
};

struct why_collector;
struct why_stall_collector_ops;

struct why_collector_ops {
	const char *name;
	/* Whether this machine can: cheap, and leaves nothing behind. */
	int (*probe)(struct why_error *err);
	bool (*has_event)(const char *event);
	/*
	 * Hooks what `req` needs, as `cfg` says, and maps the memory that is written: *ret_tables
	 * and *ret_rings (NULL where there are none) live until close().
	 */
	int (*open)(const struct why_request *req, const struct why_config *cfg,
		    struct why_collector **ret, struct why_tables *ret_tables,
		    const struct why_record **ret_rings, struct why_error *err);
	/* Runs an edge of the measurement on every CPU. */
	int (*edge)(struct why_collector *c, enum why_stage stage);
	/* Walks all tasks; `take` (may be NULL when adopting) gets each record as it comes. */
	int (*walk)(struct why_collector *c, enum why_walk walk,
		    int (*take)(void *arg, const struct why_task_record *r), void *arg);
	/* The rows of the dead, into `into`. */
	int (*take_exited)(struct why_collector *c, struct why_collection *into);
	/* Begins or ends to sample what the hooks take. */
	void (*sample_cost)(struct why_collector *c, bool is_begin);
	void (*cost)(struct why_collector *c, struct why_collector_cost *ret);
	void (*close)(struct why_collector *c);
	/* What it finds sections with interrupts off by: another measurement. */
	const struct why_stall_collector_ops *stalls;
};

extern const struct why_collector_ops why_collector_bpf;
extern const struct why_collector_ops why_collector_module;

/* The one of that name; NULL: none. */
const struct why_collector_ops *why_collector_named(const char *name);

#endif
