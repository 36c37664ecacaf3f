// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work items: from their queueing until a worker begins them, and how long they run. An item is
 * known by its address between the two; a worker by its task while it runs one. A place for an item
 * on its way is written with interrupts off by who queues it; the last writer keeps it.
 */
#include "hooks/keyed.h"

static __always_inline struct why_queued *queued_of(u64 work)
{
	return queued_at(why_place(work >> 3, WHY_QUEUED_SHIFT));
}

WHY_INLINE void why_on_workqueue_queue_work(struct work_struct *work)
{
	u32 id;
	struct why_cpu *cpu = interruptible_cpu(&id);
	struct why_queued *q;
	u64 address, other;

	if (!cpu || cpu->phase != WHY_PHASE_ACTIVE)
		return;
	address = address_of(cpu, work);
	q = queued_of(address);
	if (!q)
		return;
	other = __sync_lock_test_and_set(&q->work, 0);
	if (other && other != address)
		__sync_fetch_and_add(&cpu->lost[WHY_LOSS_WORK_DROPPED], 1);
	WHY_STORE(q->at_ns, WHY_CLOCK());
	__sync_lock_test_and_set(&q->work, address);
}

static __always_inline void add_work(struct why_cpu *cpu, u32 id, u64 key, u64 now, u64 ns)
{
	struct why_keyed *row = keyed_row(cpu, key);

	if (row && add_to_row(cpu, row, now, ns, 0, 1))
		write_sample(cpu, id, now, WHY_RECORD_SAMPLE, row, ns);
}

/* When the item was queued, and no more to be asked; 0: not seen. */
static __always_inline u64 take_queued(u64 address)
{
	struct why_queued *q = queued_of(address);
	u64 at;

	if (!q || WHY_LOAD(q->work) != address)
		return 0;
	at = WHY_LOAD(q->at_ns);
	return __sync_val_compare_and_swap(&q->work, address, 0) == address ? at : 0;
}

/*
 * Items of BH workqueues run in a softirq, on top of whatever task was interrupted (4cb1ef64609f,
 * 6.9); on PREEMPT_RT softirqs run in tasks, and so do they.
 */
static __always_inline u32 is_bh(const struct why_cpu *cpu)
{
	return !why_cfg.is_rt && cpu->account.word & WHY_CTX_SOFT;
}

WHY_INLINE void why_on_workqueue_execute_start(struct work_struct *work)
{
	u32 id;
	struct why_cpu *cpu = interruptible_cpu(&id);
	struct why_task *t;
	u64 now, queued, function;

	if (!cpu || cpu->phase != WHY_PHASE_ACTIVE)
		return;
	now = WHY_CLOCK();
	function = address_of(cpu, work->func);
	queued = take_queued(address_of(cpu, work));
	if (queued && is_asked(WHY_KIND_WORK_WAIT))
		add_work(cpu, id, why_key(WHY_KIND_WORK_WAIT, id, function), now,
			 now - queued);
	if (is_bh(cpu)) {
		cpu->irqs.bh_since_ns = now;
		cpu->irqs.bh_function = function;
		return;
	}
	t = find_state(cpu, this_task());
	if (!t) {
		__sync_fetch_and_add(&cpu->lost[WHY_LOSS_NO_TASK_STATE], 1);
		return;
	}
	t->work_since_ns = now;
	t->work_function = function;
}

/* When the item that ends here began, and its function; 0 where that was not seen. */
static __always_inline u64 take_running(struct why_cpu *cpu, u64 *ret_function)
{
	struct why_task *t;
	u64 begin;

	if (is_bh(cpu)) {
		begin = cpu->irqs.bh_since_ns;
		*ret_function = cpu->irqs.bh_function;
		cpu->irqs.bh_since_ns = 0;
		return begin;
	}
	t = find_state(cpu, this_task());
	if (!t)
		return 0;
	begin = t->work_since_ns;
	*ret_function = t->work_function;
	t->work_since_ns = 0;
	return begin;
}

WHY_INLINE void why_on_workqueue_execute_end(void)
{
	u32 id;
	struct why_cpu *cpu = interruptible_cpu(&id);
	u64 now, begin, function = 0;

	if (!cpu || cpu->phase != WHY_PHASE_ACTIVE)
		return;
	begin = take_running(cpu, &function);
	if (!begin)
		return;
	now = WHY_CLOCK();
	if (is_asked(WHY_KIND_WORK_RUN))
		add_work(cpu, id, why_key(WHY_KIND_WORK_RUN, id, function), now, now - begin);
}
