// SPDX-License-Identifier: GPL-2.0-only
/*
 * Follows the tracked tasks: hooks of its own on the scheduler's and interrupts' events, which keep
 * a state for each of those tasks and for nobody else, so that the cost does not grow with their
 * number. What a hook of hooks/ added to a task's tallies is a sample; here it meets the bound.
 */
/* Figures are all that is read of it. */
#define WHY_HAS_BUCKETS 0
#include "kmod/unit.h"

#include "kmod/tracked.h"

#include <linux/cgroup.h>
#include <linux/cpuhotplug.h>
#include <linux/kprobes.h>
#include <linux/vmalloc.h>

enum { LEAST_SHIFT = 6, KEYED_SHIFT = 8, RING_SHIFT = 13 };

static struct why_tracked **by_place;	/* [1 << place_shift]; entries change by RCU */
static bool is_on;

static struct why_tracked *tracked_of(struct task_struct *p)
{
	struct why_place *place = find_place((unsigned long)p, p, 0);

	return place ? READ_ONCE(by_place[place - session.places]) : NULL;
}

/* ---- samples ---- */

static void note_violation(struct why_tracked *t, enum why_metric metric, u64 ns, u64 end_ns,
			   u32 cpu)
{
	unsigned long flags;
	bool is_worst;

	raw_spin_lock_irqsave(&t->lock, flags);
	t->figures[metric].violations++;
	is_worst = ns > t->worst.ns;
	if (is_worst)
		t->worst = (struct why_worst){
			.ns = ns, .end_ns = end_ns, .cpu = cpu, .metric = metric,
			.is_fresh = t->asked.has_trace && session.cfg.ring_shift,
		};
	raw_spin_unlock_irqrestore(&t->lock, flags);
	if (is_worst && t->asked.has_trace)
		why_tracker_kick();
}

static void take_sample(struct why_tracked *t, enum why_metric metric, u64 ns, u64 end_ns, u32 cpu)
{
	struct why_figures *f = &t->figures[metric];
	u64 bound_ns = READ_ONCE(f->bound_ns);

	why_tally_add(&f->tally, ns);
	if (bound_ns && ns > bound_ns)
		note_violation(t, metric, ns, end_ns, cpu);
}

/* A tally before an event; what the event added to it, if anything, is a sample. */
static void take_added(struct why_tracked *t, enum why_metric metric,
		       const struct why_tally *before, const struct why_tally *after, u64 end_ns)
{
	if (after->count == before->count + 1)
		take_sample(t, metric, after->sum_ns - before->sum_ns, end_ns, this_cpu_id());
}

static void take_thread(struct why_tracked *t, u64 since, u64 key, const struct why_task *after)
{
	u64 ns = after->since_ns - since;

	if (!since || after->irq_since_ns == since || after->since_ns < since)
		return;
	take_sample(t, WHY_METRIC_IRQ, ns, after->since_ns, this_cpu_id());
	why_tracker_check_line((u32)(why_key_id(key) >> 32), ns);
}

/* ---- probes in the place of the unit's own ---- */

static void on_tracked_switch(void *unused, bool preempt, struct task_struct *prev,
			      struct task_struct *next, unsigned int prev_state)
{
	struct why_tracked *leaver = tracked_of(prev), *comer = tracked_of(next);
	struct why_task *left = leaver ? find_state_at((unsigned long)prev, prev) : NULL;
	struct why_task *came = comer ? find_state_at((unsigned long)next, next) : NULL;
	struct why_tally response = {}, wakeup = {};
	u64 began = begin_cost(), irq_since = 0, irq_key = 0;

	if (left) {
		response = left->stats.response;
		irq_since = left->irq_since_ns;
		irq_key = left->irq_key;
	}
	if (came)
		wakeup = came->stats.wakeup;
	why_on_sched_switch(preempt, prev, next, prev_state);
	if (left) {
		take_added(leaver, WHY_METRIC_RESPONSE, &response, &left->stats.response,
			   left->since_ns);
		take_thread(leaver, irq_since, irq_key, left);
	}
	if (came)
		take_added(comer, WHY_METRIC_LATENCY, &wakeup, &came->stats.wakeup, came->since_ns);
	end_cost(began);
}

