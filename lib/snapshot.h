/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A measurement as a value: what a source hands out and a report turns into bytes. Nothing in it
 * points back into a collector. Times are CLOCK_MONOTONIC nanoseconds.
 *
 * Owner: whoever called why_snapshot_new(); one thread at a time.
 */
#ifndef WHY_LIB_SNAPSHOT_H
#define WHY_LIB_SNAPSHOT_H

#include "abi/line.h"
#include "abi/task.h"
#include "core/cpu.h"
#include "core/keyed.h"

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

/* A row with a key (core/keyed.h). */
struct why_keyed_row {
	u32 kind;
	int cpu;		/* where it ended; -1: all CPUs together */
	u64 id;			/* as in its key; WHY_ALL_IDS: the whole kind on this CPU */
	int irq;		/* irq.handler, irq.thread: the line; else -1 */
	char *name;		/* of action, vector, softirq or function; NULL: the whole kind */
	u64 part_ns[WHY_KEYED_PARTS];
	u64 nr_unhandled;
	u64 worst_at_ns;
	u64 worst_who;
	int worst_cpu;
	struct why_dist hist;
};

#define WHY_ALL_IDS (~0ULL)

/* Interrupts of one line, vector or softirq, by the kernel's count and by ours. */
enum why_count_of { WHY_COUNT_LINE, WHY_COUNT_LINES, WHY_COUNT_VECTOR, WHY_COUNT_SOFTIRQ };

struct why_count_cpu {
	bool has_kernel;	/* the kernel's count could be read on this CPU */
	u64 kernel;
	u64 seen;
	u64 lost;		/* found to be hidden at breaks of continuity */
};

struct why_count {
	enum why_count_of of;
	u32 id;			/* line, enum why_vector, softirq */
	const char *why;	/* no `kernel` on any CPU: why; else NULL */
	struct why_count_cpu *cpu;	/* [nr_cpus] */
	struct why_count_cpu sum;
};

/* Where interrupts come from, as one number: places of lines, then vectors, then softirqs. */
enum {
	WHY_SOURCE_VECTOR = WHY_LINES,
	WHY_SOURCE_SOFTIRQ = WHY_SOURCE_VECTOR + WHY_VECTOR_NR,
	WHY_SOURCE_NR = WHY_SOURCE_SOFTIRQ + WHY_SOFTIRQ_NR,
};

/* The most of one source on one CPU in a window of 100 ms. */
struct why_peak {
	u64 rate_per_s;
	u64 at_ns;		/* when that window began */
};

/*
 * More of one source on one CPU than docs/latencies.md allows, window after window. What others
 * paid is the hardirq and softirq part of all waits that ended on that CPU meanwhile.
 */
struct why_storm {
	u32 source;
	u32 cpu;
	u64 begin_ns;
	u64 span_ns;
	u64 count;
	u64 busy_ns;
	u64 rate_max_per_s;
	u64 waited_ns;
	u64 waits;
};

/* What /proc says of a line, at the end of the measurement. */
struct why_line_facts {
	u32 irq;
	char name[128];		/* its actions' */
	char chip[64];
	char affinity[64];	/* CPUs that it may come to, as a list; empty: not told */
	char effective[64];	/* and does */
	u64 nr_moves;		/* changes of either that were seen */
};

enum { WHY_STORMS_KEPT = 1000, WHY_MISSED_ROOM = 96 };

/* Interrupts of one source in a tick. */
struct why_source_count {
	u32 source;
	u32 reserved;
	u64 count;
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
	u64 switches;			/* of all CPUs */
	struct why_source_count *sources;	/* those of which some came, of all CPUs */
	size_t nr_sources;
	u64 count[WHY_KIND_NR];
	u64 p99_ns[WHY_KIND_NR];
	u64 max_ns[WHY_KIND_NR];	/* upper bound of the highest bucket that grew */
	u64 *class_ns;			/* [cpu][WHY_CLASS_NR] */
	bool has_psi;
	u64 psi_cpu_some_us;		/* /proc/pressure/cpu */
	bool has_steal;
	u64 steal_ns;			/* of all CPUs, /proc/stat */
};

