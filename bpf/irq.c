// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts and softirqs, for the cause account. Softirq hooks run with interrupts on, so every
 * step is claimed. Exits are attached before entries: an exit alone is harmless.
 */
#include "bpf/maps.h"

static __always_inline int edge(u32 what, u32 source)
{
	u32 id, verdict;
	struct why_cpu *cpu = interruptible_cpu(&id);
	u64 now;

	if (!cpu)
		return 0;
	verdict = why_claim_edge(&cpu->account, what, &now);
	if (cpu->phase != WHY_PHASE_ACTIVE)
		return 0;
	if (verdict == WHY_ACCOUNT_UNPAIRED)
		__sync_fetch_and_add(&cpu->lost[WHY_LOSS_UNPAIRED], 1);
	else if (verdict == WHY_ACCOUNT_CLOCK_BACK)
		__sync_fetch_and_add(&cpu->lost[WHY_LOSS_CLOCK_BACK], 1);
	else if (verdict == WHY_CLAIM_FAILED)
		__sync_fetch_and_add(&cpu->lost[WHY_LOSS_CLAIM], 1);
	write_record(cpu, id, now, WHY_RECORD_EDGE, why_record_body(source, 0, what));
	return 0;
}

SEC("tp_btf/irq_handler_entry")
int BPF_PROG(on_irq_handler_entry, int irq)
{
	return edge(WHY_EDGE_HARDIRQ_ENTRY, irq);
}

SEC("tp_btf/irq_handler_exit")
int BPF_PROG(on_irq_handler_exit, int irq)
{
	return edge(WHY_EDGE_HARDIRQ_EXIT, irq);
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(on_softirq_entry, unsigned int vector)
{
	return edge(WHY_EDGE_SOFTIRQ_ENTRY, vector);
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(on_softirq_exit, unsigned int vector)
{
	return edge(WHY_EDGE_SOFTIRQ_EXIT, vector);
}

/* x86: what does not go through a line. arch/x86/include/asm/trace/irq_vectors.h */
#define VECTOR(name)                                                                               \
	SEC("tp_btf/" #name "_entry") int BPF_PROG(on_##name##_entry, int vector)                  \
	{                                                                                          \
		return edge(WHY_EDGE_HARDIRQ_ENTRY, vector);                                       \
	}                                                                                          \
	SEC("tp_btf/" #name "_exit") int BPF_PROG(on_##name##_exit, int vector)                    \
	{                                                                                          \
		return edge(WHY_EDGE_HARDIRQ_EXIT, vector);                                        \
	}

VECTOR(local_timer)
VECTOR(reschedule)
VECTOR(call_function)
VECTOR(call_function_single)
VECTOR(irq_work)
VECTOR(x86_platform_ipi)
VECTOR(thermal_apic)
VECTOR(threshold_apic)
VECTOR(deferred_error_apic)
VECTOR(error_apic)
VECTOR(spurious_apic)

/* Optional, 6.17 and later: the scheduler's own time, apart from the task's. */
SEC("tp_btf/sched_entry_tp")
int BPF_PROG(on_sched_entry_tp)
{
	return edge(WHY_EDGE_SCHED_ENTRY, 0);
}

SEC("tp_btf/sched_exit_tp")
int BPF_PROG(on_sched_exit_tp)
{
	return edge(WHY_EDGE_SCHED_EXIT, 0);
}
