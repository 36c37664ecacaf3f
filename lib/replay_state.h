/* SPDX-License-Identifier: GPL-2.0-only */
/* What a replay keeps, shared by its three files. */
#ifndef WHY_LIB_REPLAY_STATE_H
#define WHY_LIB_REPLAY_STATE_H

#include "lib/replay.h"
#include "lib/replay_tasks.h"

enum { WHY_REPLAY_QUICK = 16 };	/* vectors or softirqs */

/* Beside struct why_cpu: what is under way between records of one CPU, and its rows at hand. */
struct why_replay_cpu {
	bool has_count;		/* the kernel shows its count of switches */
	bool has_gap;		/* records were lost: its count says nothing of all of them */
	bool is_after_gap;	/* and no switch has told yet who runs */
	u64 hidden;		/* of a HIDDEN, for the SWITCH that follows */
	u64 part_ns;		/* of a PART, for the SAMPLE that follows */
	u32 text_of;		/* record type of the TEXTs under way */
	u32 text_pid;
	u32 text_at;
	struct why_keyed *vector[WHY_REPLAY_QUICK], *flight[WHY_REPLAY_QUICK];
	struct why_keyed *softirq_wait[WHY_REPLAY_QUICK], *softirq_run[WHY_REPLAY_QUICK];
};

/* A task that leaves, and how many samples the CPU's rows had, before it did. */
struct why_replay_before {
	struct why_task task;
	u64 nr[WHY_KIND_NR_TASK];
};

struct why_replay {
	struct why_replay_config config;
	struct why_tables tables;
	struct why_replay_cpu *state;	/* [nr_cpus] */
	struct why_replay_tasks tasks;
	/* Who listens, to samples longer than over_ns[kind]; NULL: nobody. */
	void (*hear)(void *arg, const struct why_sample *sample);
	void *hear_arg;
	const u64 *over_ns;
	struct why_replay_before before;
	u64 nr_nonsense;
	u64 nr_outside;		/* events of CPUs before their beginning or after their end */
};

/* Tells who listens of a sample without causes, if it is long enough, and began after time did. */
static inline void why_replay_tell_length(const struct why_replay *r, struct why_sample s)
{
	if (r->hear && s.begin_ns <= s.end_ns && s.end_ns - s.begin_ns > r->over_ns[s.kind])
		r->hear(r->hear_arg, &s);
}

/* Takes an event of an interrupt, a softirq or a keyed row; others are nonsense. */
void why_replay_interrupt(struct why_replay *r, const struct why_event *e);

#endif
