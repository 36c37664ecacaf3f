// SPDX-License-Identifier: GPL-2.0-only
/* Differences between ticks: see series.h. Buckets are read while they are written: whole words. */
#include "lib/series.h"

#include "lib/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What /proc says beside the CPUs' own state, so far. */
struct pressure {
	u64 psi_cpu_some_us;
	u64 steal_ns;
};

struct why_series {
	u32 nr_cpus;
	u32 kinds;
	u64 last_ns;
	struct pressure pressure;
	struct why_dist last[WHY_KIND_NR];
	u64 *last_class_ns;		/* [nr_cpus][WHY_CLASS_NR] */
};

struct why_series *why_series_new(u32 nr_cpus, u32 kinds)
{
	struct why_series *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->nr_cpus = nr_cpus;
	s->kinds = kinds;
	s->last_class_ns = calloc((size_t)nr_cpus * WHY_CLASS_NR, sizeof(u64));
	if (s->last_class_ns)
		return s;
	free(s);
	return NULL;
}

void why_series_free(struct why_series *s)
{
	if (s)
		free(s->last_class_ns);
	free(s);
}

static struct pressure read_pressure(u32 nr_cpus)
{
	struct pressure p = { .psi_cpu_some_us = why_psi_cpu_some_us() };
	u64 *steal = calloc(nr_cpus, sizeof(*steal));
	bool *has = calloc(nr_cpus, sizeof(*has));
	u32 i;

	if (steal && has)
		why_steal_ns(steal, has, nr_cpus);
	for (i = 0; steal && i < nr_cpus; i++)
		p.steal_ns += steal[i];
	free(steal);
	free(has);
	return p;
}

void why_series_begin(struct why_series *s, u64 now)
{
	s->pressure = read_pressure(s->nr_cpus);
	s->last_ns = now;
}

static void sum_buckets(const struct why_cpu *cpus, u32 nr_cpus, u32 kind, struct why_dist *ret)
{
	u32 cpu, i;

	memset(ret, 0, sizeof(*ret));
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		for (i = 0; i < WHY_HIST_BUCKETS; i++)
			ret->bucket[i] += WHY_LOAD(cpus[cpu].bucket[i][kind]);
		if (WHY_LOAD(cpus[cpu].rows[kind].hist.max_ns) > ret->max_ns)
			ret->max_ns = WHY_LOAD(cpus[cpu].rows[kind].hist.max_ns);
	}
}

/* By the buckets alone: count, p99 and maximum of one tick then always fit each other. */
static void tick_kind(struct why_series *s, const struct why_cpu *cpus, u32 kind,
		      struct why_tick *tick)
{
	struct why_dist sum, grown = {};
	u32 i;

	sum_buckets(cpus, s->nr_cpus, kind, &sum);
	for (i = 0; i < WHY_HIST_BUCKETS; i++) {
		grown.bucket[i] = sum.bucket[i] - s->last[kind].bucket[i];
		grown.count += grown.bucket[i];
		if (grown.bucket[i])
			grown.max_ns = why_hist_low(i + 1);
	}
	/* The bucket's bound, or the exact maximum so far where that is closer. */
	if (grown.max_ns > sum.max_ns)
		grown.max_ns = sum.max_ns;
	s->last[kind] = sum;
	tick->count[kind] = grown.count;
	tick->p99_ns[kind] = why_dist_quantile(&grown, 0.99);
	tick->max_ns[kind] = grown.max_ns;
}

static void tick_cpu(u64 *last_ns, const struct why_account *a, u64 now, u64 *ret_ns)
{
	u64 ns[WHY_CLASS_NR], at;
	u32 i, tries = 8;

	while (why_account_read(a, now, ns, &at) != WHY_ACCOUNT_OK && --tries)
		;
	for (i = 0; i < WHY_CLASS_NR; i++) {
		ret_ns[i] = ns[i] - last_ns[i];
		last_ns[i] = ns[i];
	}
}

int why_series_tick(struct why_series *s, const struct why_cpu *cpus, u64 now,
		    struct why_snapshot *into)
{
	struct why_tick *t = why_snapshot_add_tick(into);
	struct pressure pressure = read_pressure(s->nr_cpus);
	u32 i;

	if (!t)
		return -ENOMEM;
	t->class_ns = calloc((size_t)s->nr_cpus * WHY_CLASS_NR, sizeof(u64));
	if (!t->class_ns)
		return -ENOMEM;
	t->at_ns = s->last_ns;
	t->span_ns = now - s->last_ns;
	t->psi_cpu_some_us = pressure.psi_cpu_some_us - s->pressure.psi_cpu_some_us;
	t->steal_ns = pressure.steal_ns - s->pressure.steal_ns;
	s->last_ns = now;
	s->pressure = pressure;
	for (i = 0; i < WHY_KIND_NR; i++)
		if (s->kinds & 1U << i)
			tick_kind(s, cpus, i, t);
	for (i = 0; i < s->nr_cpus; i++)
		tick_cpu(s->last_class_ns + i * WHY_CLASS_NR, &cpus[i].account, now,
			 t->class_ns + i * WHY_CLASS_NR);
	return 0;
}
