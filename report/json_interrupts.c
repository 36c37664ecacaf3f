// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts in the JSON document: rows with keys, lines and vectors, storms, counts. */
#include "report/json.h"

#include "lib/names.h"
#include "report/report.h"

#include <stdlib.h>

static struct json_object *key_of(u32 kind, u64 id, int irq, const char *name)
{
	struct json_object *o = json_object_new_object();
	char address[24];

	if (kind == WHY_KIND_HANDLER || kind == WHY_KIND_THREAD) {
		json_object_object_add(o, "irq", json_object_new_int(irq));
		json_object_object_add(o, "name", why_json_name(name));
	} else if (kind == WHY_KIND_SOFTIRQ_WAIT || kind == WHY_KIND_SOFTIRQ_RUN) {
		json_object_object_add(o, "softirq", why_json_name(name));
	} else if (kind == WHY_KIND_IPI || kind == WHY_KIND_VECTOR) {
		json_object_object_add(o, "vector", why_json_name(name));
	} else if (kind == WHY_KIND_TIMER) {
		json_object_object_add(o, "timer", why_json_name(name));
	} else {
		json_object_object_add(o, "function", why_json_name(name));
		snprintf(address, sizeof(address), "0x%llx", why_function_address(id));
		json_object_object_add(o, "address", json_object_new_string(address));
	}
	return o;
}

static struct json_object *worst_of(const struct why_keyed_row *r)
{
	struct json_object *o;

	if (!r->hist.count)
		return NULL;
	o = json_object_new_object();
	json_object_object_add(o, "at_ns", why_json_u64(r->worst_at_ns));
	json_object_object_add(o, "ns", why_json_u64(r->hist.max_ns));
	json_object_object_add(o, "cpu", json_object_new_int(r->worst_cpu));
	if (r->kind == WHY_KIND_IPI)
		json_object_object_add(o, "sender_cpu", why_json_u64(r->worst_who));
	return o;
}

static void add_parts(struct json_object *o, const struct why_keyed_row *r)
{
	if (r->kind == WHY_KIND_HANDLER)
		json_object_object_add(o, "unhandled", why_json_u64(r->nr_unhandled));
	if (r->kind == WHY_KIND_SOFTIRQ_RUN)
		json_object_object_add(o, "net_ns", why_json_u64(r->part_ns[0]));
	if (r->kind != WHY_KIND_THREAD)
		return;
	json_object_object_add(o, "wake_ns", why_json_u64(r->part_ns[0]));
	json_object_object_add(o, "run_ns", why_json_u64(r->part_ns[1]));
}

struct json_object *why_json_no_key(u32 kind)
{
	const struct why_keyed_row none = { .kind = kind, .cpu = -1, .id = WHY_ALL_IDS };

	return why_json_keyed(&none);
}

struct json_object *why_json_keyed(const struct why_keyed_row *r)
{
	struct json_object *o = json_object_new_object();
	bool is_whole = r->id == WHY_ALL_IDS;

	json_object_object_add(o, "kind", json_object_new_string(why_kind_names[r->kind]));
	json_object_object_add(o, "key",
			       is_whole ? NULL : key_of(r->kind, r->id, r->irq, r->name));
	json_object_object_add(o, "cpu", r->cpu < 0 ? NULL : json_object_new_int(r->cpu));
	json_object_object_add(o, "exactness", json_object_new_string("exact"));
	why_json_figures(o, &r->hist);
	add_parts(o, r);
	json_object_object_add(o, "worst", worst_of(r));
	return o;
}

struct json_object *why_json_source(const struct why_snapshot *s, u32 source)
{
	struct json_object *o = json_object_new_object();
	const struct why_line_facts *line;
	u32 irq;

	if (source >= WHY_SOURCE_SOFTIRQ) {
		json_object_object_add(o, "softirq", json_object_new_string(
			why_softirq_names[source - WHY_SOURCE_SOFTIRQ]));
	} else if (source >= WHY_SOURCE_VECTOR) {
		json_object_object_add(o, "vector", json_object_new_string(
			why_vector_names[source - WHY_SOURCE_VECTOR]));
	} else {
		irq = s->line_of_place[source] - 1;
		line = why_snapshot_line(s, irq);
		json_object_object_add(o, "irq", why_json_u64(irq));
		json_object_object_add(o, "name", why_json_name(line ? line->name : "?"));
	}
	return o;
}

