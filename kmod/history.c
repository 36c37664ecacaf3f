// SPDX-License-Identifier: GPL-2.0-only
/* Hooks of its own, and what they add to the histories: see history.h. */
/* Figures are all that is read of it. */
#define WHY_HAS_BUCKETS 0
#include "kmod/unit.h"

#include "kmod/history.h"
#include "kmod/latency_trace.h"

#include <linux/mutex.h>
#include <trace/events/power.h>
#include <linux/vmalloc.h>

enum { LEAST_SHIFT = 10, MOST_SHIFT = 16, KEYED_SHIFT = 6 };

static DEFINE_MUTEX(mutex);
static struct why_linear *linear[WHY_HISTORY_NR];	/* [nr_cpu_ids], once it was on */
static u64 *lost[WHY_HISTORY_NR];	/* likewise: events that the tables had no room for */
static bool is_on[WHY_HISTORY_NR];
static bool has_session;

void why_history_add(enum why_history which, u32 cpu, u64 ns)
{
	why_linear_add(&linear[which][cpu], ns);
}

/* On this CPU, interrupts off: who adds to a history, or clears it, is alone at it. */
static void add(enum why_history which, u64 ns, u64 end_ns, struct task_struct *p)
{
	why_history_add(which, this_cpu_id(), ns);
	why_latency_trace_sample(which, ns, end_ns, p);
}

/* ---- wake-ups and timers, by what the hooks have added ---- */

static void on_history_switch(void *unused, bool preempt, struct task_struct *prev,
			      struct task_struct *next, unsigned int prev_state)
{
	struct why_task *t = find_state_at((unsigned long)next, next);
	struct why_tally before = {};

	if (t)
		before = t->stats.wakeup;
	why_on_sched_switch(preempt, prev, next, prev_state);
	if (!t && next->pid && is_on[WHY_HISTORY_WAKEUP] &&
	    !find_state_at((unsigned long)next, next))
		lost[WHY_HISTORY_WAKEUP][this_cpu_id()]++;
	if (t && t->stats.wakeup.count == before.count + 1 && is_on[WHY_HISTORY_WAKEUP])
		add(WHY_HISTORY_WAKEUP, t->stats.wakeup.sum_ns - before.sum_ns, t->since_ns, next);
}

static void on_history_expire(void *unused, struct hrtimer *timer, ktime_t *now)
{
	struct why_cpu *cpu = cpu_of(this_cpu_id());
	struct why_keyed *row = cpu ? keyed_row(cpu, why_key(WHY_KIND_TIMER, this_cpu_id(), 0)) :
				      NULL;
	u64 count = row ? row->hist.count : 0, sum_ns = row ? row->hist.sum_ns : 0;

	why_on_hrtimer_expire_entry(timer);
	if (cpu && !row && is_on[WHY_HISTORY_TIMER])
		lost[WHY_HISTORY_TIMER][this_cpu_id()]++;
	if (row && row->hist.count == count + 1 && is_on[WHY_HISTORY_TIMER])
		add(WHY_HISTORY_TIMER, row->hist.sum_ns - sum_ns, cpu->irqs.hard_ns[0], current);
}

static const struct own_probe own[] = {
	{ "sched_switch", on_history_switch },
	{ "hrtimer_expire_entry", on_history_expire },
};

static const char *const wakeup_events[] = {
	"sched_switch", "sched_waking", "sched_migrate_task", "sched_wakeup_new",
	"sched_process_fork", "cpuhp_exit",
};
static const char *const timer_events[] = {
	"hrtimer_start", "hrtimer_expire_entry", "irq_handler_entry", "irq_handler_exit",
};

/* ---- sections with interrupts or preemption off, where the kernel has their events ---- */

static DEFINE_PER_CPU(u64[2], off_since);	/* by history; 0: on, or not seen to go off */

static void begin_off(enum why_history which)
{
	this_cpu_write(off_since[which], WHY_CLOCK());
}

static void end_off(enum why_history which)
{
	u64 since = this_cpu_read(off_since[which]), now = WHY_CLOCK();
	unsigned long flags;

	this_cpu_write(off_since[which], 0);
	if (!since)
		return;
	/* Preemption goes on with interrupts on; and this is no section of the other history's. */
	raw_local_irq_save(flags);
	add(which, now - since, now, current);
	raw_local_irq_restore(flags);
}

static void on_irq_disable(void *unused, unsigned long ip, unsigned long parent_ip)
{
	begin_off(WHY_HISTORY_IRQSOFF);
}

static void on_irq_enable(void *unused, unsigned long ip, unsigned long parent_ip)
{
	end_off(WHY_HISTORY_IRQSOFF);
}

static void on_preempt_disable(void *unused, unsigned long ip, unsigned long parent_ip)
{
	begin_off(WHY_HISTORY_PREEMPTOFF);
}

static void on_preempt_enable(void *unused, unsigned long ip, unsigned long parent_ip)
{
	end_off(WHY_HISTORY_PREEMPTOFF);
}

