// SPDX-License-Identifier: GPL-2.0-only
/* Differences between ticks: see series.h. Buckets are read while they are written: whole words. */
#include "lib/series.h"

#include "lib/rates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct why_series {
	u32 nr_cpus;
	u32 kinds;
	u64 last_ns;
	struct why_pressure pressure;	/* of the last tick; a CPU that is off keeps its own */
	struct why_dist last[WHY_KIND_NR];
	u64 last_switches;
	u64 last_count[WHY_SOURCE_NR];
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
	if (!why_pressure_init(&s->pressure, nr_cpus) && s->last_class_ns)
		return s;
	why_series_free(s);
	return NULL;
}

void why_series_free(struct why_series *s)
{
	if (!s)
		return;
	free(s->last_class_ns);
	why_pressure_free(&s->pressure);
	free(s);
}

void why_series_begin(struct why_series *s, u64 now, const struct why_pressure *pressure)
{
	why_pressure_copy(&s->pressure, pressure);
	memset(s->last, 0, sizeof(s->last));
	memset(s->last_count, 0, sizeof(s->last_count));
	memset(s->last_class_ns, 0, (size_t)s->nr_cpus * WHY_CLASS_NR * sizeof(u64));
	s->last_switches = 0;
	s->last_ns = now;
}

/* Waiting and stolen time since the last tick, each where it is told. */
static void tick_pressure(struct why_series *s, const struct why_pressure *now, struct why_tick *t)
{
	struct why_pressure *last = &s->pressure;
	u32 i;

	t->has_psi = last->has_psi && now->has_psi;
	t->psi_cpu_some_us = t->has_psi ? now->psi_cpu_some_us - last->psi_cpu_some_us : 0;
	last->psi_cpu_some_us = now->psi_cpu_some_us;
	for (i = 0; i < s->nr_cpus; i++) {
		if (!now->has_steal[i])
			continue;
		if (last->has_steal[i] && now->steal_ns[i] > last->steal_ns[i])
			t->steal_ns += now->steal_ns[i] - last->steal_ns[i];
		t->has_steal = true;
		last->has_steal[i] = true;
		last->steal_ns[i] = now->steal_ns[i];
	}
}

static void sum_task_kind(const struct why_tables *t, u32 kind, struct why_dist *ret)
{
	u32 cpu, i;

	for (cpu = 0; cpu < t->nr_cpus; cpu++) {
		for (i = 0; i < WHY_HIST_BUCKETS; i++)
			ret->bucket[i] += WHY_LOAD(t->cpus[cpu].bucket[i][kind]);
		if (WHY_LOAD(t->cpus[cpu].rows[kind].hist.max_ns) > ret->max_ns)
			ret->max_ns = WHY_LOAD(t->cpus[cpu].rows[kind].hist.max_ns);
	}
}

static void sum_keyed_kind(const struct why_tables *t, u32 kind, struct why_dist *ret)
{
	const struct why_keyed *k;
	u32 i;

	for (k = t->keyed; k < t->keyed + t->nr_keyed; k++) {
		if (!WHY_LOAD(k->key) || why_key_kind(WHY_LOAD(k->key)) != kind)
			continue;
		for (i = 0; i < WHY_HIST_BUCKETS; i++)
			ret->bucket[i] += WHY_LOAD(k->bucket[i]);
		if (WHY_LOAD(k->hist.max_ns) > ret->max_ns)
			ret->max_ns = WHY_LOAD(k->hist.max_ns);
	}
}

static void sum_buckets(const struct why_tables *t, u32 kind, struct why_dist *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (kind < WHY_KIND_NR_TASK)
		sum_task_kind(t, kind, ret);
	else
		sum_keyed_kind(t, kind, ret);
}

