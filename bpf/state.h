/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a task's state is: in a table, at a place that follows from the task's address, or, where
 * that place is somebody else's, in the task's own storage. The table is what makes a switch
 * cheap: its look-up is a few instructions here, the storage's is a call into the kernel.
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

enum { WHY_OWNER_PID_SHIFT = 42 };

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

static __always_inline struct why_place *place_of(u64 address)
{
	u32 i = why_place(address >> 6, why_cfg.place_shift);

	return bpf_map_lookup_elem(&why_places, &i);
}

static __always_inline u64 owner_of(u64 address, struct task_struct *p)
{
	return address ^ (u64)(u32)p->pid << WHY_OWNER_PID_SHIFT;
}

static __always_inline struct why_task *find_state_at(u64 address, struct task_struct *p)
{
	struct why_place *place = place_of(address);

	if (place && place->owner == owner_of(address, p))
		return &place->task;
	return bpf_task_storage_get(&why_tasks, p, 0, 0);
}

/* The state of `p`, or NULL. `cpu` is the one this runs on. */
static __always_inline struct why_task *find_state(struct why_cpu *cpu, struct task_struct *p)
{
	return find_state_at(address_of(cpu, p), p);
}

/*
 * Takes the place of `p` if it is free. One that has the address of `p` but another pid was its
 * own before an exec made it the leader of its threads (de_thread(), fs/exec.c), or it belonged to
 * a task whose death was hidden: a fork tells (`is_new`), and so does a task that leads nobody.
 */
static __always_inline struct why_task *take_place(u64 address, struct task_struct *p, u32 is_new)
{
	struct why_place *place = place_of(address);
	u64 owner;

	if (!place || !address)
		return 0;
	owner = place->owner;
	if (owner && ((owner ^ address) << (64 - WHY_OWNER_PID_SHIFT) || p->pid != p->tgid ||
		      is_new))
		return 0;
	return __sync_val_compare_and_swap(&place->owner, owner, owner_of(address, p)) == owner ?
		       &place->task :
		       0;
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
	u64 address = address_of(cpu, p);
	struct why_place *place = place_of(address);

	if (!place || place->owner != owner_of(address, p))
		return;
	__builtin_memset(&place->task, 0, sizeof(place->task));
	__sync_lock_test_and_set(&place->owner, 0);
}

#endif
