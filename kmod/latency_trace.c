// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the longest latency and copies its trace out of the rings, by a work item that the hook
 * starts: see latency_trace.h.
 *
 *	hook: sample > longest --irq_work--> work item: copy, mark both ends, sort, replace
 */
#include "kmod/latency_trace.h"

#include <linux/cred.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sort.h>
#include <linux/timekeeping.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>

/* What led to it; and room for so many entries, of all CPUs. */
enum { CONTEXT_NS = 200000, MOST_ROOM = 4 * WHY_ENTRIES };

DEFINE_STATIC_KEY_FALSE(why_latency_trace_key);

static DEFINE_MUTEX(mutex);
static bool is_armed, is_any_on, has_entries;
static struct why_latency_trace *shown;	/* NULL: none; with a reference of its own */

static DEFINE_RAW_SPINLOCK(lock);	/* hooks' and readers': of the two below */
static struct why_maximum longest;
static bool is_fresh;			/* its trace is to be taken */

/* ---- samples ---- */

static void start_taking(struct irq_work *unused);
static struct irq_work kicking = IRQ_WORK_INIT_HARD(start_taking);

static void note_longest(enum why_history which, u64 ns, u64 end_ns, struct task_struct *p)
{
	longest = (struct why_maximum){
		.ns = ns, .end_ns = end_ns, .which = which, .cpu = raw_smp_processor_id(),
		.pid = p->pid, .uid = from_kuid(&init_user_ns, task_uid(p)),
		.nice = task_nice(p), .policy = p->policy, .rt_priority = p->rt_priority,
	};
	memcpy(longest.comm, p->comm, sizeof(longest.comm));
	is_fresh = true;
}

void why_latency_trace_take_sample(enum why_history which, u64 ns, u64 end_ns,
				   struct task_struct *p)
{
	unsigned long flags;
	bool is_longest;

	/* Nearly always; the lock has the last word. */
	if (ns <= READ_ONCE(longest.ns))
		return;
	raw_spin_lock_irqsave(&lock, flags);
	is_longest = ns > longest.ns;
	if (is_longest)
		note_longest(which, ns, end_ns, p);
	raw_spin_unlock_irqrestore(&lock, flags);
	if (is_longest)
		irq_work_queue(&kicking);
}

static void forget_longest(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	longest.ns = 0;
	is_fresh = false;
	raw_spin_unlock_irqrestore(&lock, flags);
}

static void take_longest(struct why_maximum *ret)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	*ret = longest;
	is_fresh = false;
	raw_spin_unlock_irqrestore(&lock, flags);
}

u64 why_latency_trace_max(void)
{
	unsigned long flags;
	u64 ns;

	raw_spin_lock_irqsave(&lock, flags);
	ns = longest.ns;
	raw_spin_unlock_irqrestore(&lock, flags);
	return ns;
}

/* ---- its trace ---- */

/* One CPU's entries have the order in which they were put, should two have one time. */
static int by_time(const void *a, const void *b)
{
	const struct why_entry_copy *x = a, *y = b;

	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return (s32)(x->position - y->position) < 0 ? -1 : 1;
}

/* The task was woken; or left its CPU while somebody was at waking it. */
static bool may_begin(const struct why_entry_copy *c, const struct why_maximum *m)
{
	const struct why_record *r = &c->entry.record;

	if (m->which != WHY_HISTORY_WAKEUP || c->at_ns > m->end_ns - m->ns)
		return false;
	return (why_record_type(r) == WHY_RECORD_WAKING && why_record_a(r->body) == (u32)m->pid) ||
	       (why_record_type(r) == WHY_RECORD_SWITCH && why_record_b(r->body) == (u32)m->pid);
}

/* The task came to its CPU; or the interrupt that was awaited began. */
static bool may_end(const struct why_entry_copy *c, const struct why_maximum *m)
{
	const struct why_record *r = &c->entry.record;

	if (c->cpu != m->cpu)
		return false;
	if (m->which == WHY_HISTORY_WAKEUP)
		return why_record_type(r) == WHY_RECORD_SWITCH &&
		       why_record_a(r->body) == (u32)m->pid;
	return m->which == WHY_HISTORY_TIMER && (why_record_type(r) == WHY_RECORD_VECTOR_ENTRY ||
						 why_record_type(r) == WHY_RECORD_IRQ_ENTRY);
}

/*
 * An entry's hook reads the clock a little before the history's hook on the same event does: where
 * the latency begins and ends, the last such entries by then get its times. Where entries are
 * missing these may be among them.
 */