static void on_tracked_waking(void *unused, struct task_struct *p)
{
	struct why_tracked *t = tracked_of(p);
	struct why_task *state = t ? find_state_at((unsigned long)p, p) : NULL;
	struct why_tally relief = {};
	u64 began = begin_cost(), slept_ns = 0;
	u32 cpu = why_compat_task_cpu(p);

	if (state) {
		relief = state->stats.relief;
		slept_ns = state->slept_ns;
	}
	why_on_sched_waking(p);
	/* The turn ended with the sleep that this ends, on the CPU where that began. */
	if (state && state->stats.relief.count == relief.count + 1)
		take_sample(t, WHY_METRIC_RELIEF, state->stats.relief.sum_ns - relief.sum_ns,
			    slept_ns, cpu);
	end_cost(began);
}

/* Threads of a tracked process, and all that a member of a tracked cgroup brings forth. */
static bool inherits(const struct why_tracked *parent, const struct task_struct *child)
{
	return parent->asked.group == WHY_GROUP_CGROUP ||
	       (parent->asked.group == WHY_GROUP_PROCESS && child->tgid == parent->tgid);
}

/*
 * Where hooks find it. False: they know its task already, for a command and the fork that bears a
 * task may both see it first.
 */
static bool publish(struct why_place *place, struct why_tracked *t)
{
	struct why_tracked **at = &by_place[place - session.places], *had;

	do {
		had = READ_ONCE(*at);
		if (had && had->task == t->task)
			return false;
	} while (cmpxchg(at, had, t) != had);
	return true;
}

static void follow_child(struct why_tracked *parent, struct why_tracked *t,
			 struct task_struct *child)
{
	struct why_place *place = find_place((unsigned long)child, child, 0);

	if (!place) {
		why_unborn_count();
		why_spare_put(t);
		return;
	}
	why_tracked_inherit(t, parent, child);
	if (publish(place, t)) {
		why_tracked_born(t);
		return;
	}
	t->task = NULL;
	put_task_struct(child);
	why_spare_put(t);
}

/* Without a spare it takes no place either, which would be somebody's who is followed. */
static void on_tracked_fork(void *unused, struct task_struct *parent, struct task_struct *child)
{
	struct why_tracked *t = tracked_of(parent), *spare;

	if (!t || !inherits(t, child))
		return;
	spare = why_spare_take();
	if (spare) {
		why_on_sched_process_fork(parent, child);
		follow_child(t, spare, child);
	} else {
		why_unborn_count();
	}
	why_tracker_kick();
}

static void on_tracked_exit(void *unused, struct task_struct *p)
{
	struct why_tracked *t = tracked_of(p);

	if (!t)
		return;
	memcpy(t->comm, p->comm, sizeof(t->comm));
	why_tracked_died(t);
}

/*
 * A thread that takes its leader's pid: its place is its own under the new one. The kernel gave it
 * that (de_thread()) before this event: what it did since was not seen, so what was under way is no
 * sample.
 */
static void own_again(struct why_place *place, pid_t pid)
{
	struct why_tracked *t = by_place[place - session.places];
	struct why_task *state = &place->task;

	state->woken_ns = state->slept_ns = state->turn_ns = state->irq_since_ns = 0;
	if (t)
		WRITE_ONCE(t->pid, pid);
}

static void on_tracked_exec(void *unused, struct task_struct *p, pid_t old_pid,
			    struct linux_binprm *bprm)
{
	u64 address = (unsigned long)p, had = address ^ (u64)(u32)old_pid << WHY_OWNER_PID_SHIFT;
	struct why_place *place;
	u32 way;

