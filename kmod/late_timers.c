// SPDX-License-Identifier: GPL-2.0-only
/* See late_timers.h. */
#include "kmod/late_timers.h"

#include "compat/timer_native.h"

#include <linux/cpuhotplug.h>
#include <linux/percpu.h>

struct why_late_timer {
	struct hrtimer timer;
	u64 period_ns;
};

static enum cpuhp_state state;

static enum hrtimer_restart be_due(struct hrtimer *timer)
{
	const struct why_late_timer *t = container_of(timer, struct why_late_timer, timer);

	hrtimer_forward_now(timer, ns_to_ktime(t->period_ns));
	return HRTIMER_RESTART;
}

/* Both run on that CPU. */
static int start_here(unsigned int cpu, struct hlist_node *node)
{
	struct why_late_timers *all = hlist_entry(node, struct why_late_timers, node);
	struct why_late_timer *t = per_cpu_ptr(all->timers, cpu);

	hrtimer_start(&t->timer, ns_to_ktime(t->period_ns), HRTIMER_MODE_REL_PINNED_HARD);
	return 0;
}

static int stop_here(unsigned int cpu, struct hlist_node *node)
{
	struct why_late_timers *all = hlist_entry(node, struct why_late_timers, node);

	hrtimer_cancel(&per_cpu_ptr(all->timers, cpu)->timer);
	return 0;
}

int why_late_timers_init(void)
{
	int rc = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN, "whylate:online", start_here,
					 stop_here);

	if (rc < 0)
		return rc;
	state = rc;
	return 0;
}

void why_late_timers_exit(void)
{
	cpuhp_remove_multi_state(state);
}

int why_late_timers_start(struct why_late_timers *all, u64 period_ns)
{
	struct why_late_timer *t;
	int cpu, rc;

	all->timers = alloc_percpu(struct why_late_timer);
	if (!all->timers)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		t = per_cpu_ptr(all->timers, cpu);
		t->period_ns = period_ns;
		why_compat_hrtimer_setup(&t->timer, be_due, HRTIMER_MODE_REL_PINNED_HARD);
	}
	rc = cpuhp_state_add_instance(state, &all->node);
	if (!rc)
		return 0;
	free_percpu(all->timers);
	all->timers = NULL;
	return rc;
}

void why_late_timers_stop(struct why_late_timers *all)
{
	if (!all->timers)
		return;
	cpuhp_state_remove_instance(state, &all->node);
	free_percpu(all->timers);
	all->timers = NULL;
}
