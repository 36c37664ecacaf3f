/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of rows with a key (core/keyed.h): finding one, making it, adding a sample. */
#ifndef WHY_HOOKS_KEYED_H
#define WHY_HOOKS_KEYED_H

#include "hooks/cpu.h"

static __always_inline u32 is_asked(u32 kind)
{
	return why_cfg.kinds >> kind & 1;
}

/* The row of `key` at any of its places, made if need be. */
WHY_RARE struct why_keyed *find_row(struct why_cpu *cpu, u64 key)
{
	struct why_keyed *row;
	u32 place, i;
	u64 owner;

	for (i = 0; i < WHY_KEYED_PROBES; i++) {
		place = why_keyed_place(key, i, why_cfg.keyed_shift);
		row = row_at(place);
		if (!row)
			break;
		owner = WHY_LOAD(row->key);
		if (!owner)
			owner = __sync_val_compare_and_swap(&row->key, 0, key) ?: key;
		if (owner != key)
			continue;
		row->place = place;
		return row;
	}
	if (cpu)
		__sync_fetch_and_add(&cpu->lost[WHY_LOSS_ROW_DROPPED], 1);
	return 0;
}

/* The row of `key`, mostly at its first place; NULL, and a loss, where all are taken. */
static __always_inline struct why_keyed *keyed_row(struct why_cpu *cpu, u64 key)
{
	u32 at = why_place(key, why_cfg.keyed_shift);
	struct why_keyed *row = row_at(at);

	if (!row || row->key != key)
		return find_row(cpu, key);
	if (why_cfg.ring_shift)
		row->place = at;	/* whoever made it may have been interrupted before that */
	return row;
}

/*
 * Adds a length that ended at `now`; a negative one is a loss. Rows of interrupts and softirqs have
 * one writer at a time (a CPU serves each in turn, and a switch is one too); those of work items
 * may be written by two workers, should programs ever be preempted: `is_shared`. Returns whether
 * it was added.
 */
static __always_inline u32 add_to_row(struct why_cpu *cpu, struct why_keyed *row, u64 now, u64 ns,
				      u64 who, u32 is_shared)
{
	barrier_var(ns);	/* so that the length checked is the length used */
	if ((s64)ns < 0) {
		__sync_fetch_and_add(&cpu->lost[WHY_LOSS_CLOCK_BACK], 1);
		return 0;
	}
	if (!(is_shared ? why_claim_sample(row, ns) : why_keyed_add(row, ns)))
		return 1;
	WHY_STORE(row->worst_at_ns, now);
	WHY_STORE(row->worst_who, who);
	return 1;
}

/* Finds the row too. Returns whether the sample was added. */
static __always_inline u32 add_sample(struct why_cpu *cpu, u64 key, u64 now, u64 ns, u64 who)
{
	struct why_keyed *row = keyed_row(cpu, key);

	return row && add_to_row(cpu, row, now, ns, who, 0);
}

/* A length that a replay does not see begin and end; `type`: SAMPLE, or PART before it. */
static __always_inline void write_sample(struct why_cpu *cpu, u32 id, u64 now, u32 type,
					 const struct why_keyed *row, u64 ns)
{
	write_record(cpu, id, now, type, why_record_sample(row->place, ns));
}

/*
 * Whether no switch was hidden since the last one seen here, as far as the kernel's own count can
 * tell: else what this CPU answers now may have been answered before, unseen.
 */
static __always_inline u32 is_continuous(struct why_cpu *cpu)
{
	struct rq *rq = why_compat_rq(this_task());

	return !rq || !cpu->rq_switches || why_compat_rq_switches(rq) == cpu->rq_switches;
}

#endif