static void mark_ends(struct why_latency_trace *trace)
{
	struct why_entry_copy *c, *begin = NULL, *end = NULL;
	const struct why_maximum *m = &trace->of;

	if (trace->entries.missing)
		return;
	for (c = trace->entries.list; c < trace->entries.list + trace->entries.nr; c++) {
		if (may_begin(c, m) && (!begin || c->at_ns >= begin->at_ns))
			begin = c;
		if (may_end(c, m) && (!end || c->at_ns >= end->at_ns))
			end = c;
	}
	if (begin)
		begin->at_ns = m->end_ns - m->ns;
	if (end)
		end->at_ns = m->end_ns;
}

/* By the mutex. */
static void show(struct why_latency_trace *trace)
{
	if (shown)
		why_latency_trace_put(shown);
	shown = trace;
}

static void copy_entries(struct why_entry_copies *to, const struct why_maximum *m)
{
	why_entries_copy(to, m->end_ns - m->ns, CONTEXT_NS, m->end_ns, m->cpu);
}

/* Entries are counted first, so that a short latency takes little: this disturbs the next one. */
static struct why_latency_trace *copy_trace(const struct why_maximum *m)
{
	struct why_entry_copies counted = {};
	struct why_latency_trace *trace;
	u32 room;

	copy_entries(&counted, m);
	room = min_t(u64, counted.missing, MOST_ROOM);
	trace = kvmalloc(struct_size(trace, entries.list, room), GFP_KERNEL);
	if (!trace)
		return NULL;
	refcount_set(&trace->users, 1);
	trace->of = *m;
	trace->entries.room = room;
	copy_entries(&trace->entries, m);
	return trace;
}

/* By the mutex. Without memory that maximum has no trace: the next reader tries again. */
static void take_trace(void)
{
	struct why_latency_trace *trace;
	struct why_maximum m;

	if (!has_entries || !READ_ONCE(is_fresh))
		return;
	take_longest(&m);
	trace = copy_trace(&m);
	if (!trace) {
		WRITE_ONCE(is_fresh, true);
		return;
	}
	mark_ends(trace);
	sort(trace->entries.list, trace->entries.nr, sizeof(trace->entries.list[0]), by_time, NULL);
	show(trace);
}

static void take_by_work(struct work_struct *unused)
{
	mutex_lock(&mutex);
	take_trace();
	mutex_unlock(&mutex);
}

static DECLARE_WORK(taking, take_by_work);

static void start_taking(struct irq_work *unused)
{
	queue_work(system_highpri_wq, &taking);
}

struct why_latency_trace *why_latency_trace_get(void)
{
	struct why_latency_trace *trace;

	mutex_lock(&mutex);
	take_trace();
	trace = shown;
	if (trace)
		refcount_inc(&trace->users);
	mutex_unlock(&mutex);
	return trace;
}

void why_latency_trace_put(struct why_latency_trace *trace)
{
	if (refcount_dec_and_test(&trace->users))
		kvfree(trace);
}

/* ---- on and off; by the mutex ---- */

static int begin_entries(void)
{
	int rc = why_entries_start();

	if (rc)
		return rc;
	has_entries = true;
	static_branch_enable(&why_latency_trace_key);
	return 0;
}

/* What the last hooks found is taken before the rings go. */
static void end_entries(void)
{
	if (!has_entries)
		return;
	static_branch_disable(&why_latency_trace_key);
	why_entries_unhook();
	take_trace();
	has_entries = false;
	why_entries_free();
}

int why_latency_trace_follow(bool on)
{
	int rc = 0;

	mutex_lock(&mutex);
	if (on && is_armed && !has_entries)
		rc = begin_entries();
	if (!on)
		end_entries();
	is_any_on = on && !rc;
	mutex_unlock(&mutex);
	return rc;
}

int why_latency_trace_arm(void)
{
	int rc = 0;

	mutex_lock(&mutex);
	if (is_any_on && !has_entries)
		rc = begin_entries();
	if (!rc) {
		is_armed = true;
		forget_longest();
		show(NULL);
	}
	mutex_unlock(&mutex);
	return rc;
}

void why_latency_trace_disarm(void)
{
	mutex_lock(&mutex);
	is_armed = false;
	end_entries();
	forget_longest();
	show(NULL);
	mutex_unlock(&mutex);
}

bool why_latency_trace_is_armed(void)
{
	return READ_ONCE(is_armed);
}

void why_latency_trace_init(void)
{
	why_entries_init();
}

void why_latency_trace_exit(void)
{
	why_latency_trace_disarm();
	irq_work_sync(&kicking);
	cancel_work_sync(&taking);
}
