// SPDX-License-Identifier: GPL-2.0-only
/* A row of "latencies": one kind, on one CPU or merged. */
#include "report/json.h"

#include "lib/names.h"
#include "report/format.h"

#include <stdlib.h>
#include <string.h>

struct json_object *why_json_u64(u64 n)
{
	return json_object_new_uint64(n);
}

struct json_object *why_json_name(const char *raw)
{
	/* At worst every byte becomes the three of U+FFFD. */
	size_t size = 3 * strlen(raw) + 4;
	char *name = malloc(size);
	struct json_object *o = name ? json_object_new_string(why_format_name(name, size, raw)) :
				       NULL;

	free(name);
	return o;
}

void why_json_null(struct json_object *o, const char *name, const char *why)
{
	json_object_object_add(o, name, NULL);
	json_object_object_add(o, "why", json_object_new_string(why));
}

struct json_object *why_json_buckets(const struct why_dist *h)
{
	struct json_object *list = json_object_new_array(), *bucket;
	u32 i;

	for (i = 0; i < WHY_HIST_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		bucket = json_object_new_array_ext(3);
		json_object_array_add(bucket, why_json_u64(why_hist_low(i)));
		json_object_array_add(bucket, why_json_u64(why_hist_low(i + 1)));
		json_object_array_add(bucket, why_json_u64(h->bucket[i]));
		json_object_array_add(list, bucket);
	}
	return list;
}

static void add_quantiles(struct json_object *o, const struct why_dist *h)
{
	static const struct {
		const char *name;
		double q;
	} quantiles[] = {
		{ "p50_ns", 0.5 }, { "p90_ns", 0.9 }, { "p99_ns", 0.99 }, { "p999_ns", 0.999 }
	};
	size_t i;

	for (i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		json_object_object_add(o, quantiles[i].name, h->count ?
				       why_json_u64(why_dist_quantile(h, quantiles[i].q)) : NULL);
}

void why_json_figures(struct json_object *o, const struct why_dist *h)
{
	json_object_object_add(o, "count", why_json_u64(h->count));
	json_object_object_add(o, "sum_ns", why_json_u64(h->sum_ns));
	json_object_object_add(o, "overflow", why_json_u64(h->overflow));
	json_object_object_add(o, "min_ns", h->count ? why_json_u64(h->min_ns) : NULL);
	json_object_object_add(o, "mean_ns", h->count ? why_json_u64(h->sum_ns / h->count) : NULL);
	json_object_object_add(o, "max_ns", h->count ? why_json_u64(h->max_ns) : NULL);
	add_quantiles(o, h);
	json_object_object_add(o, "buckets", why_json_buckets(h));
	if (!h->count)
		json_object_object_add(o, "why", json_object_new_string("none seen"));
}

void why_json_short_figures(struct json_object *o, const struct why_dist *h)
{
	json_object_object_add(o, "count", why_json_u64(h->count));
	json_object_object_add(o, "sum_ns", why_json_u64(h->sum_ns));
	json_object_object_add(o, "mean_ns", h->count ? why_json_u64(h->sum_ns / h->count) : NULL);
	json_object_object_add(o, "max_ns", h->count ? why_json_u64(h->max_ns) : NULL);
	json_object_object_add(o, "p99_ns", h->count ?
			       why_json_u64(why_dist_quantile(h, 0.99)) : NULL);
	if (!h->count)
		json_object_object_add(o, "why", json_object_new_string("none seen"));
}

/* Causes that no loaded program can tell are left out: docs/latencies.md says where they are. */
static void add_causes(struct json_object *o, const struct why_snapshot *s,
		       const struct why_figures *row)
{
	struct json_object *causes = json_object_new_object();
	u32 i;

	for (i = 0; i < WHY_CAUSE_NR; i++) {
		if (i == WHY_CAUSE_THROTTLED)
			continue;
		if ((i == WHY_CAUSE_WAKER || i == WHY_CAUSE_IPI) && !s->has_split_waker)
			continue;
		if (i == WHY_CAUSE_SWITCH && !s->has_split_switch)
			continue;
		json_object_object_add(causes, why_cause_names[i], why_json_u64(row->causes[i]));
	}
	json_object_object_add(o, "causes", causes);
}

static struct json_object *worst_of(const struct why_figures *row, int cpu)
{
	struct json_object *o;

	if (!row->hist.count)
		return NULL;
	o = json_object_new_object();
	json_object_object_add(o, "at_ns", why_json_u64(row->worst_at_ns));
	json_object_object_add(o, "ns", why_json_u64(row->hist.max_ns));
	json_object_object_add(o, "cpu", json_object_new_int(cpu));
	json_object_object_add(o, "pid", why_json_u64(row->worst_pid));
	json_object_object_add(o, "comm", why_json_name(row->worst_comm));
	return o;
}

/* The CPU whose row holds the merged row's worst case. */
static int worst_cpu(const struct why_snapshot *s, u32 kind)
{
	const struct why_figures *all = &s->merged[kind], *row;
	u32 i;

	for (i = 0; i < s->nr_cpus; i++) {
		row = why_snapshot_row(s, i, kind);
		if (s->facts[i].is_seen && row->hist.count &&
		    row->worst_at_ns == all->worst_at_ns && row->hist.max_ns == all->hist.max_ns)
			return (int)i;
	}
	return 0;
}

struct json_object *why_json_latency(const struct why_snapshot *s, u32 kind, int cpu)
{
	const struct why_figures *row =
		cpu < 0 ? &s->merged[kind] : why_snapshot_row(s, (u32)cpu, kind);
	struct json_object *o = json_object_new_object(), *open;

	json_object_object_add(o, "kind", json_object_new_string(why_kind_names[kind]));
	json_object_object_add(o, "key", NULL);
	json_object_object_add(o, "cpu", cpu < 0 ? NULL : json_object_new_int(cpu));
	json_object_object_add(o, "exactness", json_object_new_string("exact"));
	why_json_figures(o, &row->hist);
	if (kind < WHY_KIND_NR_WAITS)
		add_causes(o, s, row);
	if (kind < WHY_KIND_NR_WAITS && cpu < 0) {
		open = json_object_new_object();
		json_object_object_add(open, "count", why_json_u64(s->open[kind].count));
		json_object_object_add(open, "oldest_ns", why_json_u64(s->open[kind].oldest_ns));
		json_object_object_add(open, "oldest_is_lower_bound",
				       json_object_new_boolean(s->open[kind].is_lower_bound));
		json_object_object_add(open, "since_before",
				       why_json_u64(s->open[kind].since_before));
		json_object_object_add(open, "unconfirmed",
				       why_json_u64(s->open[kind].unconfirmed));
		json_object_object_add(o, "open", open);
	}
	json_object_object_add(o, "worst", worst_of(row, cpu < 0 ? worst_cpu(s, kind) : cpu));
	return o;
}