	if (old_pid == p->pid)
		return;
	for (way = 0; way < WHY_WAYS; way++) {
		place = place_of(address, way);
		if (!place || cmpxchg(&place->owner, had, owner_of(address, p)) != had)
			continue;
		own_again(place, p->pid);
	}
	why_on_sched_process_exec(p, old_pid);
}

/* ---- the session ---- */

/* In no list of the hooks': a task's own end, before its last switch. */
static struct probe exit_probe = { .event = "sched_process_exit", .function = on_tracked_exit };

static const char *const wanted[] = {
	"sched_switch", "sched_waking", "sched_migrate_task", "sched_wakeup_new",
	"sched_process_fork", "sched_process_exec", "task_rename", "irq_handler_entry",
	"irq_handler_exit", "cpuhp_exit",
#ifndef CONFIG_PREEMPT_RT
	/* There they run in tasks, of which those that are not tracked have no state to tell. */
	"softirq_entry", "softirq_exit",
#endif
};

static const struct own_probe own[] = {
	{ "sched_switch", on_tracked_switch },
	{ "sched_waking", on_tracked_waking },
	{ "sched_process_fork", on_tracked_fork },
	{ "sched_process_exec", on_tracked_exec },
};

static void find_exit(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, exit_probe.event))
		exit_probe.tracepoint = tp;
}

void why_follow_init(void)
{
	find_events();
	for_each_kernel_tracepoint(find_exit, NULL);
	put_own(own, ARRAY_SIZE(own));
}

/* The kernel names no symbols to modules but by a probe on one. */
static u64 address_of_symbol(const char *name)
{
#ifdef CONFIG_KPROBES
	struct kprobe probe = { .symbol_name = name };
	u64 address = 0;

	if (!register_kprobe(&probe)) {
		address = why_compat_function_start((unsigned long)probe.addr);
		unregister_kprobe(&probe);
	}
	return address;
#else
	return 0;
#endif
}

static u32 shift_for(u32 nr)
{
	u32 shift = LEAST_SHIFT;	/* with a place in four taken, eight are rarely too few */

	while (1U << shift < 4 * nr)
		shift++;
	return shift;
}

static void configure(struct why_module_setup *setup, u32 nr, bool has_rings)
{
	struct why_config *cfg = &setup->config;

	setup->version = WHY_MODULE_VERSION;
	setup->events = events_named(wanted, ARRAY_SIZE(wanted)) | vector_events();
	setup->cfs_rq_rq = why_compat_cfs_rq_rq;
	setup->rq_nr_switches = why_compat_rq_nr_switches;
	cfg->nr_cpus = nr_cpu_ids;
	cfg->subject = WHY_SUBJECT_LISTED;
	cfg->kinds = 1U << WHY_KIND_WAKEUP | 1U << WHY_KIND_PREEMPTED | 1U << WHY_KIND_NEW |
		     1U << WHY_KIND_RUN | 1U << WHY_KIND_RESPONSE | 1U << WHY_KIND_RELIEF |
		     1U << WHY_KIND_THREAD;
	cfg->label_subsys = cfg->cgroup_subsys = WHY_CGROUP_V2;
	cfg->place_shift = shift_for(nr);
	cfg->keyed_shift = KEYED_SHIFT;
	cfg->ring_shift = has_rings ? RING_SHIFT : 0;
	cfg->cpuhp_dead = CPUHP_TEARDOWN_CPU;
	cfg->timerfd_read = address_of_symbol("timerfd_read_iter") ?:
			    address_of_symbol("timerfd_read");
}

bool why_follow_is_on(void)
{
	return is_on;
}

bool why_follow_has_rings(void)
{
	return is_on && session.cfg.ring_shift;
}

bool why_follow_is_full(u32 nr)
{
	return 4 * nr > 1U << session.cfg.place_shift;
}

/* Its place, and the hooks find it; its state follows once CPUs are measured. */
static int give_place(struct why_tracked *t)
{
	struct why_task *state;
	int rc = -ENOSPC;

	preempt_disable();
	state = make_state(cpu_of(this_cpu_id()), t->task, 0, WHY_MAKE_AT_LEISURE);
	if (state)
		rc = publish(container_of(state, struct why_place, task), t) ? 0 : -EEXIST;
	preempt_enable();
	return rc;
}

