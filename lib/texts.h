/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The texts of a recording (docs/trace-format.md): values to JSON and back. Texts that come from a
 * file are hostile: what is missing or of another type reads as 0, and no number is trusted.
 *
 * Functions that write return a text for free(), NULL without memory; those that read return 0,
 * -EBADMSG for what is no such text, or -ENOMEM.
 */
#ifndef WHY_LIB_TEXTS_H
#define WHY_LIB_TEXTS_H

#include "abi/task.h"
#include "lib/cgroup.h"
#include "lib/pressure.h"
#include "lib/snapshot.h"
#include "lib/tables.h"

enum { WHY_MOST_CPUS = 8192 };	/* more than any machine has */

struct why_meta {
	char version[32];	/* of whylate */
	char hostname[65];
	char kernel[65];
	char collector[16];
	char command[256];	/* line that recorded */
	u64 begin_ns;		/* CLOCK_MONOTONIC */
	u64 begin_realtime_ns;	/* the same instant since 1970 */
	u32 nr_cpus;		/* possible CPU numbers */
	u32 kinds;		/* 1 << kind */
	u32 keyed_shift;	/* log2 of the table of keyed rows */
	bool is_rt;
	bool has_split_waker;
	bool has_split_switch;
};

/*
 * Fills in what a measurement that `s` describes (why_source_describe()) is recorded with, but the
 * command; then when the recording begins.
 */
void why_meta_describe(struct why_meta *m, const struct why_snapshot *s, u32 nr_keyed);
void why_meta_begin(struct why_meta *m, u64 begin_ns);

char *why_meta_text(const struct why_meta *m);
int why_meta_read(const char *text, struct why_meta *ret);

/*
 * A text is read as a tree of objects many times its size, so none may be large: what there may be
 * many of comes in parts.
 */
enum { WHY_TEXT_PART = 2000, WHY_TEXT_COUNTS = 50 };

/*
 * Tasks with their names, and the cgroups that they may be in (may be NULL): part `part` of
 * why_tasks_parts().
 */
char *why_tasks_text(const struct why_task_record *tasks, size_t nr,
		     const struct why_cgroup_map *cgroups, size_t part);
size_t why_tasks_parts(size_t nr, const struct why_cgroup_map *cgroups);

/* `take` gets each task; cgroups are added to `cgroups`. */
int why_tasks_read(const char *text, int (*take)(void *arg, const struct why_task_record *r),
		   void *arg, struct why_cgroup_map *cgroups);

/* Rows of a table that have a key and are not yet in told[nr_keyed]; sets that. NULL: none new. */
char *why_rows_text(const struct why_tables *t, bool *told, int *ret_rc);
int why_rows_read(const char *text, struct why_tables *into);

char *why_tick_text(u64 at_ns, const struct why_pressure *p, const struct why_snapshot *lines);

/* `into` gets the lines. */
int why_tick_read(const char *text, u64 *ret_at_ns, struct why_pressure *ret,
		  struct why_snapshot *into);

/*
 * What a snapshot has that no event tells. Without `is_whole` what is the whole measurement's alone
 * is left out: losses and cost. Before it, as texts of the same kind, come the parts of
 * why_tasks_text() as the tasks stood, and those of why_counts_text().
 */
char *why_final_text(const struct why_snapshot *s, bool is_whole);

/* WHY_TEXT_COUNTS of the counts, from `from` on. */
char *why_counts_text(const struct why_snapshot *s, size_t from);

/*
 * When it ended (0: not the last of these texts); `take` gets each task, with is_queued, and
 * `tables` the lines that there were, of which there need be no event.
 */
int why_final_end(const char *text, u64 *ret_end_ns, struct why_tables *tables,
		  int (*take)(void *arg, const struct why_task_record *r), void *arg,
		  struct why_cgroup_map *cgroups);

/*
 * `into`, which has its keyed rows and its counts as we saw them, gets the names of functions, the
 * lines and, with `is_whole`, what is the whole recording's alone: the kernel's counts, the losses
 * and the cost.
 */
int why_final_read(const char *text, struct why_snapshot *into, bool is_whole);

struct json_object;
/* What two of the texts share. */
int why_texts_read_tasks(struct json_object *o,
			 int (*take)(void *arg, const struct why_task_record *r), void *arg,
			 struct why_cgroup_map *cgroups);

#endif