/* Asleep is neither: the idle task has preemption off all the time (stop_critical_timings()). */
static void on_cpu_idle(void *unused, unsigned int state, unsigned int cpu)
{
	if (state == PWR_EVENT_EXIT)
		begin_off(WHY_HISTORY_PREEMPTOFF);
	else
		end_off(WHY_HISTORY_PREEMPTOFF);
}

enum { OFF_PROBES = 3 };

/* Of each history, the end first. */
static struct probe off_probes[2][OFF_PROBES] = {
	[WHY_HISTORY_IRQSOFF] = { { "irq_enable", on_irq_enable },
				  { "irq_disable", on_irq_disable } },
	[WHY_HISTORY_PREEMPTOFF] = { { "preempt_enable", on_preempt_enable },
				     { "preempt_disable", on_preempt_disable },
				     { "cpu_idle", on_cpu_idle } },
};

static bool is_off_kind(enum why_history which)
{
	return which == WHY_HISTORY_IRQSOFF || which == WHY_HISTORY_PREEMPTOFF;
}

/* Those before the `end`-th. */
static void unhook_off(enum why_history which, u32 end)
{
	struct probe *p = off_probes[which];
	int cpu;

	while (end--)
		if (p[end].event)
			tracepoint_probe_unregister(p[end].tracepoint, p[end].function, NULL);
	tracepoint_synchronize_unregister();
	for_each_possible_cpu(cpu)
		per_cpu(off_since, cpu)[which] = 0;
}

static int hook_off(enum why_history which)
{
	struct probe *p = off_probes[which];
	u32 i;
	int rc;

	for (i = 0; i < OFF_PROBES && p[i].event; i++) {
		rc = tracepoint_probe_register(p[i].tracepoint, p[i].function, NULL);
		if (!rc)
			continue;
		unhook_off(which, i);
		return rc;
	}
	return 0;
}

/* ---- the session of wake-ups and timers ---- */

static u32 count_tasks(void)
{
	struct pid *pid;
	u32 nr = 0;
	int at;

	rcu_read_lock();
	idr_for_each_entry(&init_pid_ns.idr, pid, at)
		nr++;
	rcu_read_unlock();
	return nr;
}

static u32 shift_for(u32 nr)
{
	u32 shift = LEAST_SHIFT;

	while (shift < MOST_SHIFT && 1U << shift < 8 * nr)
		shift++;
	return shift;
}

/* A row for each CPU's timers, and half of the table free. */
static u32 keyed_shift(void)
{
	return max_t(u32, KEYED_SHIFT, order_base_2(nr_cpu_ids) + 1);
}

static u64 events_of(enum why_history which)
{
	if (which == WHY_HISTORY_WAKEUP)
		return events_named(wakeup_events, ARRAY_SIZE(wakeup_events));
	return events_named(timer_events, ARRAY_SIZE(timer_events)) | vector_events();
}

static int make_session(void)
{
	struct why_module_setup setup = {
		.version = WHY_MODULE_VERSION,
		.cfs_rq_rq = why_compat_cfs_rq_rq,
		.rq_nr_switches = why_compat_rq_nr_switches,
		.config = {
			.nr_cpus = nr_cpu_ids,
			.subject = WHY_SUBJECT_ALL,
			.label_subsys = WHY_CGROUP_V2,
			.cgroup_subsys = WHY_CGROUP_V2,
			.place_shift = shift_for(count_tasks()),
			.keyed_shift = keyed_shift(),
			.cpuhp_dead = CPUHP_TEARDOWN_CPU,
			.kinds = 1U << WHY_KIND_WAKEUP | 1U << WHY_KIND_TIMER,
		},
	};
	int rc = why_tables_make(&session, &setup);

	if (rc)
		return rc;
	lines_top = 0;
	has_session = true;
	return run_edges(WHY_MODULE_BEGIN);
}

static void adopt_all(void)
{
	struct task_struct *p;
	u32 at = 0;

	while ((p = next_from(&at))) {
		preempt_disable();
		if (p->pid)
			why_walk_adopt(p);
		preempt_enable();
		put_task_struct(p);
		cond_resched();
	}
}


static enum why_history other(enum why_history which)
{
	return which == WHY_HISTORY_WAKEUP ? WHY_HISTORY_TIMER : WHY_HISTORY_WAKEUP;
}

/* What they do from now on is unseen. The timers' hooks, which may go on, ask for no task. */
static void forget_tasks(void)
{
	session.is_whole = 0;
	memset(session.places, 0, sizeof(*session.places) << session.cfg.place_shift);
}

/* The other of the two goes on undisturbed. */
static void leave_session(enum why_history which)
{
	bool is_last = !is_on[other(which)];

	is_on[which] = false;
	unhook(is_last ? ~0ULL : events_of(which) & ~events_of(other(which)));
	if (!has_session)
		return;
	if (is_last) {
		why_tables_free(&session);
		has_session = false;
	} else if (which == WHY_HISTORY_WAKEUP) {
		forget_tasks();
	}
}

