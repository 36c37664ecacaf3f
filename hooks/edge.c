// SPDX-License-Identifier: GPL-2.0-only
/*
 * The edges of a measurement. Each CPU runs these in turn, by an interrupt there, so that our
 * count and the kernel's are read in one instant that no switch can divide. A CPU that is offline
 * is begun and ended from another one.
 */
#include "hooks/lines.h"

enum why_edge_result { WHY_EDGE_DONE, WHY_EDGE_AGAIN };

/* Before the beginning, on each CPU: which lines there are, so that every CPU reads them all. */
WHY_INLINE u32 why_edge_find_here(void)
{
	struct why_cpu *cpu = cpu_of(this_cpu_id());

	if (!cpu)
		return WHY_EDGE_DONE;
	cpu->rq_address = (u64)why_compat_rq(this_task());
	find_lines(cpu, WHY_READ_BEGIN);
	return WHY_EDGE_DONE;
}

/* The kernel's count of what this CPU is in the middle of (include/linux/preempt.h). */
static __always_inline u32 preempt_count_of(const struct why_cpu *cpu)
{
	if (!why_cfg.counts.preempt_count)
		return why_compat_task_preempt_count(this_task());
	return (u32)read_count(cpu, why_cfg.counts.preempt_count, 4);
}

/*
 * Whether a softirq may have been counted by the kernel that has not come to its event, or the
 * other way round: the kernel serves softirqs and we see none under way (handle_softirqs(),
 * kernel/softirq.c). On PREEMPT_RT the task says so; one that was preempted there does not.
 */
static __always_inline u32 is_between_softirqs(const struct why_cpu *cpu)
{
	const u32 serving = 1 << 8;	/* SOFTIRQ_OFFSET */

	/* Nobody compares counts that are not told. */
	if (!why_cfg.counts.softirqs)
		return 0;

	u32 count = why_cfg.is_rt ? why_compat_softirq_count(this_task()) :
				    preempt_count_of(cpu);

	return count & serving && !(cpu->account.word & WHY_CTX_SOFT);
}

/*
 * Whether this edge is in an interrupt whose entry was hidden: so may others be since the
 * last switch. The kernel's count of switches can't tell while the task that hides them runs.
 */
static __always_inline u32 is_interrupt_hidden(const struct why_cpu *cpu)
{
	return preempt_count_of(cpu) & 0xf << 16 /* HARDIRQ_MASK */ &&
	       !(cpu->account.word & WHY_CTX_HARD);
}

static __always_inline void tell_begin(struct why_cpu *cpu, u32 id)
{
	write_record(cpu, id, cpu->begin_ns, WHY_RECORD_BEGIN,
		     why_record_body(cpu->current_pid, (u32)cpu->account.word & 0xff,
				     cpu->begin_rq_switches != 0));
}

/*
 * Once all CPUs are measured, on each: no hook is under way there that found them not to be. What
 * tasks do from then on is seen, so a walk over them may tell how they stand.
 */
WHY_INLINE u32 why_edge_whole_here(void)
{
	WHY_STORE(*whole(), 1);
	return WHY_EDGE_DONE;
}

/* The end of a CPU's measurement, with the kernel's count then. */
static __always_inline void end_cpu(struct why_cpu *cpu, u32 id, u64 rq_switches)
{
	u64 hidden = cpu->rq_switches && rq_switches ? rq_switches - cpu->rq_switches : 0;

	why_cpu_end(cpu, WHY_CLOCK(), rq_switches);
	write_record(cpu, id, cpu->end_ns, WHY_RECORD_END, hidden);
}

/* Returns WHY_EDGE_AGAIN where the instant was a bad one. */
WHY_INLINE u32 why_edge_begin_here(void)
{
	struct task_struct *p = this_task();
	u32 id = this_cpu_id();
	struct why_cpu *cpu = cpu_of(id);
	struct rq *rq = why_compat_rq(p);

	if (!cpu)
		return WHY_EDGE_DONE;
	cpu->rq_address = (u64)rq;
	if (is_between_softirqs(cpu))
		return WHY_EDGE_AGAIN;
	/* In threads, softirqs are switched away from unseen before the beginning. */
	if (why_cfg.is_rt)
		cpu->account.word &= ~(u64)WHY_CTX_SOFT;
	why_cpu_begin(cpu, WHY_CLOCK(), p->pid, rq ? why_compat_rq_switches(rq) : 0);
	tell_begin(cpu, id);
	/* Once it counts: what comes in between is in both counts. */
	begin_counts(cpu, id);
	return WHY_EDGE_DONE;
}

WHY_INLINE u32 why_edge_end_here(void)
{
	struct task_struct *p = this_task();
	u32 id = this_cpu_id();
	struct why_cpu *cpu = cpu_of(id);
	struct rq *rq = why_compat_rq(p);

	if (!cpu || cpu->phase != WHY_PHASE_ACTIVE)
		return WHY_EDGE_DONE;
	if (is_between_softirqs(cpu))
		return WHY_EDGE_AGAIN;
	if (!is_continuous(cpu) || is_interrupt_hidden(cpu))
		note_break(cpu, id);
	WHY_STORE(*whole(), 0);
	find_lines(cpu, WHY_READ_END);
	read_still(cpu, id, WHY_READ_END);
	WHY_STORE(cpu->phase, WHY_PHASE_ENDED);	/* before the clock is read */
	end_cpu(cpu, id, rq ? why_compat_rq_switches(rq) : 0);
	return WHY_EDGE_DONE;
}

/* The kernel's count on a CPU that runs nothing now. */
static __always_inline u64 rq_switches_of(const struct why_cpu *cpu)
{
	return cpu->rq_address ? why_compat_rq_switches_at(cpu->rq_address) : 0;
}

/* The CPU named by the first argument is offline now. */
WHY_INLINE void why_edge_begin_offline(u32 id)
{
	struct why_cpu *cpu = cpu_of(id);
	u64 now = WHY_CLOCK();

	if (!cpu)
		return;
	why_cpu_begin(cpu, now, 0, 0);
	why_cpu_offline(cpu, now, 0);
	tell_begin(cpu, id);
}

WHY_INLINE void why_edge_end_offline(u32 id)
{
	struct why_cpu *cpu = cpu_of(id);

	if (!cpu || cpu->phase != WHY_PHASE_ACTIVE)
		return;
	WHY_STORE(*whole(), 0);
	read_all(cpu, id, WHY_READ_END);
	end_cpu(cpu, id, rq_switches_of(cpu));
}

/* A CPU died: fires on the one that controls the unplugging, once the other runs no more. */
WHY_INLINE void why_on_cpuhp_exit(u32 id, int state, int idx, int ret)
{
	struct why_cpu *cpu = cpu_of(id);
	u64 now, before;

	if (!cpu || cpu->phase != WHY_PHASE_ACTIVE || ret || idx != (int)why_cfg.cpuhp_dead)
		return;
	if (state >= idx)
		return;
	now = WHY_CLOCK();
	before = cpu->offline_switches;
	why_cpu_offline(cpu, now, rq_switches_of(cpu));
	write_record(cpu, id, now, WHY_RECORD_OFFLINE, cpu->offline_switches - before);
	why_irqs_reset(&cpu->irqs);
}
