/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The context that an event fires in, as the kernel's own tracer tells it: the same facts
 * (tracing_gen_ctx_irq_test(), kernel/trace/trace.c) by the same letters (trace_print_lat_fmt(),
 * kernel/trace/trace_output.c), 6.1 to 6.18. For the module's probes.
 *
 * fact				kernels			commit		how probed
 * TIF_NEED_RESCHED_LAZY	6.1-rt, 6.12-rt		(their own)	CONFIG_PREEMPT_LAZY
 *				6.13 and later		26baa1f1c4bd	CONFIG_ARCH_HAS_..._LAZY
 * a tracepoint's probes run	all so far		-		-
 * with preemption off, by one
 * disable of its own
 * maybe with preemption on	7.0 and later		a46023d5616e	WHY_HAS_SRCU_TRACEPOINTS
 */
#ifndef WHY_COMPAT_CONTEXT_H
#define WHY_COMPAT_CONTEXT_H

#include "core/base.h"

#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/sched.h>

enum why_context {
	WHY_CONTEXT_IRQS_OFF = 1,
	WHY_CONTEXT_BH_OFF = 2,		/* softirqs held off, not served */
	WHY_CONTEXT_RESCHED = 4,	/* the task's flag */
	WHY_CONTEXT_PREEMPT = 8,	/* the same, folded into the CPU's preempt count */
	WHY_CONTEXT_LAZY = 16,
	WHY_CONTEXT_HARDIRQ = 32,
	WHY_CONTEXT_SOFTIRQ = 64,
	WHY_CONTEXT_NMI = 128,
};

/* Of the task that runs here: a set of enum why_context. */
static __always_inline u32 why_compat_context(void)
{
	u32 count = preempt_count(), set = 0;

	set |= irqs_disabled() ? WHY_CONTEXT_IRQS_OFF : 0;
	set |= softirq_count() >> (SOFTIRQ_SHIFT + 1) ? WHY_CONTEXT_BH_OFF : 0;
	set |= test_thread_flag(TIF_NEED_RESCHED) ? WHY_CONTEXT_RESCHED : 0;
	set |= test_preempt_need_resched() ? WHY_CONTEXT_PREEMPT : 0;
#if defined(CONFIG_PREEMPT_LAZY) || defined(CONFIG_ARCH_HAS_PREEMPT_LAZY)
	set |= test_thread_flag(TIF_NEED_RESCHED_LAZY) ? WHY_CONTEXT_LAZY : 0;
#endif
	set |= count & HARDIRQ_MASK ? WHY_CONTEXT_HARDIRQ : 0;
	set |= in_serving_softirq() ? WHY_CONTEXT_SOFTIRQ : 0;
	set |= count & NMI_MASK ? WHY_CONTEXT_NMI : 0;
	return set;
}

enum { WHY_CONTEXT_NO_DEPTH = 255 };

/* In a tracepoint's probe: how deep preemption was off where it fired, or WHY_CONTEXT_NO_DEPTH. */
static __always_inline u32 why_compat_preempt_depth(void)
{
#if defined(CONFIG_PREEMPT_COUNT) && !defined(WHY_HAS_SRCU_TRACEPOINTS)
	u32 depth = (preempt_count() & PREEMPT_MASK) - 1;

	return depth < WHY_CONTEXT_NO_DEPTH ? depth : WHY_CONTEXT_NO_DEPTH;
#else
	return WHY_CONTEXT_NO_DEPTH;
#endif
}

static inline char why_compat_irqs_letter(u32 set)
{
	if (set & WHY_CONTEXT_IRQS_OFF)
		return set & WHY_CONTEXT_BH_OFF ? 'D' : 'd';
	return set & WHY_CONTEXT_BH_OFF ? 'b' : '.';
}

static inline char why_compat_resched_letter(u32 set)
{
	static const char letters[] = ".npNlbLB";	/* by the three flags */

	return letters[set / WHY_CONTEXT_RESCHED & 7];
}

static inline char why_compat_level_letter(u32 set)
{
	if (set & WHY_CONTEXT_NMI)
		return set & WHY_CONTEXT_HARDIRQ ? 'Z' : 'z';
	if (set & WHY_CONTEXT_HARDIRQ)
		return set & WHY_CONTEXT_SOFTIRQ ? 'H' : 'h';
	return set & WHY_CONTEXT_SOFTIRQ ? 's' : '.';
}

/* The kernel's preemption, in the tracer's words for it. */
static inline const char *why_compat_preemption(void)
{
	return preempt_model_none() ? "server" : preempt_model_voluntary() ? "desktop" :
	       preempt_model_full() ? "preempt" : preempt_model_rt() ? "preempt_rt" : "unknown";
}

#endif
