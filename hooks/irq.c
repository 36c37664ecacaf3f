// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts and softirqs: for the cause account, and each one's own length. Softirq hooks run
 * with interrupts on, so every step is claimed. Exits are attached before entries: an exit alone
 * is harmless.
 */
#include "hooks/keyed.h"
#include "hooks/lines.h"

static __always_inline void count_verdict(struct why_cpu *cpu, u32 verdict)
{
	if (verdict == WHY_ACCOUNT_UNPAIRED)
		__sync_fetch_and_add(&cpu->lost[WHY_LOSS_UNPAIRED], 1);
	else if (verdict == WHY_ACCOUNT_CLOCK_BACK)
		__sync_fetch_and_add(&cpu->lost[WHY_LOSS_CLOCK_BACK], 1);
	else if (verdict == WHY_CLAIM_FAILED)
		__sync_fetch_and_add(&cpu->lost[WHY_LOSS_CLAIM], 1);
}

/* Where an edge is taken, which says what may come in the middle of it. */
enum level { AT_HARD /* nothing */, AT_SOFT /* hard interrupts */, AT_TASK /* softirqs too */ };

/* An edge of the account; the CPU if it is being measured, else NULL. */
static __always_inline struct why_cpu *edge(u32 what, enum level level, u32 *ret_id, u64 *ret_now)
{
	struct why_cpu *cpu;
	u32 verdict, phase;

	*ret_id = this_cpu_id();
	cpu = cpu_of(*ret_id);
	/* An edge of the measurement that comes in the middle sees the step whole or not at all. */
	phase = cpu ? WHY_LOAD(cpu->phase) : WHY_PHASE_ENDED;
	if (!cpu || phase == WHY_PHASE_ENDED)
		return 0;
	if (level == AT_HARD)
		cpu->nr_events++;
	else if (level == AT_SOFT)
		cpu->nr_soft_events++;
	else
		__sync_fetch_and_add(&cpu->nr_events, 1);
	/* Before the claim: an interrupt after it ends a first piece of softirq time. */
	if (what == WHY_EDGE_SOFTIRQ_ENTRY)
		cpu->irqs.softirq_mark_ns = cpu->account.ns[WHY_CLASS_SOFTIRQ];
	if (level == AT_HARD) {
		*ret_now = WHY_CLOCK();
		verdict = why_account_take(&cpu->account, what, *ret_now);
	} else {
		verdict = why_claim_edge(&cpu->account, what, ret_now);
	}
	if (phase != WHY_PHASE_ACTIVE)
		return 0;
	count_verdict(cpu, verdict);
	return cpu;
}

static __always_inline u32 hard_depth(const struct why_cpu *cpu)
{
	return ((u32)cpu->account.word & WHY_CTX_HARD) / WHY_CTX_HARD_ONE;
}

static __always_inline struct why_cpu *begin_hard(u32 *ret_id, u64 *ret_now)
{
	struct why_cpu *cpu = edge(WHY_EDGE_HARDIRQ_ENTRY, AT_HARD, ret_id, ret_now);

	if (cpu)
		why_irq_enter(&cpu->irqs, hard_depth(cpu) - 1, *ret_now);
	return cpu;
}

/* *ret_begin: when it began, or 0 where that was not seen. */
static __always_inline struct why_cpu *end_hard(u32 *ret_id, u64 *ret_now, u64 *ret_begin)
{
	struct why_cpu *cpu = edge(WHY_EDGE_HARDIRQ_EXIT, AT_HARD, ret_id, ret_now);

	if (cpu)
		*ret_begin = why_irq_leave(&cpu->irqs, hard_depth(cpu));
	return cpu;
}

WHY_INLINE void why_on_irq_handler_entry(int irq, struct irqaction *action)
{
	struct why_cpu *cpu;
	u64 now;
	u32 id;

	cpu = begin_hard(&id, &now);
	if (!cpu)
		return;
	write_record(cpu, id, now, WHY_RECORD_IRQ_ENTRY, why_record_body(irq, 0, !action->next));
	/* Every interrupt of a shared line calls each of its actions, so the last of them once. */
	if (!action->next)
		count_line(cpu, id, irq);
}

/*
 * Wakes its thread: the thread's own time begins here, unless an earlier one is not done yet.
 * Returns whether the thread has a state.
 */
