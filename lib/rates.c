// SPDX-License-Identifier: GPL-2.0-only
/* Windows, peaks and storms: see rates.h. Counts are read while they are written: whole words. */
#include "lib/rates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST_NS 50000000ULL
#define SECOND 1000000000ULL

/* What one source has done on one CPU so far. */
struct done {
	u64 count;
	u64 busy_ns;
};

/* What all waits that ended on one CPU have paid to interrupts so far. */
struct paid {
	u64 ns;
	u64 waits;
};

struct why_rates {
	u32 nr_cpus;
	u64 last_ns;
	struct done *last;	/* [nr_cpus][WHY_SOURCE_NR] */
	struct done *now;	/* the same, of the window under way */
	struct paid *paid;	/* [nr_cpus] */
	size_t *storm;		/* [nr_cpus][WHY_SOURCE_NR] index + 1 if under way; else 0 */
};

u64 why_source_count(const struct why_tables *t, u32 cpu, u32 source)
{
	if (source >= WHY_SOURCE_SOFTIRQ)
		return WHY_LOAD(t->cpus[cpu].irqs.seen.softirqs[source - WHY_SOURCE_SOFTIRQ]);
	if (source >= WHY_SOURCE_VECTOR)
		return WHY_LOAD(t->cpus[cpu].irqs.seen.vectors[source - WHY_SOURCE_VECTOR]);
	return WHY_LOAD(t->counts[cpu * WHY_LINES + source].seen);
}

struct why_rates *why_rates_new(u32 nr_cpus)
{
	struct why_rates *r = calloc(1, sizeof(*r));
	size_t nr = (size_t)nr_cpus * WHY_SOURCE_NR;

	if (!r)
		return NULL;
	r->nr_cpus = nr_cpus;
	r->last = calloc(nr, sizeof(*r->last));
	r->now = calloc(nr, sizeof(*r->now));
	r->storm = calloc(nr, sizeof(*r->storm));
	r->paid = calloc(nr_cpus, sizeof(*r->paid));
	if (r->last && r->now && r->storm && r->paid)
		return r;
	why_rates_free(r);
	return NULL;
}

void why_rates_free(struct why_rates *r)
{
	if (!r)
		return;
	free(r->last);
	free(r->now);
	free(r->storm);
	free(r->paid);
	free(r);
}

void why_rates_begin(struct why_rates *r, u64 now)
{
	size_t nr = (size_t)r->nr_cpus * WHY_SOURCE_NR;

	memset(r->last, 0, nr * sizeof(*r->last));
	memset(r->storm, 0, nr * sizeof(*r->storm));
	memset(r->paid, 0, r->nr_cpus * sizeof(*r->paid));
	r->last_ns = now;
}

/* The source that a keyed row's time belongs to, or WHY_SOURCE_NR. */
static u32 source_of(const struct why_tables *t, u64 key, u32 irq)
{
	u64 id = why_key_id(key);

	switch (why_key_kind(key)) {
	case WHY_KIND_HANDLER:
		return t->lines[irq % WHY_LINES].id == irq + 1 ? irq % WHY_LINES : WHY_SOURCE_NR;
	case WHY_KIND_VECTOR:
		if (id == WHY_VECTOR_CALL_FUNCTION_SINGLE)
			id = WHY_VECTOR_CALL_FUNCTION;
		return id < WHY_VECTOR_NR ? WHY_SOURCE_VECTOR + (u32)id : WHY_SOURCE_NR;
	case WHY_KIND_SOFTIRQ_RUN:
		return id < WHY_SOFTIRQ_NR ? WHY_SOURCE_SOFTIRQ + (u32)id : WHY_SOURCE_NR;
	default:
		return WHY_SOURCE_NR;
	}
}

static void read_now(struct why_rates *r, const struct why_tables *t)
{
	const struct why_keyed *k;
	u32 cpu, i, source;
	u64 key;

	for (cpu = 0; cpu < r->nr_cpus; cpu++)
		for (i = 0; i < WHY_SOURCE_NR; i++)
			r->now[cpu * WHY_SOURCE_NR + i] =
				(struct done){ .count = why_source_count(t, cpu, i) };
	for (k = t->keyed; k < t->keyed + t->nr_keyed; k++) {
		key = WHY_LOAD(k->key);
		source = key ? source_of(t, key, WHY_LOAD(k->irq)) : WHY_SOURCE_NR;
		if (source == WHY_SOURCE_NR || why_key_cpu(key) >= r->nr_cpus)
			continue;
		/* A softirq's own time, without what interrupted it. */
		r->now[why_key_cpu(key) * WHY_SOURCE_NR + source].busy_ns +=
			source >= WHY_SOURCE_SOFTIRQ ? WHY_LOAD(k->part_ns[0]) :
						       WHY_LOAD(k->hist.sum_ns);
	}
}

