/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where measurements come from. Every collector is one table of these verbs, in life-cycle order;
 * whoever measures works with the table alone.
 *
 *	probe -> open -> start -> (tick, window)* -> freeze -> snapshot -> close
 *
 * All return 0, or -errno with *err filled in. One thread at a time. close() undoes whatever has
 * been done, at any point, and leaves nothing in the kernel.
 */
#ifndef WHY_LIB_SOURCE_H
#define WHY_LIB_SOURCE_H

#include "abi/config.h"
#include "lib/cgroup.h"
#include "lib/error.h"
#include "lib/event.h"
#include "lib/pressure.h"
#include "lib/snapshot.h"
#include "lib/tables.h"

/* What to measure. */
struct why_request {
	u32 kinds;		/* 1 << kind */
	enum why_subject subject;
	u32 pid;		/* of WHY_SUBJECT_TGID and WHY_SUBJECT_TID */
	const char *cgroup;	/* path, of WHY_SUBJECT_CGROUP; borrowed until open() returns */
	bool split_waker;	/* tell the waker's path and the IPI's flight apart */
	bool split_switch;	/* tell the scheduler's own time apart */
	u32 ring_shift;		/* log2 of the records to keep per CPU; 0: none */
	/*
	 * With a ring: told of every task at start() (who it is), twice where need be, the later
	 * the better; and by snapshot() of those with figures, as they stand. Returns 0 or -errno.
	 */
	int (*tell)(void *arg, const struct why_task_record *r);
	void *tell_arg;
};

/* Whether the program on this event is needed at all. */
bool why_request_wants(const struct why_request *req, const char *event);

struct why_source;

struct why_source_ops {
	const char *name;
	/* Whether this machine can: cheap, and leaves nothing behind. */
	int (*probe)(struct why_error *err);
	/* Whether this kernel has an event to measure by (any life-cycle state). */
	bool (*has_event)(const char *event);
	/* Whether the kernel's own counts of interrupts can be read beside ours. */
	bool (*has_counts)(void);
	int (*open)(const struct why_request *req, struct why_source **ret, struct why_error *err);
	/* The measurement begins. */
	int (*start)(struct why_source *src, struct why_error *err);
	/* Appends one tick of the series to `into` (made by why_snapshot_new). */
	int (*tick)(struct why_source *src, struct why_snapshot *into, struct why_error *err);
	/* Looks for peaks and storms of interrupts since the last look, 100 ms ago. */
	int (*window)(struct why_source *src, struct why_snapshot *into, struct why_error *err);
	/* Samples the collector's own cost for a while beginning now; ends it when called again. */
	void (*sample_cost)(struct why_source *src, bool is_begin);
	/* The measurement ends: nothing counts from here on. */
	int (*freeze)(struct why_source *src, struct why_error *err);
	/* Fills in `into`, merged. After freeze(). */
	int (*snapshot)(struct why_source *src, struct why_snapshot *into, struct why_error *err);
	/* While it lasts: the keyed rows and counts of `into` as they are now. */
	int (*peek)(struct why_source *src, struct why_snapshot *into, struct why_error *err);
	/*
	 * Takes up to `max` records of CPU `cpu` from its ring, in the order written, into `ret`.
	 * Returns their number; *ret_lost grows by those overwritten unread.
	 */
	size_t (*drain)(struct why_source *src, u32 cpu, struct why_event *ret, size_t max,
			u64 *ret_lost);
	u64 (*ring_size)(const struct why_source *src);	/* records of a CPU; 0: no ring */
	/* What is measured where: collector, machine, kinds, begin. After start(). */
	void (*describe)(const struct why_source *src, struct why_snapshot *into);
	/* What /proc told at the beginning, then at the last tick. */
	const struct why_pressure *(*pressure)(const struct why_source *src);
	/* Those there were at the beginning, with request.tell, or at the end; may be NULL. */
	const struct why_cgroup_map *(*cgroups)(const struct why_source *src);
	/* What the collector writes, as it stands; valid until close(). */
	const struct why_tables *(*tables)(const struct why_source *src);
	void (*close)(struct why_source *src);
	u32 (*nr_cpus)(const struct why_source *src);
};

extern const struct why_source_ops why_source_bpf;

#endif
