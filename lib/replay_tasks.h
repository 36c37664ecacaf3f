/* SPDX-License-Identifier: GPL-2.0-only */
/* The tasks of a replay: by pid while they live, by name once they are dead. */
#ifndef WHY_LIB_REPLAY_TASKS_H
#define WHY_LIB_REPLAY_TASKS_H

#include "abi/task.h"
#include "core/row.h"
#include "core/record.h"

#include <stdbool.h>
#include <stddef.h>

/* A latency that was too long already while it lasted. */
struct why_told {
	u64 begin_ns;
	u32 slos;		/* 1 << limit: those that it was over already */
	/* Of the last that a story was made of; 0: none was. */
	u64 nr;
	u64 limit_ns;
	u32 slo;
	/* What whoever confirms it noted at the last look, of the one that began then. */
	u64 noted_begin_ns, note;
};

struct why_replay_task {
	struct why_task task;
	u64 cgroup_id;
	u32 pid;		/* 0: free */
	u32 place;		/* among all, living or free */
	u32 tgid;
	u32 prio;		/* the kernel's + 1, as WHY_RECORD_PRIORITY tells; */
	u32 policy;
	bool has_priority;	/* if it has */
	struct why_told told[WHY_KIND_NR_TASK];	/* by kind: what a watch told of while it lasted */
	bool is_subject;
	bool is_queued;
	char comm[WHY_COMM_LEN];
};

struct why_dead {
	struct why_exited_key key;
	struct why_exited exited;
};

enum { WHY_REPLAY_DEAD = 16384 };	/* names of dead tasks that are kept, as live */

struct why_replay_tasks {
	struct why_replay_task **by_pid;	/* [WHY_RECORD_FIELD + 1]; NULL: none */
	struct why_replay_task **chunks;
	u32 nr_chunks, nr_used;
	u32 *free_places;
	u32 nr_free;
	struct why_dead *dead;
	u32 *place_of_name;	/* [2 * WHY_REPLAY_DEAD] place + 1 in dead[] */
	u32 nr_dead;
	bool is_short;		/* memory was refused */
};

/* Returns 0 or -ENOMEM. */
int why_replay_tasks_init(struct why_replay_tasks *t);
void why_replay_tasks_free(struct why_replay_tasks *t);

/* The living task `pid`, or NULL. */
static inline struct why_replay_task *why_replay_find(const struct why_replay_tasks *t, u32 pid)
{
	return t->by_pid[pid & WHY_RECORD_FIELD];
}

/* Makes task `pid`, which there is none of. It stays where it is. NULL without memory. */
struct why_replay_task *why_replay_make(struct why_replay_tasks *t, u32 pid);

static inline struct why_replay_task *why_replay_task(struct why_replay_tasks *t, u32 pid)
{
	struct why_replay_task *task = why_replay_find(t, pid);

	return task ? task : why_replay_make(t, pid);
}

void why_replay_drop(struct why_replay_tasks *t, u32 pid);

/*
 * The two exchange their pids, as a thread and its leader do in an exec (exchange_tids(),
 * kernel/pid.c); `to` may be gone. Names stay with the pids.
 */
void why_replay_exchange(struct why_replay_tasks *t, u32 from, u32 to);

/* The dead of that name, made if there are none; NULL where no more are kept. */
struct why_exited *why_replay_dead(struct why_replay_tasks *t, const char *comm);

void why_replay_forget_dead(struct why_replay_tasks *t);

/* The i-th task, living or free, of t->nr_used. */
struct why_replay_task *why_replay_at(const struct why_replay_tasks *t, u32 i);

#endif