/* Once it is hooked. Who is on the way out may have passed its exit before that. */
static void adopt_state(struct why_tracked *t)
{
	preempt_disable();
	why_walk_adopt(t->task);
	preempt_enable();
	/* It is marked before that event: either the hook found the task, or this the mark. */
	smp_mb();
	if (READ_ONCE(t->task->flags) & PF_EXITING)
		why_tracked_died(t);
}

int why_follow_begin(struct why_tracked *t)
{
	int rc = give_place(t);

	if (!rc)
		adopt_state(t);
	return rc;
}

/* Nobody's, while a hook on another CPU may still be at it. */
enum { NO_OWNER = 1 };

void why_follow_end(struct why_tracked *t)
{
	u64 address = (unsigned long)t->task;
	struct why_place *place;
	u32 way;

	for (way = 0; is_on && way < WHY_WAYS; way++) {
		place = place_of(address, way);
		/* A dead one's was given back at its last switch, and may be somebody else's. */
		if (cmpxchg(&by_place[place - session.places], t, NULL) == t)
			cmpxchg(&place->owner, owner_of(address, t->task), NO_OWNER);
	}
}

struct why_tracked *why_follow_find(struct task_struct *p)
{
	struct why_tracked *t, *found = NULL;
	u64 address = (unsigned long)p;
	u32 way;

	for (way = 0; way < WHY_WAYS; way++) {
		t = READ_ONCE(by_place[place_of(address, way) - session.places]);
		if (t && t->task == p)
			found = t;
	}
	return found;
}

void why_follow_settle(void)
{
	struct why_place *place;

	synchronize_rcu();
	if (!is_on)
		return;
	for (place = session.places; place < session.places + (1U << session.cfg.place_shift);
	     place++) {
		if (place->owner != NO_OWNER)
			continue;
		memset(&place->task, 0, sizeof(place->task));
		smp_store_release(&place->owner, 0);
	}
}

static int hook_all(u64 events)
{
	int rc = hook(events);

	if (!rc && exit_probe.tracepoint)
		rc = tracepoint_probe_register(exit_probe.tracepoint, exit_probe.function, NULL);
	if (rc)
		unhook(~0ULL);
	return rc;
}

static int begin_session(u64 events)
{
	struct why_tracked *t;
	int rc = 0;

	list_for_each_entry(t, &why_tracked_list, link)
		rc = rc ?: t->is_dead ? 0 : give_place(t);
	rc = rc ?: hook_all(events);
	if (rc)
		return rc;
	is_on = true;
	rc = run_edges(WHY_MODULE_FIND) ?: run_edges(WHY_MODULE_BEGIN);
	rc = rc ?: run_edges(WHY_MODULE_WHOLE);
	list_for_each_entry(t, &why_tracked_list, link)
		if (!t->is_dead)
			adopt_state(t);
	return rc;
}

int why_follow_start(u32 nr, bool has_rings)
{
	struct why_module_setup setup = {};
	int rc;

	configure(&setup, nr, has_rings);
	rc = why_tables_make(&session, &setup);
	if (rc)
		return rc;
	lines_top = 0;
	by_place = vzalloc(sizeof(*by_place) << session.cfg.place_shift);
	rc = by_place ? begin_session(setup.events) : -ENOMEM;
	if (rc)
		why_follow_stop();
	return rc;
}

/* Of sessions that are over. */
static u64 lost_before[WHY_LOSS_NR];

static void keep_losses(void)
{
	u32 cpu, i;

	for (cpu = 0; cpu < session.cfg.nr_cpus; cpu++)
		for (i = 0; i < WHY_LOSS_NR; i++)
			lost_before[i] += session.cpus[cpu].lost[i];
}