static int join_session(enum why_history which)
{
	int rc = has_session ? 0 : make_session();

	/* Hooks add nothing before it is on, nor to the tables before they are measured. */
	rc = rc ?: hook(events_of(which));
	if (rc) {
		is_on[other(which)] = false;
		leave_session(which);
		return rc;
	}
	if (which == WHY_HISTORY_WAKEUP && !run_edges(WHY_MODULE_WHOLE))
		adopt_all();
	is_on[which] = true;
	return 0;
}

/* ---- from outside ---- */

static bool has_off_events(enum why_history which)
{
	const struct probe *p = off_probes[which];
	u32 i;

	for (i = 0; i < OFF_PROBES && p[i].event; i++)
		if (!p[i].tracepoint)
			return false;
	return true;
}

const char *why_history_why_not(enum why_history which)
{
	if (!is_off_kind(which) || has_off_events(which) || why_history_is_observed(which))
		return NULL;
	return "this kernel has no events for it (CONFIG_PREEMPTIRQ_TRACEPOINTS)";
}

bool why_history_is_observed(enum why_history which)
{
	return which == WHY_HISTORY_IRQSOFF && !has_off_events(which) && !why_observed_lacks();
}

bool why_history_is_on(enum why_history which)
{
	return READ_ONCE(is_on[which]);
}

static int make_bins(enum why_history which)
{
	if (!lost[which])
		lost[which] = kvcalloc(nr_cpu_ids, sizeof(*lost[which]), GFP_KERNEL);
	if (!linear[which])
		linear[which] = vzalloc(array_size(nr_cpu_ids, sizeof(*linear[which])));
	return linear[which] && lost[which] ? 0 : -ENOMEM;
}

static int turn(enum why_history which, bool on)
{
	int rc = 0;

	if (!is_off_kind(which)) {
		if (on)
			return join_session(which);
		leave_session(which);
		return 0;
	}
	if (why_history_is_observed(which))
		rc = on ? why_observed_start() : (why_observed_stop(), 0);
	else
		rc = on ? hook_off(which) : (unhook_off(which, OFF_PROBES), 0);
	is_on[which] = on && !rc;
	return rc;
}

int why_history_enable(enum why_history which, bool on)
{
	int rc = 0;

	if (why_history_why_not(which))
		return -EOPNOTSUPP;
	mutex_lock(&mutex);
	if (is_on[which] != on) {
		rc = make_bins(which);
		if (!rc && on)
			rc = why_latency_trace_follow(true);
		rc = rc ?: turn(which, on);
		if (!memchr_inv(is_on, false, sizeof(is_on)))
			why_latency_trace_follow(false);
	}
	mutex_unlock(&mutex);
	return rc;
}

static void clear(enum why_history which, u32 cpu)
{
	memset(&linear[which][cpu], 0, sizeof(linear[which][cpu]));
	lost[which][cpu] = 0;
	if (why_history_is_observed(which))
		why_observed_reset(cpu);
}

static void reset_here(void *which)
{
	clear((unsigned long)which, this_cpu_id());
}

/* Each CPU its own, in an interrupt: no sample is half in it. One that is off has nobody at it. */
void why_history_reset(enum why_history which)
{
	int cpu;

	mutex_lock(&mutex);
	cpus_read_lock();
	for_each_possible_cpu(cpu) {
		if (!linear[which] || !lost[which])
			break;
		if (smp_call_function_single(cpu, reset_here, (void *)(unsigned long)which, 1))
			clear(which, (u32)cpu);
	}
	cpus_read_unlock();
	mutex_unlock(&mutex);
}

struct why_linear *why_history_copy(enum why_history which, u32 cpu, u64 *ret_lost)
{
	struct why_linear *copy = vzalloc(sizeof(*copy));

	*ret_lost = 0;
	mutex_lock(&mutex);
	if (copy && linear[which])
		memcpy(copy, &linear[which][cpu], sizeof(*copy));
	if (lost[which])
		*ret_lost = lost[which][cpu];
	mutex_unlock(&mutex);
	return copy;
}

void why_history_observed(enum why_history which, u32 cpu, struct why_observed *ret)
{
	mutex_lock(&mutex);
	why_observed_copy(cpu, ret);
	mutex_unlock(&mutex);
}

void why_history_init(void)
{
	why_observed_init();
	find_events();
	put_own(own, ARRAY_SIZE(own));
	find_tracepoints(&off_probes[0][0], 2 * OFF_PROBES);
}

void why_history_exit(void)
{
	enum why_history which;

	for (which = 0; which < WHY_HISTORY_NR; which++) {
		if (is_on[which])
			why_history_enable(which, false);
		vfree(linear[which]);
		kvfree(lost[which]);
	}
	why_observed_exit();
}
