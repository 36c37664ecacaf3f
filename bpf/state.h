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
#ifndef WHY_BPF_STATE_H
#define WHY_BPF_STATE_H

#include "compat/task.h"

#include "bpf/claim.h"

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct why_task);
} why_tasks SEC(".maps");

struct why_place {
	u64 owner;
	struct why_task task;
};

/* 1 << why_cfg.place_shift of them. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct why_place);
} why_places SEC(".maps");

enum {
	WHY_OWNER_PID_SHIFT = 42,
	WHY_WAYS = 4,	/* the places a task may have */
};

/*
 * An address as a number, which the verifier lets nobody compute with: through memory that an
 * interrupt's hook on this CPU may use as well. 0 if that happened again and again.
 */
static __always_inline u64 address_of(struct why_cpu *cpu, const void *p)
{
	u64 address, copy;
	u32 i;

	for (i = 0; i < WHY_CLAIM_TRIES; i++) {
		WHY_STORE(cpu->address, (u64)p);
		copy = address = WHY_LOAD(cpu->address);
		barrier_var(copy);	/* or the compiler returns `p`, knowing them equal */
		if (copy == (u64)p)
			return address;
	}
	return 0;
}

static __always_inline struct why_place *place_of(u64 address, u32 way)
{
	u32 i = why_place(address >> 6, why_cfg.place_shift) ^ way;

	return bpf_map_lookup_elem(&why_places, &i);
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

#pragma unroll
	for (; way < WHY_WAYS; way++) {
		place = place_of(address, way);
		if (place && place->owner == owner)
			return place;
	}
	return 0;
}

/* Not inlined: rare, and the verifier follows it once. */
static __noinline struct why_task *find_state_elsewhere(u64 address, struct task_struct *p)
{
	struct why_place *place = find_place(address, p, 1);

	return place ? &place->task : bpf_task_storage_get(&why_tasks, p, 0, 0);
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
static __noinline struct why_task *take_place(u64 address, struct task_struct *p, u32 is_new)
{
	u64 owner = owner_of(address, p), had;
	struct why_place *place;
	u32 way, may_be_own;

	if (!address)
		return 0;
	may_be_own = !is_new && (p->pid == p->tgid || p->exit_state);
	/* Unrolled here and below: 6.1's verifier knows some loops for endless by their layout. */
#pragma unroll
	for (way = 0; way < WHY_WAYS; way++) {
		place = place_of(address, way);
		had = place ? place->owner : 0;
		if (may_be_own && had && !((had ^ address) << (64 - WHY_OWNER_PID_SHIFT)) &&
		    take(place, had, owner))
			return &place->task;
	}
#pragma unroll
	for (way = 0; way < WHY_WAYS; way++) {
		place = place_of(address, way);
		if (place && (place->owner == owner || take(place, 0, owner)))
			return &place->task;
	}
	return 0;
}

/* The same, made if there is none; `storage_flags` says whether storage may be allocated here. */
static __always_inline struct why_task *make_state(struct why_cpu *cpu, struct task_struct *p,
						   u32 is_new, u64 storage_flags)
{
	u64 address = address_of(cpu, p);
	struct why_task *t = find_state_at(address, p);

	if (!t)
		t = take_place(address, p, is_new);
	return t ?: bpf_task_storage_get(&why_tasks, p, 0, storage_flags);
}

/* The task has had its last switch. */
static __always_inline void give_back_place(struct why_cpu *cpu, struct task_struct *p)
{
	struct why_place *place = find_place(address_of(cpu, p), p, 0);

	if (!place)
		return;
	__builtin_memset(&place->task, 0, sizeof(place->task));
	__sync_lock_test_and_set(&place->owner, 0);
}

#endif