void why_follow_stop(void)
{
	if (is_on && exit_probe.tracepoint)
		tracepoint_probe_unregister(exit_probe.tracepoint, exit_probe.function, NULL);
	if (is_on) {
		/* Before: an interrupt's exit is unhooked after its entry, and then finds none. */
		keep_losses();
		unhook(~0ULL);
	}
	is_on = false;
	why_tables_free(&session);
	vfree(by_place);
	by_place = NULL;
}

/* ---- what was seen ---- */

u32 why_follow_nr_cpus(void)
{
	return session.cfg.nr_cpus;
}

void why_follow_losses(u64 *ret_lost, u64 *ret_unborn)
{
	u32 cpu, i;

	memcpy(ret_lost, lost_before, sizeof(lost_before));
	*ret_unborn = why_unborn();
	if (!is_on)
		return;
	for (cpu = 0; cpu < session.cfg.nr_cpus; cpu++)
		for (i = 0; i < WHY_LOSS_NR; i++)
			ret_lost[i] += session.cpus[cpu].lost[i];
}

void why_follow_bound(struct why_tracked *t, enum why_metric metric, u64 bound_ns)
{
	struct why_figures *f = &t->figures[metric];
	unsigned long flags;

	raw_spin_lock_irqsave(&t->lock, flags);
	if (f->bound_ns != bound_ns) {
		WRITE_ONCE(f->bound_ns, bound_ns);
		f->violations = 0;
		if (t->worst.metric == metric)
			memset(&t->worst, 0, sizeof(t->worst));
	}
	raw_spin_unlock_irqrestore(&t->lock, flags);
}

struct why_worst why_follow_worst(struct why_tracked *t, bool takes)
{
	struct why_worst worst;
	unsigned long flags;

	raw_spin_lock_irqsave(&t->lock, flags);
	worst = t->worst;
	if (takes)
		t->worst.is_fresh = 0;
	raw_spin_unlock_irqrestore(&t->lock, flags);
	return worst;
}

enum { WRITER_SPINS = 1000 };

/* A position's record, once its writer has done with it. */
static u32 read_record(u32 cpu, u64 at, struct why_record *ret)
{
	const struct why_record *slot = &session.rings[((u64)cpu << RING_SHIFT) +
						       why_ring_slot(at, 1ULL << RING_SHIFT)];
	u32 verdict, i;

	for (i = 0; i < WRITER_SPINS; i++) {
		ret->head = smp_load_acquire(&slot->head);
		ret->body = READ_ONCE(slot->body);
		smp_rmb();
		verdict = why_ring_judge(ret, at, RING_SHIFT,
					 READ_ONCE(session.cpus[cpu].ring_head));
		if (verdict != WHY_RING_NOT_YET)
			return verdict;
		cpu_relax();
	}
	return verdict;
}

/* Keeps a record, or counts it where there is no room. */
static void keep(struct why_trace *trace, u32 room, const struct why_trace_line *line)
{
	if (trace->nr < room)
		trace->lines[trace->nr++] = *line;
	else
		trace->missing++;
}

/*
 * All that the ring has, for it may be a little out of order. It has all since `begin_ns` where it
 * has something before that, or never went round and began before.
 */
void why_follow_copy(u32 cpu, u64 begin_ns, u64 end_ns, struct why_trace *trace, u32 room)
{
	u64 size = 1ULL << RING_SHIFT, head = smp_load_acquire(&session.cpus[cpu].ring_head);
	u64 at = head > size ? head - size : 0;
	bool is_whole = !at && session.cpus[cpu].begin_ns &&
			session.cpus[cpu].begin_ns <= trace->begin_ns;
	struct why_trace_line line = { .cpu = cpu };

	for (; at < head; at++) {
		if (read_record(cpu, at, &line.record) != WHY_RING_GOOD) {
			trace->missing += is_whole;
			continue;
		}
		line.at_ns = why_record_time(&line.record, begin_ns);
		is_whole |= line.at_ns <= trace->begin_ns;
		if (line.at_ns >= begin_ns && line.at_ns <= end_ns)
			keep(trace, room, &line);
	}
	trace->missing += !is_whole;
}