static __always_inline u32 begin_thread(struct why_cpu *cpu, struct irqaction *action, u64 key,
					u64 now)
{
	struct task_struct *p = action->thread;
	struct why_task *t = p ? task_of(cpu, p) : 0;

	if (!t)
		return 0;
	if (t->irq_since_ns)
		return 1;
	t->irq_run_ns = 0;
	t->irq_key = key;
	__sync_val_compare_and_swap(&t->irq_since_ns, 0, now);
	return 1;
}

/* The row's place + 1; 0: nothing was added to it. */
static __always_inline u32 end_handler(struct why_cpu *cpu, u64 key, struct irqaction *action,
				       u32 irq, int ret, u64 now, u64 begin)
{
	struct why_keyed *row = keyed_row(cpu, key);

	if (!row)
		return 0;
	name_row(row, irq, action);
	if (ret == WHY_COMPAT_IRQ_NONE)
		row->nr_unhandled++;
	else if (!add_to_row(cpu, row, now, now - begin, 0, 0))
		return 0;
	return row->place + 1;
}

/* Threads of nobody's interest need no row. */
static __always_inline void wake_thread(struct why_cpu *cpu, u64 key, struct irqaction *action,
					u32 irq, u64 now)
{
	struct why_keyed *row = begin_thread(cpu, action, key, now) ? keyed_row(cpu, key) : 0;

	if (row)
		name_row(row, irq, action);
}

WHY_INLINE void why_on_irq_handler_exit(int irq, struct irqaction *action, int ret)
{
	struct why_cpu *cpu;
	u64 now, begin = 0, what;
	u32 id, row = 0;

	cpu = end_hard(&id, &now, &begin);
	if (!cpu)
		return;
	what = why_action_id(irq, address_of(cpu, action));
	if (begin && is_asked(WHY_KIND_HANDLER))
		row = end_handler(cpu, why_key(WHY_KIND_HANDLER, id, what), action, irq, ret, now,
				  begin);
	if (is_asked(WHY_KIND_THREAD) && ret & WHY_COMPAT_IRQ_WAKE_THREAD)
		wake_thread(cpu, why_key(WHY_KIND_THREAD, id, what), action, irq, now);
	write_record(cpu, id, now, WHY_RECORD_IRQ_EXIT,
		     why_record_body(irq, row,
				     ret == WHY_COMPAT_IRQ_NONE ? WHY_IRQ_UNHANDLED : 0));
}

WHY_INLINE void why_on_softirq_raise(u32 nr)
{
	u32 id;
	struct why_cpu *cpu = active_cpu(&id);

	barrier_var(nr);
	/* Interrupts are off. The first raise counts until it is answered. */
	if (cpu && nr < WHY_SOFTIRQ_NR && !cpu->irqs.raised_ns[nr])
		WHY_STORE(cpu->irqs.raised_ns[nr], WHY_CLOCK());
}

/* How long softirq `nr` was raised, packed for its record. */
static __always_inline u64 end_raised(struct why_cpu *cpu, u32 id, u32 nr, u64 now)
{
	u64 raised = __sync_lock_test_and_set(&cpu->irqs.raised_ns[nr], 0);

	return why_record_pack(raised && is_continuous(cpu) &&
				       add_sample(cpu, why_key(WHY_KIND_SOFTIRQ_WAIT, id, nr), now,
						  now - raised, 0),
			       now - raised, WHY_SOFTIRQ_LENGTH_BITS);
}

WHY_INLINE void why_on_softirq_entry(u32 nr)
{
	struct why_cpu *cpu;
	u64 now, wait = 0;
	u32 id;

	cpu = edge(WHY_EDGE_SOFTIRQ_ENTRY, AT_SOFT, &id, &now);
	barrier_var(nr);	/* so that the number checked is the number used */
	if (!cpu || nr >= WHY_SOFTIRQ_NR)
		return;
	cpu->irqs.seen.softirqs[nr]++;
	/* On PREEMPT_RT without a lock for softirqs two may overlap: neither's length is told. */
	if (why_cfg.is_rt && cpu->irqs.softirq_ns)
		count_verdict(cpu, WHY_ACCOUNT_UNPAIRED);
	cpu->irqs.softirq_ns = why_cfg.is_rt && cpu->irqs.softirq_ns ? 0 : now;
	if (is_asked(WHY_KIND_SOFTIRQ_WAIT))
		wait = end_raised(cpu, id, nr, now);
	write_record(cpu, id, now, WHY_RECORD_SOFTIRQ_ENTRY, why_record_softirq(nr, wait));
}

