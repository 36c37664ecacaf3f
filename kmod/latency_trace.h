/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The longest latency of all histories that are on since it was armed, and the trace of what all
 * CPUs did meanwhile: what the old latency tracer kept. Off until it is armed; then, while a
 * history is on, it has hooks and rings of its own (entries.h), and the histories tell it of
 * samples.
 *
 * All functions but the first may sleep, and take this file's mutex, inside that of the histories.
 */
#ifndef WHY_KMOD_LATENCY_TRACE_H
#define WHY_KMOD_LATENCY_TRACE_H

#include "kmod/history.h"
#include "kmod/entries.h"

#include <linux/jump_label.h>
#include <linux/refcount.h>
#include <linux/sched.h>

/* The longest one, and the task that it is about as it was then. */
struct why_maximum {
	u64 ns;			/* 0: none */
	u64 end_ns;
	enum why_history which;
	u32 cpu;		/* where it ended */
	pid_t pid;
	uid_t uid;
	int nice;
	u32 policy;
	u32 rt_priority;
	char comm[TASK_COMM_LEN];
};

struct why_latency_trace {
	refcount_t users;
	struct why_maximum of;
	struct why_entry_copies entries;	/* by time; the two at its ends have its times */
};

DECLARE_STATIC_KEY_FALSE(why_latency_trace_key);

/* Out of line: see below. */
void why_latency_trace_take_sample(enum why_history which, u64 ns, u64 end_ns,
				   struct task_struct *p);

/*
 * Called for each sample of history `which`: `ns` long, ended at `end_ns` on this CPU, about `p`
 * (the task woken; else the one that runs). With preemption off, in whatever context. While
 * nothing is kept it is an instruction that does nothing.
 */
static __always_inline void why_latency_trace_sample(enum why_history which, u64 ns, u64 end_ns,
						     struct task_struct *p)
{
	if (static_branch_unlikely(&why_latency_trace_key))
		why_latency_trace_take_sample(which, ns, end_ns, p);
}

void why_latency_trace_init(void);
void why_latency_trace_exit(void);	/* no history is on */

/*
 * Whether a history is on: told before the first one is, and after the last one was. Returns 0, or
 * -errno where it is armed and has no rings now.
 */
int why_latency_trace_follow(bool is_any_on);

/* Arms, or forgets what it has if it is armed. Returns 0 or -errno, then with no change. */
int why_latency_trace_arm(void);
void why_latency_trace_disarm(void);
bool why_latency_trace_is_armed(void);

/* Length of the longest, in ns; 0: none. */
u64 why_latency_trace_max(void);

/* The trace of the longest, until it is put; NULL: there is none. */
struct why_latency_trace *why_latency_trace_get(void);
void why_latency_trace_put(struct why_latency_trace *trace);

#endif
