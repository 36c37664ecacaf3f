/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cause account: what one CPU has spent its time on.
 *
 * At any instant a CPU is in exactly one class. When the class changes, the time since the last
 * change is added to the class that ends, so that always, exactly:
 *
 *	start_ns + sum(ns[]) == time of the last change
 *
 * which is also how a reader on another CPU (or an interrupt in the middle of an update) knows
 * that what it read is whole: a copy that does not add up is torn.
 *
 *	word:  |63 ................ 8|7 .. 4|  3   |   2   |1 .. 0|
 *	       | last change, ns     | hard | switch | soft | base |
 *	       | modulo 2^56         | depth|       |       |      |
 *
 * Class of a word, first that applies: hard depth > 0: hardirq; soft: softirq; switch: switch;
 * else the base (idle, task, offline, unseen).
 *
 * Writers: the owning CPU alone. With interrupts on, the adapter must claim `word` by
 * compare-exchange and add to ns[] atomically; with interrupts off plain stores do.
 * Readers: any CPU, why_account_read().
 */
#ifndef WHY_CORE_ACCOUNT_H
#define WHY_CORE_ACCOUNT_H

#include "core/base.h"

enum why_class {
	WHY_CLASS_IDLE,
	WHY_CLASS_TASK,
	WHY_CLASS_SOFTIRQ,
	WHY_CLASS_HARDIRQ,
	WHY_CLASS_SWITCH,
	WHY_CLASS_OFFLINE,
	WHY_CLASS_UNSEEN,	/* events were hidden from us: nobody knows what the CPU did */
	WHY_CLASS_NR,
	WHY_CLASS_ROOM = 8,	/* for copies: 6.1's verifier knows a class as three bits only */
};

enum why_base { WHY_BASE_UNSEEN, WHY_BASE_IDLE, WHY_BASE_TASK, WHY_BASE_OFFLINE };

/* What can happen to a CPU's context besides a task switch. */
enum why_edge {
	WHY_EDGE_NONE,		/* nothing: brings the account up to now */
	WHY_EDGE_HARDIRQ_ENTRY,
	WHY_EDGE_HARDIRQ_EXIT,
	WHY_EDGE_SOFTIRQ_ENTRY,
	WHY_EDGE_SOFTIRQ_EXIT,
	WHY_EDGE_SCHED_ENTRY,
	WHY_EDGE_SCHED_EXIT,
	WHY_EDGE_NR,
};

enum {
	WHY_CTX_BASE = 0x03,
	WHY_CTX_SOFT = 0x04,
	WHY_CTX_SWITCH = 0x08,
	WHY_CTX_HARD_ONE = 0x10,
	WHY_CTX_HARD = 0xf0,
	WHY_CTX_BITS = 8,
};

enum why_account_verdict {
	WHY_ACCOUNT_OK,
	WHY_ACCOUNT_UNPAIRED,	/* an exit without an entry, or nesting over 15: state kept */
	WHY_ACCOUNT_CLOCK_BACK,	/* now lies before the last change: no time passes */
	WHY_ACCOUNT_STUCK,	/* a switch inside a hard interrupt: the depth is cleared */
	WHY_ACCOUNT_TORN,	/* a read that does not add up */
};

struct why_account {
	u64 word;
	u64 start_ns;		/* 0: no event seen yet */
	u64 ns[WHY_CLASS_NR];
	u64 base_mark_ns;	/* ns[] of the base class when this base began: see unsee() */
	u64 unseen_ns;		/* what the last break moved to the unseen class */
};

/* A step decided but not yet taken: the adapter publishes `word`, then adds `ns` to ns[class]. */
struct why_step {
	u64 word;
	u64 ns;
	u32 class_;
	u32 verdict;
};

WHY_INLINE u64 why_account_word(u64 now, u32 context)
{
	return now << WHY_CTX_BITS | context;
}

/* Nanoseconds from the word's last change to `now`; over 2^55 means that now is the earlier. */
WHY_INLINE u64 why_account_since(u64 word, u64 now)
{
	return ((now << WHY_CTX_BITS) - (word & ~0xffULL)) >> WHY_CTX_BITS;
}

/*
 * Classes by switch, soft and base, four bits each, the lowest first: a word, not branches, for
 * the verifier follows every path in every program that takes a step.
 */
#define WHY_CLASS_OF_BASES(idle, task, offline, unseen)                                            \
	((u64)(unseen) | (u64)(idle) << 4 | (u64)(task) << 8 | (u64)(offline) << 12)
#define WHY_CLASS_OF_ALL(class_) WHY_CLASS_OF_BASES(class_, class_, class_, class_)

WHY_INLINE u32 why_context_class(u32 context)
{
	const u64 classes =
		WHY_CLASS_OF_BASES(WHY_CLASS_IDLE, WHY_CLASS_TASK, WHY_CLASS_OFFLINE,
				   WHY_CLASS_UNSEEN) |
		WHY_CLASS_OF_ALL(WHY_CLASS_SOFTIRQ) << 16 |
		WHY_CLASS_OF_ALL(WHY_CLASS_SWITCH) << 32 |
		WHY_CLASS_OF_ALL(WHY_CLASS_SOFTIRQ) << 48;

	if (context & WHY_CTX_HARD)
		return WHY_CLASS_HARDIRQ;
	return (u32)(classes >> (context & 0xf) * 4) & 0xf;
}

WHY_INLINE u32 why_base_class(u32 base)
{
	return why_context_class(base & WHY_CTX_BASE);
}

/* Decides the step that `edge` at `now` makes from `word`. Pure. */
WHY_HIDDEN void why_account_step(u64 word, u32 edge, u64 now, struct why_step *ret);

/* Starts an account, all zero, at `now` in `base`, keeping interrupt context already seen. */
WHY_HIDDEN void why_account_start(struct why_account *a, u64 now, u32 base);

/*
 * A task switch at `now`, interrupts off: the base becomes `base` (IDLE or TASK), softirq context
 * is what the incoming task left (`soft`: set on PREEMPT_RT only). With `is_break` events were
 * hidden since the last switch: the base's time since then goes to the unseen class. Returns a
 * verdict.
 */
WHY_HIDDEN u32 why_account_switch(struct why_account *a, u64 now, u32 base, u32 soft,
				  u32 is_break);

/* Takes one step of an account, with interrupts off (else: hooks/claim.h). Returns a verdict. */
WHY_HIDDEN u32 why_account_take(struct why_account *a, u32 edge, u64 now);

/* Brings an account up to `now`, in whatever class it is. Interrupts off. */
WHY_HIDDEN u32 why_account_update(struct why_account *a, u64 now);

/* The CPU died at `now`. Called on another CPU once this one runs no more. */
WHY_HIDDEN u32 why_account_offline(struct why_account *a, u64 now);

/*
 * Reads an account as it stands at `now`: ret_ns[class], with the running class extended.
 * *ret_at is the instant that they describe: now, or the last change where that lies later (the
 * account's CPU went on since the caller read its clock). WHY_ACCOUNT_TORN: not whole, try again.
 */
WHY_HIDDEN u32 why_account_read(const struct why_account *a, u64 now, u64 *ret_ns, u64 *ret_at);

#endif
