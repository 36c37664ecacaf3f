/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds latencies to limits: takes events in order of time, live or from a file, has the replay
 * decide what each means, keeps the last of them, and makes a violation (violation.h) of each
 * latency that was too long.
 *
 * One thread at a time.
 */
#ifndef WHY_LIB_WATCH_H
#define WHY_LIB_WATCH_H

#include "lib/error.h"
#include "lib/replay.h"
#include "lib/violation.h"

/* What a live watch keeps of each CPU: a ring of the collector's, and records to look back in. */
enum {
	WHY_WATCH_RING_SHIFT = 16,
	WHY_WATCH_HISTORY_SHIFT = 18,
	WHY_WATCH_KEPT = 1 << WHY_WATCH_HISTORY_SHIFT,
	WHY_WATCH_MIB = ((1 << WHY_WATCH_RING_SHIFT) + WHY_WATCH_KEPT) / 65536,
};

struct why_slo {
	u32 kind;
	u64 limit_ns;		/* longer is a violation; 0: each new maximum is one */
	bool is_off;		/* not in force any more */
};

enum { WHY_WATCH_SLOS = 32 };	/* in force or not: bits of struct why_told */

/* Whose latencies; 0 and NULL: everybody's. */
struct why_watched {
	u32 tgid, pid;
	const char *comm;	/* the whole name, borrowed */
	int irq;		/* of irq.handler and irq.thread: this line alone; -1: all */
};

struct why_watch_config {
	const struct why_slo *slos;	/* [nr_slos], WHY_WATCH_SLOS at most, borrowed */
	size_t nr_slos;
	struct why_watched watched;
	u64 most;		/* nothing is a violation after so many; 0: no end */
	u32 nr_cpus;
	u32 history_shift;	/* log2 of the records kept of each CPU */
	/* Whether violation `s` of limit `slo` is to be looked into; all are counted. */
	bool (*wants)(void *arg, u32 slo, const struct why_sample *s);
	/*
	 * Live: whether stories have taken as long as they may since why_watch_overdue() last
	 * returned; the rest of them wait until it has again. NULL: they take what they take.
	 */
	bool (*is_time_up)(void *arg);
	/* Live: whether a task may run on a CPU, by the kernel. NULL: nobody knows. */
	enum why_allowed { WHY_ALLOWED_UNKNOWN, WHY_ALLOWED_NOT, WHY_ALLOWED } (*is_allowed)(
		void *arg, u32 pid, u32 cpu);
	/* Takes one, for why_violation_free() and free(). */
	void (*take)(void *arg, struct why_violation *v);
	void *arg;
};

struct why_watch;

/*
 * `replay` is borrowed, and heard from now on: it takes no event but through the watch, and may be
 * freed before it. NULL without memory.
 */
struct why_watch *why_watch_new(const struct why_watch_config *config, struct why_replay *replay);
void why_watch_free(struct why_watch *w);

/* Takes a run of one CPU's events in the replay's stead, which gets them. Returns 0 or -ENOMEM. */
int why_watch_take(struct why_watch *w, const struct why_event *events, size_t n);

/*
 * All events before `now` are in. What is too long already is a violation, where
 * `is_so` confirms it (NULL: where the recording's end does); *note is what it left there at its
 * last look at that one, 0 at the first. It counts once; when it
 * has ended it is handed out again, whole, with the same number.
 */
int why_watch_overdue(struct why_watch *w, u64 now,
		      bool (*is_so)(void *arg, const struct why_sample *s, u64 *note), void *arg);

/*
 * From here on these limits are in force: latencies whose end is taken in, or that are found to be
 * overdue, after this. Limits keep their places, and `slos` is borrowed in place of the last ones.
 */
void why_watch_change(struct why_watch *w, const struct why_slo *slos, size_t nr_slos);

/* No event will come: what waits for what follows it goes without. */
int why_watch_end(struct why_watch *w);

/*
 * Writes what is kept of all CPUs from shortly before a violation to shortly after as a recording.
 * `meta` and `s` as struct why_window has them. Returns 0, or -errno with *err.
 */
struct why_meta;
struct why_snapshot;
int why_watch_save(const struct why_watch *w, const struct why_violation *v,
		   const struct why_meta *meta, const struct why_snapshot *s, const char *path,
		   struct why_error *err);

/* Whether config.most of them were counted. */
bool why_watch_is_done(const struct why_watch *w);

/* Violations so far: of limit `slo`; those of which `wants` said yes, but there was no room. */
u64 why_watch_count(const struct why_watch *w, u32 slo);
u64 why_watch_skipped(const struct why_watch *w);

/* Violations by task, most first; dead ones stay. For free(); NULL without memory. */
struct why_offender {
	u32 pid;
	char comm[WHY_COMM_LEN + 1];
	u64 violations;
};
struct why_offender *why_watch_offenders(const struct why_watch *w, size_t *ret_n);

#endif
