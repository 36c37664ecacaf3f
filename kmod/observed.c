// SPDX-License-Identifier: GPL-2.0-only
/* See observed.h. */
#include "kmod/stall_unit.h"

#include "kmod/history.h"
#include "kmod/latency_trace.h"
#include "kmod/observed.h"

#include <linux/moduleparam.h>
#include <linux/smp.h>

enum { LEAST_PERIOD_US = 50, MOST_US = 1000000, LEAST_OVER_US = 5 };

static unsigned int probe_us = 1000;
module_param(probe_us, uint, 0600);
MODULE_PARM_DESC(probe_us, "microseconds between probes of interrupt_off_latency, once enabled");

static unsigned int over_us = 10;
module_param(over_us, uint, 0600);
MODULE_PARM_DESC(over_us, "microseconds from which it tells of sections, once enabled");

/* Each CPU its own, with interrupts off. */
struct seen {
	u64 probes, unplaced;	/* of sessions before this one */
	struct why_stall_record scratch, longest;
	/* Not counted yet: another late one may tell more of it. end_ns 0: none. */
	struct why_stall_record last;
};

static struct seen *seen;	/* [nr_cpu_ids], once it was started */
static u64 period_ns, over_ns;	/* of the last session */
static bool is_started;

/* Interrupts are off in all of this unit's hooks: it has none of the scheduler's. */
static struct why_stall_record *reserve_record(void)
{
	return &seen[this_cpu_id()].scratch;
}

static void count_last(u32 cpu)
{
	struct seen *here = &seen[cpu];

	if (!here->last.stall.end_ns)
		return;
	why_history_add(WHY_HISTORY_IRQSOFF, cpu, here->last.stall.least_ns);
	if (here->last.stall.least_ns > here->longest.stall.least_ns)
		here->longest = here->last;
	here->last.stall.end_ns = 0;
}

/* Several that were late for the same section are one sample: what all say of it holds. */
static void keep_record(struct why_stall_record *r)
{
	struct why_stall *last = &seen[this_cpu_id()].last.stall;

	why_latency_trace_sample(WHY_HISTORY_IRQSOFF, r->stall.least_ns, r->stall.end_ns, current);
	if (last->end_ns == r->stall.end_ns && last->handler == r->stall.handler) {
		last->least_ns = max(last->least_ns, r->stall.least_ns);
		last->most_ns = min(last->most_ns, r->stall.most_ns);
		return;
	}
	count_last(this_cpu_id());
	seen[this_cpu_id()].last = *r;
}

void why_observed_init(void)
{
	find_events();
}

const char *why_observed_lacks(void)
{
	return lacks();
}

int why_observed_start(void)
{
	unsigned int us = READ_ONCE(probe_us), over = READ_ONCE(over_us);
	const struct why_stall_config cfg = { .over_ns = over * NSEC_PER_USEC };
	int rc;

	if (us < LEAST_PERIOD_US || us > MOST_US || over < LEAST_OVER_US || over > MOST_US)
		return -ERANGE;
	if (!seen)
		seen = vzalloc(array_size(nr_cpu_ids, sizeof(*seen)));
	if (!seen)
		return -ENOMEM;
	period_ns = us * NSEC_PER_USEC;
	over_ns = cfg.over_ns;
	rc = begin_stalls(&cfg, period_ns, false);
	is_started = !rc;
	return rc;
}

void why_observed_stop(void)
{
	u32 cpu;

	end_stalls();
	for (cpu = 0; cpu < stalls.nr_cpus; cpu++) {
		count_last(cpu);
		seen[cpu].probes += cpu_of(cpu)->tally.nr_due;
		seen[cpu].unplaced += cpu_of(cpu)->tally.nr_unplaced;
	}
	free_stalls();
	is_started = false;
}

void why_observed_reset(u32 cpu)
{
	if (!seen)
		return;
	memset(&seen[cpu], 0, sizeof(seen[cpu]));
	if (is_started)
		memset(&cpu_of(cpu)->tally, 0, sizeof(cpu_of(cpu)->tally));
}

struct copy {
	u32 cpu;
	struct why_observed *ret;
};

static void copy_here(void *arg)
{
	const struct copy *copy = arg;

	count_last(copy->cpu);
	copy->ret->probes = seen[copy->cpu].probes;
	copy->ret->unplaced = seen[copy->cpu].unplaced;
	if (is_started) {
		copy->ret->probes += cpu_of(copy->cpu)->tally.nr_due;
		copy->ret->unplaced += cpu_of(copy->cpu)->tally.nr_unplaced;
	}
	copy->ret->longest = seen[copy->cpu].longest;
}

void why_observed_copy(u32 cpu, struct why_observed *ret)
{
	struct copy copy = { .cpu = cpu, .ret = ret };

	memset(ret, 0, sizeof(*ret));
	if (!seen)
		return;
	ret->period_ns = period_ns;
	ret->over_ns = over_ns;
	/* One that is off has nobody at it, and stays so meanwhile. */
	cpus_read_lock();
	if (smp_call_function_single((int)cpu, copy_here, &copy, 1))
		copy_here(&copy);
	cpus_read_unlock();
}

void why_observed_exit(void)
{
	vfree(seen);
	seen = NULL;
}
