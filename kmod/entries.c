// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes that put an entry into their CPU's ring, and how entries are copied out while that goes
 * on: by core/ring.h, the entry's record last. See entries.h.
 */
#include "kmod/entries.h"

#include "compat/context.h"
#include "compat/events_native.h"
#include "compat/task.h"
#include "kmod/probe.h"

/* The core's functions are this file's own, as in unit.h. */
#undef WHY_HIDDEN
#define WHY_HIDDEN static
#include "core/ring.c"

#include <linux/delay.h>
#include <linux/percpu.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

/* Written by its CPU's hooks, which may interrupt each other; read by anybody. */
struct ring {
	struct why_entry *entries;	/* [WHY_ENTRIES], while hooked */
	u64 head;
};

static DEFINE_PER_CPU_ALIGNED(struct ring, rings);
static u64 hooked_ns;		/* since when all events are */

static __always_inline void fill_entry(struct why_entry *entry, u64 body)
{
	entry->pid = current->pid;
	entry->context = why_compat_context();
	entry->depth = why_compat_preempt_depth();
	memcpy(entry->comm, current->comm, sizeof(entry->comm));
	WHY_STORE(entry->record.body, body);
}

/* With preemption off, in a tracepoint. */
static __always_inline void put_entry(u32 type, u64 body)
{
	struct ring *ring = this_cpu_ptr(&rings);
	u64 now = ktime_get_mono_fast_ns();
	u64 position = __sync_fetch_and_add(&ring->head, 1);
	struct why_entry *entry = &ring->entries[why_ring_slot(position, WHY_ENTRIES)];

	fill_entry(entry, body);
	/* Who sees it sees all of the entry. */
	smp_store_release(&entry->record.head,
			  why_record_head(now, why_ring_lap(position, WHY_ENTRIES_SHIFT), type));
}

/* ---- the events ---- */

static void on_sched_switch(void *unused, bool preempt, struct task_struct *prev,
			    struct task_struct *next, unsigned int prev_state)
{
	put_entry(WHY_RECORD_SWITCH,
		why_record_body(next->pid, prev->pid,
				why_compat_out(preempt, prev, prev_state, NULL)));
}

static void on_sched_waking(void *unused, struct task_struct *p)
{
	put_entry(WHY_RECORD_WAKING, why_record_body(p->pid, task_cpu(p), 0));
}

static void on_sched_wakeup(void *unused, struct task_struct *p)
{
	put_entry(WHY_RECORD_WAKEUP, why_record_body(p->pid, task_cpu(p), 0));
}

static void on_sched_migrate_task(void *unused, struct task_struct *p, int to)
{
	put_entry(WHY_RECORD_MIGRATE, why_record_body(p->pid, task_cpu(p), to));
}

static void on_sched_process_fork(void *unused, struct task_struct *parent,
				  struct task_struct *child)
{
	put_entry(WHY_RECORD_NEW, why_record_body(child->pid, parent->pid, 0));
}

static void on_irq_handler_entry(void *unused, int irq, struct irqaction *action)
{
	put_entry(WHY_RECORD_IRQ_ENTRY, why_record_body(irq, 0, 0));
}

static void on_irq_handler_exit(void *unused, int irq, struct irqaction *action, int ret)
{
	put_entry(WHY_RECORD_IRQ_EXIT, why_record_body(irq, 0, 0));
}

static void on_softirq_entry(void *unused, unsigned int nr)
{
	put_entry(WHY_RECORD_SOFTIRQ_ENTRY, why_record_softirq(nr, 0));
}

static void on_softirq_exit(void *unused, unsigned int nr)
{
	put_entry(WHY_RECORD_SOFTIRQ_EXIT, why_record_softirq(nr, 0));
}

#define VECTOR(symbol, name)                                                                       \
	static void on_##name##_entry(void *unused, int vector)                                    \
	{                                                                                          \
		put_entry(WHY_RECORD_VECTOR_ENTRY,                                                 \
			why_record_vector(WHY_VECTOR_##symbol, vector, 0, 0));                     \
	}                                                                                          \
	static void on_##name##_exit(void *unused, int vector)                                     \
	{                                                                                          \
		put_entry(WHY_RECORD_VECTOR_EXIT,                                                  \
			why_record_vector(WHY_VECTOR_##symbol, vector, 0, 0));                     \
	}
WHY_VECTORS(VECTOR)
#undef VECTOR

#define EVENTS(X)                                                                                  \
	X(sched_switch) X(sched_waking) X(sched_wakeup) X(sched_migrate_task)                      \
	X(sched_process_fork) X(irq_handler_entry) X(irq_handler_exit) X(softirq_entry)            \
	X(softirq_exit)

#define ENTRY(name) { .event = #name, .function = on_##name },
#define VECTOR(symbol, name) ENTRY(name##_entry) ENTRY(name##_exit)
static struct probe probes[] = { EVENTS(ENTRY) WHY_VECTORS(VECTOR) };
#undef VECTOR

/* Compiles only where every probe has its event's type. */
#define CHECK(name) check_trace_callback_type_##name(on_##name);
#define VECTOR(symbol, name) CHECK(name##_entry) CHECK(name##_exit)
static void __maybe_unused check_event_types(void)
{
	EVENTS(CHECK)
	WHY_VECTORS(VECTOR)
}

void why_entries_init(void)
{
	find_tracepoints(probes, ARRAY_SIZE(probes));
}

/* ---- on and off ---- */

static u32 nr_hooked;	/* of `probes`, from the first on */

static int hook_probe(struct probe *p)
{
	if (!p->tracepoint)
		return 0;
	return tracepoint_probe_register_prio(p->tracepoint, p->function, NULL,
					      TRACEPOINT_DEFAULT_PRIO + 1);
}

void why_entries_unhook(void)
{
	while (nr_hooked) {
		struct probe *p = &probes[--nr_hooked];

		if (p->tracepoint)
			tracepoint_probe_unregister(p->tracepoint, p->function, NULL);
	}
	tracepoint_synchronize_unregister();
}

void why_entries_free(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);

		vfree(ring->entries);
		*ring = (struct ring){};
	}
}

static int make_rings(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);

		ring->entries = vzalloc_node(sizeof(struct why_entry) * WHY_ENTRIES,
					     cpu_to_node(cpu));
		if (!ring->entries)
			return -ENOMEM;
	}
	return 0;
}