struct json_object *why_json_storm(const struct why_snapshot *s, const struct why_storm *storm)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "key", why_json_source(s, storm->source));
	json_object_object_add(o, "cpu", why_json_u64(storm->cpu));
	json_object_object_add(o, "at_ns", why_json_u64(storm->begin_ns));
	json_object_object_add(o, "span_ns", why_json_u64(storm->span_ns));
	json_object_object_add(o, "count", why_json_u64(storm->count));
	json_object_object_add(o, "rate_max_per_s", why_json_u64(storm->rate_max_per_s));
	json_object_object_add(o, "busy_ns", why_json_u64(storm->busy_ns));
	json_object_object_add(o, "waits", why_json_u64(storm->waits));
	json_object_object_add(o, "waited_ns", why_json_u64(storm->waited_ns));
	return o;
}

static u32 source_of(const struct why_snapshot *s, const struct why_count *c)
{
	u32 i;

	if (c->of == WHY_COUNT_VECTOR)
		return WHY_SOURCE_VECTOR + c->id;
	if (c->of == WHY_COUNT_SOFTIRQ)
		return WHY_SOURCE_SOFTIRQ + c->id;
	for (i = 0; i < WHY_LINES && s->line_of_place[i] != c->id + 1; i++)
		;
	return i;
}

static void add_rates(struct json_object *o, const struct why_snapshot *s, u32 source)
{
	struct json_object *peaks = json_object_new_array();
	bool is_storm = false;
	u64 most = 0, rate;
	size_t i;

	for (i = 0; i < s->nr_cpus; i++) {
		rate = s->peaks[i * WHY_SOURCE_NR + source].rate_per_s;
		json_object_array_add(peaks, why_json_u64(rate));
		most = rate > most ? rate : most;
	}
	for (i = 0; i < s->nr_storms; i++)
		is_storm |= s->storms[i].source == source;
	json_object_object_add(o, "rate_max_per_s", why_json_u64(most));
	json_object_object_add(o, "rate_max_per_cpu", peaks);
	json_object_object_add(o, "storm", json_object_new_boolean(is_storm));
}

/* The kernel counts both of its function-call vectors as one, and so do we. */
static bool is_counted_as(u32 kind, u64 id, u64 as)
{
	if ((kind == WHY_KIND_VECTOR || kind == WHY_KIND_IPI) &&
	    id == WHY_VECTOR_CALL_FUNCTION_SINGLE)
		id = WHY_VECTOR_CALL_FUNCTION;
	return id == as;
}

/* A kind's figures for one line (all its actions), vector or softirq. */
static struct json_object *figures_of(const struct why_snapshot *s, u32 kind, u64 id, int irq)
{
	struct json_object *o = json_object_new_object();
	struct why_dist *sum = calloc(1, sizeof(*sum));
	size_t i;

	for (i = 0; sum && i < s->nr_keyed; i++)
		if (s->keyed[i].kind == kind && s->keyed[i].cpu < 0 && s->keyed[i].name &&
		    (irq >= 0 ? s->keyed[i].irq == irq : is_counted_as(kind, s->keyed[i].id, id)))
			why_dist_merge(sum, &s->keyed[i].hist);
	if (sum)
		why_json_short_figures(o, sum);
	free(sum);
	return o;
}

static void add_line(struct json_object *o, const struct why_snapshot *s, u32 irq)
{
	const struct why_line_facts *line = why_snapshot_line(s, irq);

	json_object_object_add(o, "irq", why_json_u64(irq));
	json_object_object_add(o, "name", why_json_name(line ? line->name : "?"));
	json_object_object_add(o, "chip", line ? why_json_name(line->chip) : NULL);
	json_object_object_add(o, "affinity", line ? why_json_name(line->affinity) : NULL);
	json_object_object_add(o, "effective_affinity",
			       line ? why_json_name(line->effective) : NULL);
	json_object_object_add(o, "moves", why_json_u64(line ? line->nr_moves : 0));
	json_object_object_add(o, "handler", figures_of(s, WHY_KIND_HANDLER, 0, (int)irq));
	json_object_object_add(o, "thread", figures_of(s, WHY_KIND_THREAD, 0, (int)irq));
	why_json_null(o, "delivery", "when the device asserted its line is unknown");
}

