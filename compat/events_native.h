/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The events whose types the headers declare that the module is built against. Where they do not,
 * the kernel has no such event, and the check of its probe's type is empty.
 *
 * event			kernels			commit			how probed
 * ipi_send_cpu, _cpumask	6.4 and later		68f4ff04dbad		WHY_HAS_IPI_SEND
 *							("sched, smp: Trace
 *							smp callback causing
 *							an IPI")
 * sched_entry_tp, _exit_tp	6.17 and later		(seen in its headers)	WHY_HAS_SCHED_ENTRY
 * sched_set_need_resched_tp	6.17 and later		(seen in its headers)	WHY_HAS_NEED_RESCHED
 * hrtimer_start's was_armed	6.1.y, 6.12.y, later	(seen in their headers)	WHY_HAS_WAS_ARMED
 * x86's vectors		x86			-			CONFIG_X86_64
 * those of machine checks	where configured	-			CONFIG_X86_MCE_...,
 * and of heat							CONFIG_X86_THERMAL_VECTOR
 */
#ifndef WHY_COMPAT_EVENTS_NATIVE_H
#define WHY_COMPAT_EVENTS_NATIVE_H

#include "core/irq.h"

#include <linux/interrupt.h>

#include <trace/events/cpuhp.h>
#include <trace/events/ipi.h>
#include <trace/events/irq.h>
#include <trace/events/sched.h>
#include <trace/events/task.h>
#include <trace/events/timer.h>
#include <trace/events/workqueue.h>

#define WHY_COMPAT_NO_EVENT(event)                                                                 \
	static inline void check_trace_callback_type_##event(const void *probe)                    \
	{                                                                                          \
	}

#ifndef WHY_HAS_IPI_SEND
WHY_COMPAT_NO_EVENT(ipi_send_cpu)
WHY_COMPAT_NO_EVENT(ipi_send_cpumask)
#endif

#ifndef WHY_HAS_SCHED_ENTRY
WHY_COMPAT_NO_EVENT(sched_entry_tp)
WHY_COMPAT_NO_EVENT(sched_exit_tp)
#endif

#ifndef WHY_HAS_NEED_RESCHED
WHY_COMPAT_NO_EVENT(sched_set_need_resched_tp)
#endif

#ifdef WHY_HAS_WAS_ARMED
#define EVENT_HRTIMER_START_MORE , bool was_armed
#else
#define EVENT_HRTIMER_START_MORE
#endif

#define WHY_COMPAT_NO_VECTOR(symbol, name)                                                         \
	WHY_COMPAT_NO_EVENT(name##_exit)                                                           \
	WHY_COMPAT_NO_EVENT(name##_entry)

#ifdef CONFIG_X86_64
#include <asm/trace/irq_vectors.h>
#ifndef CONFIG_IRQ_WORK
WHY_COMPAT_NO_VECTOR(, irq_work)
#endif
#ifndef CONFIG_SMP
WHY_COMPAT_NO_VECTOR(, reschedule)
WHY_COMPAT_NO_VECTOR(, call_function)
WHY_COMPAT_NO_VECTOR(, call_function_single)
#endif
#ifndef CONFIG_X86_MCE_THRESHOLD
WHY_COMPAT_NO_VECTOR(, threshold_apic)
#endif
#ifndef CONFIG_X86_MCE_AMD
WHY_COMPAT_NO_VECTOR(, deferred_error_apic)
#endif
#ifndef CONFIG_X86_THERMAL_VECTOR
WHY_COMPAT_NO_VECTOR(, thermal_apic)
#endif
#else
WHY_VECTORS(WHY_COMPAT_NO_VECTOR)
#endif

#endif
