/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tracked task, and what follows it (follow.c): the parts of the tracker that the rest of it
 * (tracker.c, tracker_show.c, trace.c) works with. Lists are under the tracker's mutex; who writes
 * a field from a hook stands beside it.
 */
#ifndef WHY_KMOD_TRACKED_H
#define WHY_KMOD_TRACKED_H

#include "core/record.h"
#include "kmod/tracker.h"

#include <linux/list.h>
#include <linux/llist.h>
#include <linux/sched.h>

/*
 * One latency of a task. Written by the switch that ends it on its CPU, a relief by the waker: one
 * at a time, by the run queue's lock or the task's pi_lock. Readers may see a sample half counted.
 */
struct why_figures {
	struct why_tally tally;
	u64 bound_ns;		/* 0: none; by the mutex */
	u64 violations;
};

/* The worst violation, by the task's `lock`. */
struct why_worst {
	u64 ns;			/* 0: none */
	u64 end_ns;
	u32 cpu;
	u32 metric;		/* enum why_metric */
	u32 is_fresh;		/* its trace is to be taken */
};

/* What all CPUs did around the worst violation, in order of time. */
struct why_trace_line {
	u64 at_ns;
	u32 cpu;
	struct why_record record;
};

struct why_trace {
	u64 begin_ns, end_ns;	/* of the violation */
	u64 missing;		/* records overwritten or without room; 0: it is complete */
	u32 metric;
	u32 cpu;
	u32 nr;
	struct why_trace_line lines[];
};

/* What a write may change of who is tracked already. */
struct why_asked {
	u64 cgroup_id;		/* it came with this cgroup; 0: not with one */
	u8 group;		/* enum why_group: who inherits being tracked */
	u8 has_trace;
};

struct why_tracked {
	struct list_head link;		/* why_tracked_list, once the mutex's holder put it there */
	struct llist_node born;		/* on the way there, or in the store of those unborn */
	struct llist_node died;		/* on the way away: both may be before anybody looks */
	struct task_struct *task;	/* a reference: its address stays its own */
	pid_t pid, tgid;
	char comm[TASK_COMM_LEN];	/* as it was when it was added, or left */
	struct why_asked asked;
	struct why_asked before;	/* the write numbered `write`, the last to change it */
	u32 write;
	u32 is_added;			/* that write made it, or who brought it forth */
	u32 is_dead;			/* its exit was seen: by exchange, once */
	raw_spinlock_t lock;		/* of `worst` and of bounds: switch, waker, reader */
	struct why_figures figures[WHY_METRIC_NR];
	struct why_worst worst;		/* why_follow_worst() */
	struct why_trace *trace;	/* of `worst`, by the mutex; NULL: none */
};

extern struct list_head why_tracked_list;

/* ---- births.c ---- */

/* One that may sleep makes and frees them. NULL without memory. */
struct why_tracked *why_tracked_new(void);
void why_tracked_free(struct why_tracked *t);

/* Fills the store; empties it, when no hook takes any. By the mutex. */
void why_spares_fill(void);
void why_spares_drop(void);

/* `t` is of `child`, with a reference of its own, and as `parent` in group, bounds and trace. */
void why_tracked_inherit(struct why_tracked *t, const struct why_tracked *parent,
			 struct task_struct *child);

/*
 * A task that was born since `since_ns` (CLOCK_MONOTONIC), is not in the list, and would be had its
 * birth been seen: with a reference. *ret_parent: whom it inherits from. NULL: there is none. Who
 * was left by its parent is not found. By the mutex.
 */
struct task_struct *why_find_heir(u64 since_ns, const struct why_tracked **ret_parent);

/* For hooks: takes one from the store (NULL: it is empty), or puts it back. */
struct why_tracked *why_spare_take(void);
void why_spare_put(struct why_tracked *t);

/* For hooks: it was born; it died, which counts once whoever sees it; nobody could be born. */
void why_tracked_born(struct why_tracked *t);
void why_tracked_died(struct why_tracked *t);
void why_unborn_count(void);
u64 why_unborn(void);

/* Those born and dead since the last call, by `born` and `died`, oldest first. By the mutex. */
struct llist_node *why_take_born(void);
struct llist_node *why_take_dead(void);

/* ---- follow.c: the session ---- */

void why_follow_init(void);	/* once, at load */

/* Whether something is hooked. */
bool why_follow_is_on(void);

/*
 * Hooks, with room for `nr` tasks, and follows those of the list. `has_rings`: keeps what all CPUs
 * do, for traces. Returns 0 or -errno.
 */
int why_follow_start(u32 nr, bool has_rings);
bool why_follow_has_rings(void);

/* Unhooks and frees. What is under way of a task is lost, its figures are kept. */
void why_follow_stop(void);

/* More tasks may be followed than the tables have good room for. */
bool why_follow_is_full(u32 nr);

/*
 * Hooks know the task from now on (-EEXIST: they did, by its fork; -ENOSPC: its places are taken);
 * or no more, once why_follow_settle() has returned.
 */
int why_follow_begin(struct why_tracked *t);
void why_follow_end(struct why_tracked *t);
void why_follow_settle(void);

/* Who of the list `p` is, while something is hooked; NULL: nobody. By the mutex. */
struct why_tracked *why_follow_find(struct task_struct *p);

/* Another bound: what violated the last one is forgotten. */
void why_follow_bound(struct why_tracked *t, enum why_metric metric, u64 bound_ns);

/* A copy of the worst violation; `takes`: and it is fresh no more. */
struct why_worst why_follow_worst(struct why_tracked *t, bool takes);

/* Called from hooks, in any context: somebody was born, died, or has a fresh worst violation. */
void why_tracker_kick(void);

/* Events of CPU `cpu` from `begin_ns` to `end_ns` into `trace`, which has room for `room`. */
void why_follow_copy(u32 cpu, u64 begin_ns, u64 end_ns, struct why_trace *trace, u32 room);

u32 why_follow_nr_cpus(void);

/* The session's losses, added up, and the births for which there was no room. */
void why_follow_losses(u64 *ret_lost, u64 *ret_unborn);

/* ---- tracker.c ---- */

/* The mutex, for who reads the list; those born are in it. */
void why_tracker_lock(void);
void why_tracker_unlock(void);

/* ---- line_bounds.c ---- */

/* For hooks: counts a violation where `ns` of a thread of line `irq` is over its bound. */
void why_tracker_check_line(u32 irq, u64 ns);

/* The lines' bounds into a page from `n` on; under the mutex. Returns the bytes then. */
int why_tracker_print_lines(char *page, int n);

/* ---- trace.c ---- */

/* Takes the trace of a fresh worst violation, if there is one and it is asked for. */
void why_trace_take(struct why_tracked *t);

/* A line of a trace, without its end; false: nothing that a reader would know. */
enum { WHY_TRACE_TEXT = 96 };
bool why_trace_text(const struct why_trace *trace, u32 i, char text[WHY_TRACE_TEXT]);

/* ---- tracker_show.c ---- */

extern const char *const why_metric_names[WHY_METRIC_NR];

/* The figures of one, to the kernel's log. */
void why_tracked_log(struct why_tracked *t);

#endif
