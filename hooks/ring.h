/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing the ring (core/record.h, core/ring.h). Where no ring was asked for, all of this is dead
 * code to the verifier.
 */
#ifndef WHY_HOOKS_RING_H
#define WHY_HOOKS_RING_H

#include "hooks/world.h"

#include "core/ring.h"
#include "hooks/claim.h"

/* CPU n's ring is the records from n << ring_shift on. Body first, then the head. */
static __always_inline void store_record(u32 id, u64 position, u64 now, u32 type, u64 body)
{
	struct why_record *r;
	u32 slot = (id << why_cfg.ring_shift) +
		   (u32)why_ring_slot(position, 1ULL << why_cfg.ring_shift);

	r = record_at(slot);
	if (!r)
		return;
	WHY_STORE(r->body, body);
	WHY_PUBLISH(r->head, why_record_head(now, why_ring_lap(position, why_cfg.ring_shift),
					     type));
}

/* Apart: else the verifier follows it from every state that a switch's tasks may be in. */
WHY_APART int put_record(u32 id, u64 position, u64 now, u32 type, u64 body)
{
	store_record(id, position, now, type, body);
	return 0;
}

/*
 * The next position, for a hook that nothing on this CPU interrupts: no other claims one meanwhile.
 * Where stores may pass each other, the claim has to come before what is stored there.
 */
static __always_inline u64 claim_alone(struct why_cpu *cpu)
{
	u64 position = cpu->ring_head;

	if (!WHY_STORES_KEEP_ORDER)
		return __sync_fetch_and_add(&cpu->ring_head, 1);
	WHY_STORE(cpu->ring_head, position + 1);
	return position;
}

/* Where nothing on this CPU interrupts, and few states lead to. */
static __always_inline void write_alone(struct why_cpu *cpu, u32 id, u64 now, u32 type, u64 body)
{
	if (why_cfg.ring_shift)
		store_record(id, claim_alone(cpu), now, type, body);
}

/* `cpu` is CPU `id`: this one, or one that is off. */
static __always_inline void write_record(struct why_cpu *cpu, u32 id, u64 now, u32 type, u64 body)
{
	if (why_cfg.ring_shift)
		put_record(id, __sync_fetch_and_add(&cpu->ring_head, 1), now, type, body);
}

/* The name of task `p`: three records next to each other. */
static __always_inline void write_name(struct why_cpu *cpu, u32 id, u64 now, u32 pid,
				       const char *name)
{
	u64 text[WHY_COMM_LEN / 8] = {}, position;

	if (!why_cfg.ring_shift)
		return;
	/* An exec gives the whole file name: cut and filled up as the kernel does. */
	read_name(text, sizeof(text), name);
	position = __sync_fetch_and_add(&cpu->ring_head, 3);
	put_record(id, position, now, WHY_RECORD_NAMED, why_record_body(pid, 0, 0));
	put_record(id, position + 1, now, WHY_RECORD_TEXT, text[0]);
	put_record(id, position + 2, now, WHY_RECORD_TEXT, text[1]);
}

/* The cgroup of task `p`, in the hierarchy that names tasks: two records. */
static __always_inline void write_cgroup(struct why_cpu *cpu, u32 id, u64 now,
					 struct task_struct *p)
{
	u64 position;

	if (!why_cfg.ring_shift)
		return;
	position = __sync_fetch_and_add(&cpu->ring_head, 2);
	put_record(id, position, now, WHY_RECORD_GROUPED, why_record_body(p->pid, 0, 0));
	put_record(id, position + 1, now, WHY_RECORD_TEXT,
		   why_compat_cgroup_id(p, why_cfg.label_subsys));
}

#endif
