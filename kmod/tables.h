/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hooks of one session write, and user space may map: made for a measurement, gone after
 * it. All zero at first. Owner: the unit that measures; nobody hooks before they are made or after
 * they are freed.
 */
#ifndef WHY_KMOD_TABLES_H
#define WHY_KMOD_TABLES_H

#include "compat/task.h"

#include "abi/module.h"
#include "core/cpu.h"
#include "core/late.h"
#include "core/record.h"
#include "hooks/shapes.h"

struct why_session {
	struct why_config cfg;			/* constant while hooked */
	u32 exited_shift;
	u32 is_whole;				/* hooks/world.h */
	bool has_buckets;			/* WHY_HAS_BUCKETS of the unit (core/hist.h) */
	struct why_cpu *cpus;			/* [config.nr_cpus] */
	struct why_place *places;		/* [1 << config.place_shift] */
	struct why_keyed *keyed;		/* [1 << config.keyed_shift] */
	struct why_line *lines;			/* [WHY_LINES] */
	struct why_line_count *line_counts;	/* [config.nr_cpus][WHY_LINES], with buckets */
	struct why_record *rings;		/* [config.nr_cpus][1 << config.ring_shift] */
	struct why_module_exited *exited;	/* [config.nr_cpus][1 << exited_shift] */
	struct why_queued *queued;		/* [1 << WHY_QUEUED_SHIFT] */
	u64 *late;				/* [1 << WHY_LATE_SHIFT] */
};

/*
 * Sets the configuration and makes the tables; has_buckets is set before. Returns 0, -EINVAL or
 * -ENOMEM, then with nothing made. Offsets that are told here are the module's from then on.
 */
int why_tables_make(struct why_session *s, const struct why_module_setup *setup);
void why_tables_free(struct why_session *s);

/*
 * Where the scheduler's structures have what hooks read of them; -1: not told. Returns 0, or
 * -EINVAL where they do not lead there, or elsewhere than those known already.
 */
int why_learn_offsets(int cfs_rq_rq, int rq_nr_switches);

/* Whether so many bytes may lie between a CPU's run queue and another of its variables. */
bool why_is_near(int offset);

/* A table and its bytes; NULL: not made. */
void *why_table(struct why_session *s, enum why_module_table which, size_t *ret_bytes);

/* Bytes of all tables, and of the rings among them. */
u64 why_tables_bytes(struct why_session *s, u64 *ret_rings);

#endif