/* Samples of a task's kind; a sample that is in its bucket already may not be counted yet. */
static u64 count_of(const struct why_tables *t, u32 kind)
{
	u64 count = 0;
	u32 cpu;

	for (cpu = 0; cpu < t->nr_cpus; cpu++)
		count += WHY_LOAD(t->cpus[cpu].rows[kind].hist.count);
	return count;
}

/* By the buckets alone: count, p99 and maximum of one tick then always fit each other. */
static void tick_kind(struct why_series *s, const struct why_tables *t, u32 kind,
		      struct why_tick *tick)
{
	u64 count = kind < WHY_KIND_NR_TASK ? count_of(t, kind) : 0;
	struct why_dist sum, grown = {};
	u32 i;

	if (kind < WHY_KIND_NR_TASK && count == s->last[kind].count)
		return;
	sum_buckets(t, kind, &sum);
	sum.count = count;
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

/*
 * A span that turns out to have been hidden moves from its class to the unseen one (account.h).
 * What an earlier tick has told of it stays told there: the class shrinks by nothing, and the
 * unseen class gets that much less.
 */
static void keep_told(u64 *grown)
{
	u32 i;

	for (i = 0; i < WHY_CLASS_UNSEEN; i++) {
		if ((s64)grown[i] >= 0)
			continue;
		grown[WHY_CLASS_UNSEEN] += grown[i];
		grown[i] = 0;
	}
}

/* An account that stays torn gives a tick of nothing; the next one has both. */
static void tick_cpu(u64 *last_ns, const struct why_account *a, u64 now, u64 *ret_ns)
{
	u64 ns[WHY_CLASS_NR], at;
	u32 i, tries = 1000;

	while (why_account_read(a, now, ns, &at) != WHY_ACCOUNT_OK)
		if (!--tries)
			return;
	for (i = 0; i < WHY_CLASS_NR; i++) {
		ret_ns[i] = ns[i] - last_ns[i];
		last_ns[i] = ns[i];
	}
	keep_told(ret_ns);
}

static int tick_sources(struct why_series *s, const struct why_tables *tables, struct why_tick *t)
{
	struct why_source_count grown[WHY_SOURCE_NR];
	u64 switches = 0, count;
	u32 i, cpu;

	for (i = 0; i < WHY_SOURCE_NR; i++) {
		for (cpu = 0, count = 0; cpu < s->nr_cpus; cpu++)
			count += why_source_count(tables, cpu, i);
		if (count != s->last_count[i])
			grown[t->nr_sources++] = (struct why_source_count){
				.source = i, .count = count - s->last_count[i] };
		s->last_count[i] = count;
	}
	t->sources = calloc(t->nr_sources + 1, sizeof(*t->sources));
	if (!t->sources)
		return -ENOMEM;
	memcpy(t->sources, grown, t->nr_sources * sizeof(*grown));
	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		switches += WHY_LOAD(tables->cpus[cpu].nr_switches);
	t->switches = switches - s->last_switches;
	s->last_switches = switches;
	return 0;
}

int why_series_tick(struct why_series *s, const struct why_tables *tables, u64 now,
		    const struct why_pressure *pressure, struct why_snapshot *into)
{
	struct why_tick *t = why_snapshot_add_tick(into);
	u32 i;

	if (!t)
		return -ENOMEM;
	t->class_ns = calloc((size_t)s->nr_cpus * WHY_CLASS_NR, sizeof(u64));
	if (!t->class_ns || tick_sources(s, tables, t))
		return -ENOMEM;
	t->at_ns = s->last_ns;
	t->span_ns = now - s->last_ns;
	s->last_ns = now;
	for (i = 0; i < WHY_KIND_NR; i++)
		if (s->kinds & 1U << i)
			tick_kind(s, tables, i, t);
	for (i = 0; i < s->nr_cpus; i++)
		tick_cpu(s->last_class_ns + i * WHY_CLASS_NR, &tables->cpus[i].account, now,
			 t->class_ns + i * WHY_CLASS_NR);
	tick_pressure(s, pressure, t);
	return 0;
}