/* Of a snapshot that was played back: what its file is like. */
struct why_recording_facts {
	bool is_set;
	bool is_complete;	/* it has its end, and nothing in it is damaged */
	u64 events;
	u64 bytes;
	u64 lost;		/* events that did not reach the file, or are damaged in it */
	u64 damaged;		/* sections that could not be read, events that make no sense */
	u64 analysis_ns;	/* what reading and replaying took */
	char damage[160];	/* what is wrong with the file; empty: nothing */
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
	bool lengths_only;	/* neither causes nor tasks nor occupants: not asked for */
	bool has_split_waker;
	bool has_split_switch;
	bool has_rq_switches;
	u32 nr_cpus;		/* possible CPU numbers */
	u32 nr_seen_cpus;
	struct why_cpu *cpus;		/* [nr_cpus] */
	struct why_figures *rows;	/* [nr_cpus][WHY_KIND_NR_TASK], filled in by merging */
	struct why_cpu_facts *facts;	/* [nr_cpus] */
	struct why_figures merged[WHY_KIND_NR_TASK];
	struct why_dist rates;
	struct why_open open[WHY_KIND_NR];
	u64 lost[WHY_LOSS_NR];
	u64 recursion_misses;
	char missed_in[WHY_MISSED_ROOM];	/* events, with blanks between */
	struct why_keyed_row *keyed;	/* by kind, id, CPU, the sums (cpu -1) first */
	size_t nr_keyed;
	struct why_count *counts;	/* lines, all lines, vectors, softirqs */
	size_t nr_counts;
	struct why_task_row *tasks;
	size_t nr_tasks;
	struct why_occupant *occupants;	/* idle first */
	size_t nr_occupants;
	u32 *line_of_place;		/* [WHY_LINES] line + 1, of sources below it; 0: none */
	struct why_line_facts *lines;
	size_t nr_lines;
	struct why_peak *peaks;		/* [nr_cpus][WHY_SOURCE_NR] */
	struct why_storm *storms;	/* the first WHY_STORMS_KEPT */
	size_t nr_storms;
	u64 nr_storms_dropped;		/* windows of storms that found no room */
	struct why_tick *ticks;
	size_t nr_ticks;
	struct why_overhead overhead;
	struct why_recording_facts recording;
};

/* NULL without memory. */
struct why_snapshot *why_snapshot_new(u32 nr_cpus);
void why_snapshot_free(struct why_snapshot *s);

/* Adds a row at the end, all zero but `merged` = 1; NULL without memory. Moves all rows. */
struct why_task_row *why_snapshot_add_task(struct why_snapshot *s);
struct why_tick *why_snapshot_add_tick(struct why_snapshot *s);
struct why_occupant *why_snapshot_add_occupant(struct why_snapshot *s);
struct why_keyed_row *why_snapshot_add_keyed(struct why_snapshot *s);
struct why_storm *why_snapshot_add_storm(struct why_snapshot *s);
struct why_line_facts *why_snapshot_add_line(struct why_snapshot *s);
/* With its `cpu`. */
struct why_count *why_snapshot_add_count(struct why_snapshot *s);

/* The keyed row of (kind, id) on `cpu` (-1: the sum), or NULL. Once all are in. */
const struct why_keyed_row *why_snapshot_keyed(const struct why_snapshot *s, u32 kind, u64 id,
					       int cpu);

/* All samples of a kind; NULL where a kind that has keys has none. Once all are in. */
const struct why_dist *why_snapshot_dist(const struct why_snapshot *s, u32 kind);

/* Interrupts of a source in a tick. */
u64 why_tick_count(const struct why_tick *t, u32 source);

/* What /proc says of a line, or NULL. */
const struct why_line_facts *why_snapshot_line(const struct why_snapshot *s, u32 irq);

/* Adds one distribution into another. */
void why_dist_merge(struct why_dist *into, const struct why_dist *h);

/* Drops ticks, peaks and storms. */
void why_snapshot_clear_series(struct why_snapshot *s);

/* Drops the keyed rows and the counts. */
void why_snapshot_clear_interrupts(struct why_snapshot *s);

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
