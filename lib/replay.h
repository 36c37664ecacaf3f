/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The third adapter of the core, beside bpf/ and the module: takes recorded events in the place of
 * tracepoints, and fills the same tables. What the recording adapter decided by facts of its
 * kernel is in the records (core/record.h); the rest is decided again, by the same core.
 *
 * Counts and latencies come out as they were, but for what the kernel's ring lost. Causes differ
 * by what the clock readings of two CPUs differ: live, another CPU's account is read a moment after
 * the clock; here at that very time.
 *
 * One thread at a time. Events are hostile: whatever comes has a result.
 */
#ifndef WHY_LIB_REPLAY_H
#define WHY_LIB_REPLAY_H

#include "lib/collect.h"
#include "lib/event.h"
#include "lib/tables.h"

/* What was recorded, constant from then on. */
struct why_replay_config {
	u32 nr_cpus;		/* possible CPU numbers */
	u32 keyed_shift;	/* log2 of the table of keyed rows, 1 to 16 */
	u32 kinds;		/* 1 << kind: what was asked for */
	bool is_rt;		/* PREEMPT_RT */
	bool lengths_only;	/* WHY_KEEP_LENGTHS (core/cpu.h); nobody may listen */
};

struct why_replay;

/* NULL without memory. */
struct why_replay *why_replay_new(const struct why_replay_config *config);
void why_replay_free(struct why_replay *r);

/* The tables as they stand: rows' keys and names may be put in, figures read. */
struct why_tables *why_replay_tables(struct why_replay *r);

/* Who a task is that there is before its first event. */
void why_replay_name(struct why_replay *r, const struct why_task_record *rec);

/*
 * Takes a run of one CPU's events. Runs come in order of time: no event of a later run is earlier
 * than the last of an earlier one.
 */
void why_replay_take(struct why_replay *r, const struct why_event *events, size_t n);

/*
 * The figures begin again at `now`, as a measurement that begins then: what is under way began
 * before it, and is no sample.
 */
void why_replay_restart(struct why_replay *r, u64 now);

/* What has no end of its own ends at `now`: CPUs of a part, or of a file that was cut off. */
void why_replay_stop(struct why_replay *r, u64 now);

/* How a task stood at the end: whether it was queued, its name, process and cgroup. */
void why_replay_queued(struct why_replay *r, const struct why_task_record *rec);

/*
 * Adds tasks, living and dead, to a snapshot. With `are_confirmed`, waits are open of which
 * why_replay_queued() told; else all that events tell of. Returns 0 or -ENOMEM.
 */
int why_replay_collect(struct why_replay *r, struct why_collection *c, bool are_confirmed);

/* Tells of every living task that is known: who it is. Returns 0, or what `tell` returned. */
int why_replay_tell(const struct why_replay *r,
		    int (*tell)(void *arg, const struct why_task_record *record), void *arg);

/*
 * How CPU `cpu` and the tasks that it ran last stand at `now`, as the events of a measurement that
 * begins then: for free(); NULL without memory.
 */
struct why_event *why_replay_states(const struct why_replay *r, u32 cpu, u64 now, size_t *ret_n);

/* One latency, as it ended. */
struct why_sample {
	u32 kind;		/* enum why_kind */
	u32 cpu;		/* where it ended */
	u64 begin_ns, end_ns;
	u32 pid;		/* of a kind about tasks; else 0 */
	u64 key;		/* of a row with a key (core/keyed.h); else 0 */
	u64 causes[WHY_CAUSE_NR];	/* of a wait: they add up to its length */
};

/*
 * From now on `hear` is told of each sample longer than over_ns[kind] (WHY_KIND_NR of them, ~0 for
 * none), in the middle of why_replay_take(). Both are borrowed; over_ns[] may change meanwhile.
 */
void why_replay_listen(struct why_replay *r, const u64 *over_ns,
		       void (*hear)(void *arg, const struct why_sample *sample), void *arg);

/*
 * Tells `hear` likewise, as of `now`, of the waits, runs and responses under way that are too long
 * already. A task whose coming was hidden seems to wait: whoever can ask the kernel must.
 */
void why_replay_overdue(const struct why_replay *r, u64 now,
			void (*hear)(void *arg, const struct why_sample *sample), void *arg);

/* The living task `pid`, or NULL. Valid until the next event. */
struct why_replay_task;
struct why_replay_task *why_replay_look(const struct why_replay *r, u32 pid);

/* Events of CPUs, tasks or rows that there cannot be; and whether memory was short. */
u64 why_replay_nonsense(const struct why_replay *r);
bool why_replay_is_short(const struct why_replay *r);

#endif
