// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long an interrupt was on its way: timers from the instant their hardware was programmed
 * for, inter-processor interrupts from their sender.
 */
#include "hooks/keyed.h"
#include "hooks/late.h"

WHY_INLINE void why_on_hrtimer_start(struct hrtimer *timer)
{
	u32 id;
	struct why_cpu *cpu = interruptible_cpu(&id);

	if (!cpu || cpu->phase == WHY_PHASE_ENDED || !why_compat_is_hard_monotonic(timer) ||
	    (u64)timer->node.expires > WHY_CLOCK())
		return;
	note_late_start(address_of(cpu, timer), (u64)timer->node.expires);
}

/* Hard timers: with interrupts off, in the interrupt that found the timer due. */
WHY_INLINE void why_on_hrtimer_expire_entry(struct hrtimer *timer)
{
	u64 expires = (u64)timer->node.expires, entry;
	struct why_keyed *row;
	struct why_cpu *cpu;
	u32 id;

	if (!why_compat_is_hard_monotonic(timer))
		return;
	cpu = active_cpu(&id);
	if (!cpu || !(cpu->account.word & WHY_CTX_HARD))
		return;
	entry = cpu->irqs.hard_ns[0];
	if (!why_is_delivery(expires, entry))
		return;
	if (was_started_late(address_of(cpu, timer), expires))
		return;
	row = keyed_row(cpu, why_key(WHY_KIND_TIMER, id, 0));
	if (row && add_to_row(cpu, row, entry, entry - expires, 0, 0))
		write_sample(cpu, id, entry, WHY_RECORD_SAMPLE, row, entry - expires);
}

/* The first on its way counts: later ones come with it. */
static __always_inline void send(u32 target_id, u32 vector, u64 now, u32 id)
{
	struct why_cpu *target = cpu_of(target_id);

	if (target && target->phase == WHY_PHASE_ACTIVE)
		__sync_val_compare_and_swap(&target->irqs.sent[vector], 0, why_sent(now, id));
}

/*
 * Whom it is for tells what it is: reschedule has no callback (smp_send_reschedule(),
 * include/linux/smp.h); irq_work is raised on the CPU itself (irq_work_raise(),
 * kernel/irq_work.c); all else is a single function call (kernel/smp.c). 6.4 to 6.18.
 */
static __always_inline u32 vector_of(u32 target_id, u32 id, const void *callback)
{
	if (!callback)
		return WHY_VECTOR_RESCHEDULE;
	return target_id == id ? WHY_VECTOR_IRQ_WORK : WHY_VECTOR_CALL_FUNCTION_SINGLE;
}

WHY_INLINE void why_on_ipi_send_cpu(u32 target_id, const void *callback)
{
	u32 id;
	struct why_cpu *cpu = interruptible_cpu(&id);

	if (cpu && cpu->phase == WHY_PHASE_ACTIVE)
		send(target_id, vector_of(target_id, id, callback), WHY_CLOCK(), id);
}

WHY_INLINE void why_on_ipi_send_cpumask(const struct cpumask *mask)
{
	u32 id, target_id;
	struct why_cpu *cpu = interruptible_cpu(&id);
	unsigned long bits = 0;
	u64 now;

	if (!cpu || cpu->phase != WHY_PHASE_ACTIVE)
		return;
	now = WHY_CLOCK();
	for (target_id = 0; target_id < why_cfg.nr_cpus; target_id++) {
		if (!(target_id % 64))
			read_kernel(&bits, sizeof(bits), &mask->bits[target_id / 64]);
		if (bits >> target_id % 64 & 1)
			send(target_id, WHY_VECTOR_CALL_FUNCTION, now, id);
	}
}