int why_entries_start(void)
{
	int rc = make_rings();

	while (!rc && nr_hooked < ARRAY_SIZE(probes)) {
		rc = hook_probe(&probes[nr_hooked]);
		nr_hooked += !rc;
	}
	if (rc) {
		why_entries_unhook();
		why_entries_free();
	}
	hooked_ns = ktime_get_mono_fast_ns();
	return rc;
}

/* ---- copies ---- */

/* A position's entry, if its writer has done with it. */
static u32 try_entry(const struct ring *ring, u64 at, struct why_entry *ret)
{
	const struct why_entry *slot = &ring->entries[why_ring_slot(at, WHY_ENTRIES)];
	u64 head = smp_load_acquire(&slot->record.head);

	*ret = *slot;
	ret->record.head = head;
	smp_rmb();
	return why_ring_judge(&ret->record, at, WHY_ENTRIES_SHIFT, READ_ONCE(ring->head));
}

/* Its writer is in a hook, on a CPU that runs, or will: a virtual one may not for long. */
enum { WRITER_WAITS = 100, WAIT_US = 100 };

static u32 read_entry(const struct ring *ring, u64 at, struct why_entry *ret)
{
	u32 verdict = try_entry(ring, at, ret), i;

	for (i = 0; i < WRITER_WAITS && verdict == WHY_RING_NOT_YET; i++) {
		usleep_range(WAIT_US, 2 * WAIT_US);
		verdict = try_entry(ring, at, ret);
	}
	return verdict;
}

static void keep(struct why_entry_copies *to, const struct why_entry_copy *copy)
{
	if (to->nr < to->room)
		to->list[to->nr++] = *copy;
	else
		to->missing++;
}

/*
 * A hook that others interrupt puts its entry behind theirs, with an earlier time: of a task, a
 * softirq, an interrupt and an NMI each one at most. So many old ones in a row are old indeed.
 */
enum { NESTED = 4 };

/*
 * From the last one backwards, as far as need be. It has all since `from_ns` where it has what came
 * before that, or never went round and was there before.
 */
static void copy_cpu(struct why_entry_copies *to, u64 from_ns, u64 end_ns, u32 cpu)
{
	const struct ring *ring = per_cpu_ptr(&rings, cpu);
	u64 head = smp_load_acquire(&ring->head), at = head;
	u64 least = head > WHY_ENTRIES ? head - WHY_ENTRIES : 0;
	bool is_cut = least || hooked_ns > from_ns;
	struct why_entry_copy copy = { .cpu = cpu };
	u32 nr_old = 0, verdict;

	while (at > least && nr_old <= NESTED) {
		verdict = read_entry(ring, --at, &copy.entry);
		is_cut |= verdict == WHY_RING_LOST;
		if (verdict == WHY_RING_LOST)
			break;
		to->missing += verdict == WHY_RING_NOT_YET;
		if (verdict == WHY_RING_NOT_YET)
			continue;
		copy.position = (u32)at;
		copy.at_ns = why_record_time(&copy.entry.record, from_ns);
		nr_old = copy.at_ns < from_ns ? nr_old + 1 : 0;
		if (copy.at_ns >= from_ns && copy.at_ns <= end_ns)
			keep(to, &copy);
	}
	to->missing += is_cut && nr_old <= NESTED;
}

void why_entries_copy(struct why_entry_copies *to, u64 begin_ns, u64 context_ns, u64 end_ns,
		      u32 first)
{
	u64 from_ns = begin_ns - context_ns;
	u32 cpu;

	if (hooked_ns > from_ns && hooked_ns <= begin_ns)
		from_ns = hooked_ns;
	to->nr = to->missing = 0;
	copy_cpu(to, from_ns, end_ns, first);
	for_each_possible_cpu(cpu) {
		if (cpu != first)
			copy_cpu(to, from_ns, end_ns, cpu);
		cond_resched();
	}
}
