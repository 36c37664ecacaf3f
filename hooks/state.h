/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a task's state is: in a table, at one of a few places that follow from the task's address,
 * or, where they are somebody else's, in the task's own storage. The table is what makes a switch
 * cheap: its look-up is a few instructions here, the storage's is a call into the kernel, which
 * some kernels refuse to make in a fork (PREEMPT_RT before 6.4).
 *
 *	owner |63 ... 42|41 ... 0|	0: free
 *	      |     address      |
 *	  xor |   pid   |   0    |	so a later task at the same address is somebody else
 *
 * A place is taken by compare-exchange, belongs to one task until its last switch, and is all zero
 * when it is given back. One whose last switch was hidden keeps its place, which is then only
 * lost. Called wherever hooks run, in whatever may interrupt them.
 */
#ifndef WHY_HOOKS_STATE_H
#define WHY_HOOKS_STATE_H

#include "hooks/claim.h"
#include "hooks/world.h"

enum { WHY_OWNER_PID_SHIFT = 42 };

static __always_inline struct why_place *place_of(u64 address, u32 way)
{
	return place_at(why_place(address >> 6, why_cfg.place_shift) ^ way);
}

static __always_inline u64 owner_of(u64 address, struct task_struct *p)
{
	return address ^ (u64)(u32)p->pid << WHY_OWNER_PID_SHIFT;
}

/* The place that `p` has taken, of those from `way` on, or NULL. */
static __always_inline struct why_place *find_place(u64 address, struct task_struct *p, u32 way)
{
	u64 owner = owner_of(address, p);
	struct why_place *place;

	WHY_UNROLL
	for (; way < WHY_WAYS; way++) {
		place = place_of(address, way);
		if (place && place->owner == owner)
			return place;
	}
	return 0;
}

/* Not inlined: rare, and the verifier follows it once. */
WHY_RARE struct why_task *find_state_elsewhere(u64 address, struct task_struct *p)
{
	struct why_place *place = find_place(address, p, 1);

	return place ? &place->task : stored_state(p, WHY_MAKE_NOT);
}

static __always_inline struct why_task *find_state_at(u64 address, struct task_struct *p)
{
	struct why_place *place = place_of(address, 0);

	if (place && place->owner == owner_of(address, p))
		return &place->task;
	return find_state_elsewhere(address, p);
}

/* The state of `p`, or NULL. `cpu` is the one this runs on. */
static __always_inline struct why_task *find_state(struct why_cpu *cpu, struct task_struct *p)
{
	return find_state_at(address_of(cpu, p), p);
}

static __always_inline u32 take(struct why_place *place, u64 from, u64 owner)
{
	return __sync_val_compare_and_swap(&place->owner, from, owner) == from;
}

/*
 * Takes a place for `p`. One that has the address of `p` but another pid was its own before an
 * exec made it the leader of its threads, or took the pid of the leader that it was and that dies
 * (de_thread(), fs/exec.c); or it belonged to a task whose death was hidden: a fork tells
 * (`is_new`), and so does a task that leads nobody and lives.
 */
WHY_RARE struct why_task *take_place(u64 address, struct task_struct *p, u32 is_new)
{
	u64 owner = owner_of(address, p), had;
	struct why_place *place;
	u32 way, may_be_own;

	if (!address)
		return 0;
	may_be_own = !is_new && (p->pid == p->tgid || p->exit_state);
	WHY_UNROLL
	for (way = 0; way < WHY_WAYS; way++) {
		place = place_of(address, way);
		had = place ? place->owner : 0;
		if (may_be_own && had && !((had ^ address) << (64 - WHY_OWNER_PID_SHIFT)) &&
		    take(place, had, owner))
			return &place->task;
	}
	WHY_UNROLL
	for (way = 0; way < WHY_WAYS; way++) {
		place = place_of(address, way);
		if (place && (place->owner == owner || take(place, 0, owner)))
			return &place->task;
	}
	return 0;
}

/* The same, made if there is none. */
static __always_inline struct why_task *make_state(struct why_cpu *cpu, struct task_struct *p,
						   u32 is_new, enum why_may_make make)
{
	u64 address = address_of(cpu, p);
	struct why_task *t = find_state_at(address, p);

	if (!t)
		t = take_place(address, p, is_new);
	return t ?: stored_state(p, make);
}

/* The task has had its last switch. */
static __always_inline void give_back_place(struct why_cpu *cpu, struct task_struct *p)
{
	struct why_place *place = find_place(address_of(cpu, p), p, 0);

	if (!place)
		return;
	__builtin_memset(&place->task, 0, sizeof(place->task));
	WHY_PUBLISH(place->owner, 0);
}

#endif