static struct paid paid_on(const struct why_cpu *cpu)
{
	struct paid p = {};
	u32 kind;

	for (kind = 0; kind < WHY_KIND_NR_WAITS; kind++) {
		p.ns += WHY_LOAD(cpu->rows[kind].causes[WHY_CAUSE_HARDIRQ]) +
			WHY_LOAD(cpu->rows[kind].causes[WHY_CAUSE_SOFTIRQ]);
		p.waits += WHY_LOAD(cpu->rows[kind].hist.count);
	}
	return p;
}

static bool is_storm(const struct done *d, u64 span)
{
	return d->count * SECOND > WHY_STORM_RATE * span ||
	       d->busy_ns * 100 > WHY_STORM_SHARE * span;
}

static struct why_storm *storm_at(struct why_rates *r, struct why_snapshot *into, size_t at,
				  u64 begin)
{
	struct why_storm *storm;

	if (r->storm[at])
		return &into->storms[r->storm[at] - 1];
	if (into->nr_storms == WHY_STORMS_KEPT) {
		into->nr_storms_dropped++;
		return NULL;
	}
	storm = why_snapshot_add_storm(into);
	if (!storm)
		return NULL;
	r->storm[at] = into->nr_storms;
	storm->cpu = (u32)(at / WHY_SOURCE_NR);
	storm->source = (u32)(at % WHY_SOURCE_NR);
	storm->begin_ns = begin;
	return storm;
}

static int add_window(struct why_rates *r, struct why_snapshot *into, size_t at,
		      const struct done *d, u64 span, const struct paid *paid)
{
	struct why_storm *storm;
	u64 rate = d->count * SECOND / span;

	if (!is_storm(d, span) || (span < SHORTEST_NS && !r->storm[at])) {
		r->storm[at] = 0;
		return 0;
	}
	storm = storm_at(r, into, at, r->last_ns);
	if (!storm)
		return into->nr_storms_dropped ? 0 : -ENOMEM;
	storm->span_ns += span;
	storm->count += d->count;
	storm->busy_ns += d->busy_ns;
	storm->waited_ns += paid->ns;
	storm->waits += paid->waits;
	if (span >= SHORTEST_NS && rate > storm->rate_max_per_s)
		storm->rate_max_per_s = rate;
	return 0;
}

static void add_peak(struct why_peak *peak, const struct done *d, u64 begin, u64 span)
{
	u64 rate = d->count * SECOND / span;

	if (span < SHORTEST_NS || rate <= peak->rate_per_s)
		return;
	peak->rate_per_s = rate;
	peak->at_ns = begin;
}

/* Most sources, in most windows: no peak, and no storm, or the end of one. */
static bool was_idle(const struct why_rates *r, size_t at)
{
	return r->now[at].count == r->last[at].count && r->now[at].busy_ns == r->last[at].busy_ns;
}

static int take_cpu(struct why_rates *r, struct why_snapshot *into, u32 cpu, u64 span,
		    const struct paid *paid)
{
	size_t at = (size_t)cpu * WHY_SOURCE_NR, end = at + WHY_SOURCE_NR;
	struct done d;
	int rc = 0;

	for (; !rc && at < end; at++) {
		if (was_idle(r, at)) {
			r->storm[at] = 0;
			continue;
		}
		d.count = r->now[at].count - r->last[at].count;
		d.busy_ns = r->now[at].busy_ns - r->last[at].busy_ns;
		add_peak(&into->peaks[at], &d, r->last_ns, span);
		rc = add_window(r, into, at, &d, span, paid);
	}
	return rc;
}

int why_rates_window(struct why_rates *r, const struct why_tables *t, u64 now,
		     struct why_snapshot *into)
{
	u64 span = now - r->last_ns;
	struct paid paid, grown;
	u32 cpu, i;
	int rc = 0;

	if ((s64)span <= 0)
		return 0;
	read_now(r, t);
	for (i = 0; i < WHY_LINES; i++)
		into->line_of_place[i] = WHY_LOAD(t->lines[i].id);
	for (cpu = 0; !rc && cpu < r->nr_cpus; cpu++) {
		paid = paid_on(&t->cpus[cpu]);
		grown.ns = paid.ns - r->paid[cpu].ns;
		grown.waits = paid.waits - r->paid[cpu].waits;
		r->paid[cpu] = paid;
		rc = take_cpu(r, into, cpu, span, &grown);
	}
	memcpy(r->last, r->now, (size_t)r->nr_cpus * WHY_SOURCE_NR * sizeof(*r->last));
	r->last_ns = now;
	return rc;
}