WHY_INLINE void why_on_softirq_exit(u32 nr)
{
	struct why_keyed *row;
	struct why_cpu *cpu;
	u64 now, begin;
	u32 id;

	cpu = edge(WHY_EDGE_SOFTIRQ_EXIT, AT_SOFT, &id, &now);
	barrier_var(nr);	/* so that the number checked is the number used */
	if (!cpu || nr >= WHY_SOFTIRQ_NR)
		return;
	write_record(cpu, id, now, WHY_RECORD_SOFTIRQ_EXIT, why_record_softirq(nr, 0));
	begin = cpu->irqs.softirq_ns;
	cpu->irqs.softirq_ns = 0;
	if (!begin || !is_asked(WHY_KIND_SOFTIRQ_RUN))
		return;
	row = keyed_row(cpu, why_key(WHY_KIND_SOFTIRQ_RUN, id, nr));
	if (!row)
		return;
	add_to_row(cpu, row, now, now - begin, 0, 0);
	row->part_ns[0] += cpu->account.ns[WHY_CLASS_SOFTIRQ] - cpu->irqs.softirq_mark_ns;
}

static __always_inline u32 is_ipi(u32 vector)
{
	return vector == WHY_VECTOR_RESCHEDULE || vector == WHY_VECTOR_CALL_FUNCTION ||
	       vector == WHY_VECTOR_CALL_FUNCTION_SINGLE || vector == WHY_VECTOR_IRQ_WORK;
}

/* How long the IPI that `sent` tells of was on its way, packed for its record. */
static __always_inline u64 end_flight(struct why_cpu *cpu, u32 id, u32 vector, u64 now, u64 sent)
{
	u64 ns = why_sent_since(sent, now);

	return why_record_pack(sent && is_continuous(cpu) &&
				       add_sample(cpu, why_key(WHY_KIND_IPI, id, vector), now, ns,
						  why_sent_cpu(sent)),
			       ns, WHY_VECTOR_LENGTH_BITS);
}

/* `vector`: ours; `number`: the processor's, for the record. */
static __always_inline void enter_vector(u32 vector, int number)
{
	struct why_cpu *cpu;
	u64 now, sent = 0, flight = 0;
	u32 id;

	cpu = begin_hard(&id, &now);
	if (!cpu)
		return;
	cpu->irqs.seen.vectors[why_vector_counter(vector)]++;
	if (is_ipi(vector) && is_asked(WHY_KIND_IPI)) {
		sent = __sync_lock_test_and_set(&cpu->irqs.sent[vector], 0);
		flight = end_flight(cpu, id, vector, now, sent);
	}
	write_record(cpu, id, now, WHY_RECORD_VECTOR_ENTRY,
		     why_record_vector(vector, (u32)number, why_sent_cpu(sent), flight));
}

static __always_inline void leave_vector(u32 vector, int number)
{
	struct why_cpu *cpu;
	u64 now, begin = 0;
	u32 id;

	cpu = end_hard(&id, &now, &begin);
	if (!cpu)
		return;
	write_record(cpu, id, now, WHY_RECORD_VECTOR_EXIT,
		     why_record_vector(vector, (u32)number, 0, 0));
	if (begin && is_asked(WHY_KIND_VECTOR))
		add_sample(cpu, why_key(WHY_KIND_VECTOR, id, vector), now, now - begin, 0);
}

/* x86: what does not go through a line. */
#define VECTOR(symbol, name)                                                                       \
	WHY_INLINE void why_on_##name##_entry(int vector)                                          \
	{                                                                                          \
		enter_vector(WHY_VECTOR_##symbol, vector);                                         \
	}                                                                                          \
	WHY_INLINE void why_on_##name##_exit(int vector)                                           \
	{                                                                                          \
		leave_vector(WHY_VECTOR_##symbol, vector);                                         \
	}
WHY_VECTORS(VECTOR)
#undef VECTOR

/* Optional, 6.17 and later: the scheduler's own time, apart from the task's. */
WHY_INLINE void why_on_sched_entry_tp(void)
{
	struct why_cpu *cpu;
	u64 now;
	u32 id;

	cpu = edge(WHY_EDGE_SCHED_ENTRY, AT_TASK, &id, &now);
	if (cpu)
		write_record(cpu, id, now, WHY_RECORD_SCHED_ENTRY, 0);
}

WHY_INLINE void why_on_sched_exit_tp(void)
{
	struct why_cpu *cpu;
	u64 now;
	u32 id;

	cpu = edge(WHY_EDGE_SCHED_EXIT, AT_TASK, &id, &now);
	if (cpu)
		write_record(cpu, id, now, WHY_RECORD_SCHED_EXIT, 0);
}
