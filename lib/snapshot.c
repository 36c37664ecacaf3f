// SPDX-License-Identifier: GPL-2.0-only
/* Building and merging a measurement's value: see snapshot.h. */
#include "lib/snapshot.h"

#include <stdlib.h>
#include <string.h>

struct why_snapshot *why_snapshot_new(u32 nr_cpus)
{
	struct why_snapshot *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->nr_cpus = nr_cpus;
	s->cpus = aligned_alloc(_Alignof(struct why_cpu), nr_cpus * sizeof(*s->cpus));
	s->facts = calloc(nr_cpus, sizeof(*s->facts));
	s->rows = calloc((size_t)nr_cpus * WHY_KIND_NR_TASK, sizeof(*s->rows));
	s->peaks = calloc((size_t)nr_cpus * WHY_SOURCE_NR, sizeof(*s->peaks));
	s->line_of_place = calloc(WHY_LINES, sizeof(*s->line_of_place));
	if (s->cpus && s->facts && s->rows && s->peaks && s->line_of_place)
		return s;
	why_snapshot_free(s);
	return NULL;
}

void why_snapshot_clear_interrupts(struct why_snapshot *s)
{
	size_t i;

	for (i = 0; i < s->nr_keyed; i++)
		free(s->keyed[i].name);
	for (i = 0; i < s->nr_counts; i++)
		free(s->counts[i].cpu);
	free(s->keyed);
	free(s->counts);
	s->keyed = NULL;
	s->counts = NULL;
	s->nr_keyed = s->nr_counts = 0;
}

void why_snapshot_clear_series(struct why_snapshot *s)
{
	size_t i;

	for (i = 0; i < s->nr_ticks; i++) {
		free(s->ticks[i].class_ns);
		free(s->ticks[i].sources);
	}
	free(s->ticks);
	free(s->storms);
	s->ticks = NULL;
	s->storms = NULL;
	s->nr_ticks = s->nr_storms = 0;
	s->nr_storms_dropped = 0;
	if (s->peaks)
		memset(s->peaks, 0, (size_t)s->nr_cpus * WHY_SOURCE_NR * sizeof(*s->peaks));
}

void why_snapshot_free(struct why_snapshot *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->nr_tasks; i++)
		free(s->tasks[i].cgroup);
	why_snapshot_clear_series(s);
	free(s->lines);
	free(s->peaks);
	free(s->line_of_place);
	why_snapshot_clear_interrupts(s);
	free(s->tasks);
	free(s->occupants);
	free(s->cpus);
	free(s->facts);
	free(s->rows);
	free(s);
}

/* Grows `array` of `n` elements by one: capacity doubles at powers of two. */
static void *grow(void *array, size_t n, size_t size)
{
	if (n && (n & (n - 1)))
		return array;
	return realloc(array, (n ? 2 * n : 1) * size);
}

/* One more element at the end of *array, all zero; NULL without memory. */
static void *append(void **array, size_t *nr, size_t size)
{
	char *grown = grow(*array, *nr, size), *last;

	if (!grown)
		return NULL;
	*array = grown;
	last = grown + size * (*nr)++;
	return memset(last, 0, size);
}

struct why_task_row *why_snapshot_add_task(struct why_snapshot *s)
{
	struct why_task_row *row = append((void **)&s->tasks, &s->nr_tasks, sizeof(*row));

	if (row)
		row->merged = 1;
	return row;
}

struct why_tick *why_snapshot_add_tick(struct why_snapshot *s)
{
	return append((void **)&s->ticks, &s->nr_ticks, sizeof(*s->ticks));
}

struct why_occupant *why_snapshot_add_occupant(struct why_snapshot *s)
{
	return append((void **)&s->occupants, &s->nr_occupants, sizeof(*s->occupants));
}

struct why_keyed_row *why_snapshot_add_keyed(struct why_snapshot *s)
{
	return append((void **)&s->keyed, &s->nr_keyed, sizeof(*s->keyed));
}

struct why_storm *why_snapshot_add_storm(struct why_snapshot *s)
{
	return append((void **)&s->storms, &s->nr_storms, sizeof(*s->storms));
}

u64 why_tick_count(const struct why_tick *t, u32 source)
{
	size_t i;

	for (i = 0; i < t->nr_sources; i++)
		if (t->sources[i].source == source)
			return t->sources[i].count;
	return 0;
}

struct why_line_facts *why_snapshot_add_line(struct why_snapshot *s)
{
	return append((void **)&s->lines, &s->nr_lines, sizeof(*s->lines));
}

const struct why_line_facts *why_snapshot_line(const struct why_snapshot *s, u32 irq)
{
	size_t i;

	for (i = 0; i < s->nr_lines; i++)
		if (s->lines[i].irq == irq)
			return &s->lines[i];
	return NULL;
}

struct why_count *why_snapshot_add_count(struct why_snapshot *s)
{
	struct why_count *c = append((void **)&s->counts, &s->nr_counts, sizeof(*c));

	if (!c)
		return NULL;
	c->cpu = calloc(s->nr_cpus, sizeof(*c->cpu));
	return c->cpu ? c : NULL;
}