/* What is no line has no number and no affinity. */
static void add_name(struct json_object *o, const char *what, const char *name)
{
	json_object_object_add(o, "irq", NULL);
	json_object_object_add(o, what, json_object_new_string(name));
	json_object_object_add(o, "name", json_object_new_string(name));
	why_json_null(o, "affinity", "no line: it comes to the CPU that it is for");
}

static void add_vector(struct json_object *o, const struct why_snapshot *s, u32 v)
{
	u32 delivery = v == WHY_VECTOR_LOCAL_TIMER ? WHY_KIND_TIMER : WHY_KIND_IPI;

	add_name(o, "vector", why_vector_names[v]);
	json_object_object_add(o, "handler", figures_of(s, WHY_KIND_VECTOR, v, -1));
	json_object_object_add(o, "delivery",
			       figures_of(s, delivery, delivery == WHY_KIND_TIMER ? 0 : v, -1));
}

static void add_softirq(struct json_object *o, const struct why_snapshot *s, u32 nr)
{
	add_name(o, "softirq", why_softirq_names[nr]);
	json_object_object_add(o, "wait", figures_of(s, WHY_KIND_SOFTIRQ_WAIT, nr, -1));
	json_object_object_add(o, "handler", figures_of(s, WHY_KIND_SOFTIRQ_RUN, nr, -1));
}

struct json_object *why_json_interrupt(const struct why_snapshot *s, const struct why_count *c)
{
	struct json_object *o = json_object_new_object(), *counts = json_object_new_array();
	u32 i;

	if (c->of == WHY_COUNT_LINE)
		add_line(o, s, c->id);
	else if (c->of == WHY_COUNT_VECTOR)
		add_vector(o, s, c->id);
	else
		add_softirq(o, s, c->id);
	for (i = 0; i < s->nr_cpus; i++)
		json_object_array_add(counts, why_json_u64(c->cpu[i].seen));
	json_object_object_add(o, "count", counts);
	if (source_of(s, c) < WHY_SOURCE_NR)
		add_rates(o, s, source_of(s, c));
	return o;
}

/* What a count is of, as a person writes it: "softirq NET_RX", "line 36", "vector reschedule". */
const char *why_count_name(struct why_buf *buf, const struct why_count *c)
{
	if (c->of == WHY_COUNT_LINE)
		snprintf(buf->text, sizeof(buf->text), "line %u", c->id);
	else if (c->of == WHY_COUNT_LINES)
		snprintf(buf->text, sizeof(buf->text), "all lines");
	else if (c->of == WHY_COUNT_SOFTIRQ)
		snprintf(buf->text, sizeof(buf->text), "softirq %s", why_softirq_names[c->id]);
	else if (c->id == WHY_VECTOR_CALL_FUNCTION)
		snprintf(buf->text, sizeof(buf->text), "vectors call_function, _single");
	else
		snprintf(buf->text, sizeof(buf->text), "vector %s", why_vector_names[c->id]);
	return buf->text;
}

static const char *source_name(enum why_count_of of)
{
	switch (of) {
	case WHY_COUNT_LINE:
		return "irq_desc.kstat_irqs (/proc/interrupts)";
	case WHY_COUNT_LINES:
		return "kstat.irqs_sum (/proc/stat)";
	case WHY_COUNT_VECTOR:
		return "irq_stat (/proc/interrupts)";
	default:
		return "kstat.softirqs (/proc/softirqs)";
	}
}

struct json_object *why_json_count(const struct why_count *c, int cpu)
{
	const struct why_count_cpu *n = cpu < 0 ? &c->sum : &c->cpu[cpu];
	struct json_object *o = json_object_new_object();
	struct why_buf what;

	json_object_object_add(o, "what", json_object_new_string(why_count_name(&what, c)));
	json_object_object_add(o, "source", json_object_new_string(source_name(c->of)));
	json_object_object_add(o, "cpu", cpu < 0 ? NULL : json_object_new_int(cpu));
	json_object_object_add(o, "kernel", n->has_kernel ? why_json_u64(n->kernel) : NULL);
	json_object_object_add(o, "whylate", why_json_u64(n->seen));
	json_object_object_add(o, "lost", why_json_u64(n->lost));
	json_object_object_add(o, "difference", n->has_kernel ?
			       json_object_new_int64((s64)(n->kernel - n->seen)) : NULL);
	if (!n->has_kernel)
		json_object_object_add(o, "why", json_object_new_string(
			c->why ? c->why : "the CPU was off at an edge"));
	return o;
}
