/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A measurement as a value: what a source hands out and a report turns into bytes. Nothing in it
 * points back into a collector. Times are CLOCK_MONOTONIC nanoseconds.
 *
 * Owner: whoever called why_snapshot_new(); one thread at a time.
 */
#ifndef WHY_LIB_SNAPSHOT_H
#define WHY_LIB_SNAPSHOT_H

#include "abi/task.h"
#include "core/cpu.h"

#include <stdbool.h>
#include <stddef.h>

/* A histogram with its buckets, as reports want it. */
struct why_dist {
	u64 count;
	u64 sum_ns;
	u64 min_ns;		/* meaningless while count is 0 */
	u64 max_ns;
	u64 overflow;
	u64 bucket[WHY_HIST_BUCKETS];
};

/* A kind's row, on one CPU or merged. */
struct why_figures {
	struct why_dist hist;
	u64 causes[WHY_CAUSE_NR];
	u64 worst_at_ns;
	u32 worst_pid;
	char worst_comm[WHY_COMM_LEN + 1];
};

/* The kernel's side of one CPU, from /proc, between begin and end. */
struct why_cpu_facts {
	bool is_seen;		/* it was measured (a hole in the numbers is not) */
	bool has_steal;
	u64 steal_ns;
};

struct why_task_row {
	u32 pid;		/* of the last one, where several are merged */
	u32 tgid;
	char comm[WHY_COMM_LEN + 1];
	char *cgroup;		/* path in its hierarchy, or NULL: */
	const char *cgroup_why;	/* why there is none */
	bool is_exited;
	u64 merged;		/* tasks in this row */
	u64 open_wait_ns;	/* age of a wait still open at the end */
	bool has_open_wait;
	bool is_open_unknown;	/* it waits since before the measurement: at least that long */
	u32 open_kind;
	bool has_open_run;
	bool is_open_run_unknown;	/* it runs since before the measurement: a lower bound */
	u64 open_run_ns;	/* age of a run that had not ended, not in stats.run_ns */
	struct why_task_stats stats;
};

/* Who was switched out for waiters when their waits ended, and how long those were. */
struct why_occupant {
	char comm[WHY_COMM_LEN + 1];
	u32 pid;		/* 0: several tasks of this name, or idle */
	bool is_idle;
	u64 waits;
	u64 ns;
};

/* Waits of a kind that had not ended. */
struct why_open {
	u64 count;
	u64 oldest_ns;
	bool is_lower_bound;	/* the oldest began before the measurement */
	u64 since_before;	/* of `count`: which began before it, whatever their kind */
	u64 unconfirmed;	/* not in `count`: the kernel had them run when it was asked */
};

/* One tick of the series: differences to the tick before. */
struct why_tick {
	u64 at_ns;
	u64 span_ns;
	u64 count[WHY_KIND_NR];
	u64 p99_ns[WHY_KIND_NR];
	u64 max_ns[WHY_KIND_NR];	/* upper bound of the highest bucket that grew */
	u64 *class_ns;			/* [cpu][WHY_CLASS_NR] */
	bool has_psi;
	u64 psi_cpu_some_us;		/* /proc/pressure/cpu */
	bool has_steal;
	u64 steal_ns;			/* of all CPUs, /proc/stat */
};

struct why_overhead {
	u64 events;
	bool is_known;
	double ns_per_event;	/* from a sample by the kernel's own statistics, theirs included */
	double cpu_percent;	/* of one CPU */
	u64 sampled_events;
};

struct why_snapshot {
	const char *collector;
	char hostname[65];
	char kernel[65];
	u64 begin_ns;
	u64 end_ns;
	u32 kinds;		/* 1 << kind: what was asked for and is reported */
	bool has_split_waker;
	bool has_split_switch;
	bool has_rq_switches;
	u32 nr_cpus;		/* possible CPU numbers */
	u32 nr_seen_cpus;
	struct why_cpu *cpus;		/* [nr_cpus] */
	struct why_figures *rows;	/* [nr_cpus][WHY_KIND_NR], filled in by merging */
	struct why_cpu_facts *facts;	/* [nr_cpus] */
	struct why_figures merged[WHY_KIND_NR];
	struct why_dist rates;
	struct why_open open[WHY_KIND_NR];
	u64 lost[WHY_LOSS_NR];
	u64 recursion_misses;
	struct why_task_row *tasks;
	size_t nr_tasks;
	struct why_occupant *occupants;	/* idle first */
	size_t nr_occupants;
	struct why_tick *ticks;
	size_t nr_ticks;
	struct why_overhead overhead;
};

/* NULL without memory. */
struct why_snapshot *why_snapshot_new(u32 nr_cpus);
void why_snapshot_free(struct why_snapshot *s);

/* Adds a row at the end, all zero but `merged` = 1; NULL without memory. Moves all rows. */
struct why_task_row *why_snapshot_add_task(struct why_snapshot *s);
struct why_tick *why_snapshot_add_tick(struct why_snapshot *s);
struct why_occupant *why_snapshot_add_occupant(struct why_snapshot *s);

/* Sums rows, losses and open waits over CPUs and tasks, once all CPUs and tasks are in. */
void why_snapshot_merge(struct why_snapshot *s);

/* The row of a kind on CPU `cpu`. */
const struct why_figures *why_snapshot_row(const struct why_snapshot *s, u32 cpu, u32 kind);

/* Adds one row's figures into another: exact, worst case included. */
void why_figures_merge(struct why_figures *into, const struct why_figures *row);

/*
 * The quantile `q` (0 to 1): the upper bound of the bucket that holds the sample of that rank,
 * clipped to the maximum. 0 for an empty histogram.
 */
u64 why_dist_quantile(const struct why_dist *h, double q);

#endif