const struct why_keyed_row *why_snapshot_keyed(const struct why_snapshot *s, u32 kind, u64 id,
					       int cpu)
{
	size_t i;

	for (i = 0; i < s->nr_keyed; i++)
		if (s->keyed[i].kind == kind && s->keyed[i].id == id && s->keyed[i].cpu == cpu)
			return &s->keyed[i];
	return NULL;
}

void why_dist_merge(struct why_dist *into, const struct why_dist *h)
{
	u32 i;

	if (!h->count)
		return;
	if (!into->count || h->min_ns < into->min_ns)
		into->min_ns = h->min_ns;
	if (h->max_ns > into->max_ns)
		into->max_ns = h->max_ns;
	into->count += h->count;
	into->sum_ns += h->sum_ns;
	into->overflow += h->overflow;
	for (i = 0; i < WHY_HIST_BUCKETS; i++)
		into->bucket[i] += h->bucket[i];
}

void why_figures_merge(struct why_figures *into, const struct why_figures *row)
{
	u32 i;

	if (row->hist.count && (!into->hist.count || row->hist.max_ns > into->hist.max_ns)) {
		into->worst_at_ns = row->worst_at_ns;
		into->worst_pid = row->worst_pid;
		memcpy(into->worst_comm, row->worst_comm, sizeof(into->worst_comm));
	}
	why_dist_merge(&into->hist, &row->hist);
	for (i = 0; i < WHY_CAUSE_NR; i++)
		into->causes[i] += row->causes[i];
}

const struct why_figures *why_snapshot_row(const struct why_snapshot *s, u32 cpu, u32 kind)
{
	return &s->rows[cpu * WHY_KIND_NR_TASK + kind];
}

const struct why_dist *why_snapshot_dist(const struct why_snapshot *s, u32 kind)
{
	const struct why_keyed_row *row;

	if (kind < WHY_KIND_NR_TASK)
		return &s->merged[kind].hist;
	row = why_snapshot_keyed(s, kind, WHY_ALL_IDS, -1);
	return row ? &row->hist : NULL;
}

/* A histogram out of its lane. */
static void gather(const struct why_cpu *cpu, const struct why_hist *h, u32 lane,
		   struct why_dist *ret)
{
	u32 i;

	ret->count = h->count;
	ret->sum_ns = h->sum_ns;
	ret->min_ns = h->min_ns;
	ret->max_ns = h->max_ns;
	ret->overflow = h->overflow;
	for (i = 0; i < WHY_HIST_BUCKETS; i++)
		ret->bucket[i] = cpu->bucket[i][lane];
}

static void gather_row(const struct why_cpu *cpu, u32 kind, struct why_figures *ret)
{
	const struct why_row *row = &cpu->rows[kind];

	gather(cpu, &row->hist, kind, &ret->hist);
	memcpy(ret->causes, row->causes, sizeof(ret->causes));
	ret->worst_at_ns = row->worst_at_ns;
	ret->worst_pid = row->worst_pid;
	memcpy(ret->worst_comm, row->worst_comm, sizeof(row->worst_comm));
}

static void merge_cpu(struct why_snapshot *s, u32 id)
{
	const struct why_cpu *cpu = &s->cpus[id];
	struct why_figures *row;
	struct why_dist rates;
	u32 i;

	for (i = 0; i < WHY_KIND_NR_TASK; i++) {
		row = &s->rows[id * WHY_KIND_NR_TASK + i];
		gather_row(cpu, i, row);
		why_figures_merge(&s->merged[i], row);
	}
	gather(cpu, &cpu->rates, WHY_LANE_RATES, &rates);
	why_dist_merge(&s->rates, &rates);
	for (i = 0; i < WHY_LOSS_NR; i++)
		s->lost[i] += cpu->lost[i];
	s->overhead.events += cpu->nr_events + cpu->nr_soft_events;
}

static void merge_open(struct why_snapshot *s, const struct why_task_row *t)
{
	struct why_open *open;

	if (!t->has_open_wait || t->open_kind >= WHY_KIND_NR_TASK)
		return;
	open = &s->open[t->open_kind];
	open->count++;
	open->since_before += t->is_open_unknown;
	if (t->open_wait_ns <= open->oldest_ns)
		return;
	open->oldest_ns = t->open_wait_ns;
	open->is_lower_bound = t->is_open_unknown;
}

void why_snapshot_merge(struct why_snapshot *s)
{
	size_t i;

	for (i = 0; i < s->nr_cpus; i++) {
		if (!s->facts[i].is_seen)
			continue;
		s->nr_seen_cpus++;
		merge_cpu(s, (u32)i);
	}
	for (i = 0; i < s->nr_tasks; i++)
		merge_open(s, &s->tasks[i]);
}

u64 why_dist_quantile(const struct why_dist *h, double q)
{
	u64 rank = (u64)(q * (double)h->count), seen = 0;
	u32 i;

	if (!h->count)
		return 0;
	if ((double)rank < q * (double)h->count)
		rank++;
	if (!rank)
		rank = 1;
	for (i = 0; i < WHY_HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen < rank)
			continue;
		return why_hist_low(i + 1) < h->max_ns ? why_hist_low(i + 1) : h->max_ns;
	}
	return h->max_ns;
}
