/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one CPU has under way between an interrupt's cause and its end.
 *
 *	   expiry / send        entry            exit
 *	timer, IPI |---delivery---|---vector------|
 *	line                      |---handler-----| returns "wake thread"
 *	                                          |---thread: wake | run---| sleeps
 *	          raise         entry            exit
 *	softirq    |---wait-------|---run---------|
 *
 * Owner: the CPU itself. `raised_ns` is written with interrupts off and taken by exchange; `sent`
 * is written by any CPU by compare-exchange and taken by exchange. What hidden events may have
 * left behind is thrown away at the next break of continuity.
 */
#ifndef WHY_CORE_IRQ_H
#define WHY_CORE_IRQ_H

#include "core/base.h"

/* x86's vectors that have events (arch/x86/include/asm/trace/irq_vectors.h, 6.1 to 6.18). */
#define WHY_VECTORS(X)                                                                             \
	X(LOCAL_TIMER, local_timer)                                                                \
	X(RESCHEDULE, reschedule)                                                                  \
	X(CALL_FUNCTION, call_function)                                                            \
	X(CALL_FUNCTION_SINGLE, call_function_single)                                              \
	X(IRQ_WORK, irq_work)                                                                      \
	X(X86_PLATFORM_IPI, x86_platform_ipi)                                                      \
	X(THERMAL_APIC, thermal_apic)                                                              \
	X(THRESHOLD_APIC, threshold_apic)                                                          \
	X(DEFERRED_ERROR_APIC, deferred_error_apic)                                                \
	X(ERROR_APIC, error_apic)                                                                  \
	X(SPURIOUS_APIC, spurious_apic)

enum why_vector {
#define WHY_VECTOR_ENUM(symbol, name) WHY_VECTOR_##symbol,
	WHY_VECTORS(WHY_VECTOR_ENUM)
#undef WHY_VECTOR_ENUM
	WHY_VECTOR_NR,
};

enum {
	WHY_SOFTIRQ_NR = 10,	/* include/linux/interrupt.h, 5.0 to 6.18 */
	WHY_HARD_NESTING = 4,	/* hard interrupts within each other that are told apart */
	WHY_SENT_CPU_BITS = 16,
};

/* Interrupts and softirqs of one CPU, counted at their entry. */
struct why_irq_counts {
	u64 vectors[WHY_VECTOR_NR];
	u64 softirqs[WHY_SOFTIRQ_NR];
	u64 lines;		/* all device lines together */
};

struct why_irqs {
	u64 hard_ns[WHY_HARD_NESTING];	/* entries under way, outermost first; 0: not seen */
	u64 softirq_ns;			/* entry of the softirq under way; 0: none seen */
	u64 softirq_mark_ns;		/* the account's softirq time then */
	u64 bh_since_ns;		/* work item run in a softirq (6.9 and later); 0: none */
	u64 bh_function;
	u64 raised_ns[WHY_SOFTIRQ_NR];	/* first raise that no entry has answered; 0: none */
	struct why_irq_counts seen;	/* by our programs */
	struct why_irq_counts begin;	/* the kernel's at the beginning of the measurement */
	struct why_irq_counts end;	/* and at its end */
	struct why_irq_counts lost;	/* hidden from us, found at breaks of continuity */
	u64 has_counts;			/* the kernel's counts could be read */
	/*
	 * First IPI that no entry has answered: why_sent(). Senders write it, so it stands apart
	 * from what this CPU's own hooks touch (128: adjacent lines are fetched in pairs).
	 */
	u64 sent[WHY_VECTOR_NR] __attribute__((aligned(128)));
	u64 after_sent __attribute__((aligned(128)));
};

/* Both of the kernel's call-function vectors are one count of its own. */
WHY_INLINE u32 why_vector_counter(u32 vector)
{
	return vector == WHY_VECTOR_CALL_FUNCTION_SINGLE ? WHY_VECTOR_CALL_FUNCTION : vector;
}

/* A hard interrupt begins `depth` deep (0: outermost). */
WHY_INLINE void why_irq_enter(struct why_irqs *q, u32 depth, u64 now)
{
	q->hard_ns[depth % WHY_HARD_NESTING] = now;
}

/* The one `depth` deep ends: when it began, or 0 where that was not seen. */
WHY_INLINE u64 why_irq_leave(struct why_irqs *q, u32 depth)
{
	u64 begin = q->hard_ns[depth % WHY_HARD_NESTING];

	q->hard_ns[depth % WHY_HARD_NESTING] = 0;
	return begin;
}

/* An IPI on its way: who sent it and when, modulo 2^48 ns. */
WHY_INLINE u64 why_sent(u64 now, u32 cpu)
{
	return now << WHY_SENT_CPU_BITS | (cpu & 0xffff);
}

WHY_INLINE u32 why_sent_cpu(u64 sent)
{
	return (u32)sent & 0xffff;
}

/* How long it took to come, given that this is under 39 hours; negative as in s64. */
WHY_INLINE u64 why_sent_since(u64 sent, u64 now)
{
	return (u64)((s64)((now << WHY_SENT_CPU_BITS) - (sent & ~0xffffULL)) >> WHY_SENT_CPU_BITS);
}

/*
 * A timer's delivery ends with the interrupt that runs it, which began at `entry`. One that was
 * run early along with another (its expiry lies after the entry) is no sample, nor one whose
 * interrupt was not seen. Returns whether there is one.
 */
WHY_INLINE u32 why_is_delivery(u64 expires, u64 entry)
{
	return entry && expires <= entry;
}

/* Events were hidden: what waits for its answer may have got it unseen. */
WHY_INLINE void why_irqs_forget(struct why_irqs *q)
{
	u32 i;

	for (i = 0; i < WHY_SOFTIRQ_NR; i++)
		WHY_STORE(q->raised_ns[i], 0);
	for (i = 0; i < WHY_VECTOR_NR; i++)
		WHY_STORE(q->sent[i], 0);
}

/* The CPU died: nothing is under way on it. */
WHY_INLINE void why_irqs_reset(struct why_irqs *q)
{
	u32 i;

	why_irqs_forget(q);
	for (i = 0; i < WHY_HARD_NESTING; i++)
		q->hard_ns[i] = 0;
	q->softirq_ns = 0;
	q->bh_since_ns = 0;
}

#endif
