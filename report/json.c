// SPDX-License-Identifier: GPL-2.0-only
/* The profile's JSON document, written part by part: interfaces in docs/json.md. */
#include "report/json.h"

#include "lib/names.h"
#include "report/format.h"
#include "report/report.h"

#include <errno.h>
#include <string.h>

#ifndef WHY_VERSION
#define WHY_VERSION "unknown"
#endif

/* Writes and frees `o`. Returns 0 or -ENOMEM. */
static int put(FILE *out, const char *before, struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);

	fprintf(out, "%s%s", before, text ? text : "null");
	json_object_put(o);
	return text ? 0 : -ENOMEM;
}

static struct json_object *header(const struct why_snapshot *s)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "version", json_object_new_string(WHY_VERSION));
	json_object_object_add(o, "schema", json_object_new_int(1));
	json_object_object_add(o, "collector", json_object_new_string(s->collector));
	json_object_object_add(o, "kernel", why_json_name(s->kernel));
	json_object_object_add(o, "hostname", why_json_name(s->hostname));
	json_object_object_add(o, "cpus", why_json_u64(s->nr_seen_cpus));
	json_object_object_add(o, "clock", json_object_new_string("CLOCK_MONOTONIC"));
	json_object_object_add(o, "start_ns", why_json_u64(s->begin_ns));
	json_object_object_add(o, "duration_ns", why_json_u64(s->end_ns - s->begin_ns));
	return o;
}

static int put_latencies(FILE *out, const struct why_snapshot *s)
{
	const char *before = "";
	int rc = 0, cpu;
	size_t i;
	u32 kind;

	fputs(",\n\"latencies\":[", out);
	for (kind = 0; kind < WHY_KIND_NR_TASK; kind++) {
		if (!(s->kinds & 1U << kind))
			continue;
		for (cpu = -1; cpu < (int)s->nr_cpus; cpu++) {
			if (cpu >= 0 && !s->facts[cpu].is_seen)
				continue;
			rc |= put(out, before, why_json_latency(s, kind, cpu));
			before = ",\n";
		}
	}
	for (i = 0; i < s->nr_keyed; i++) {
		rc |= put(out, before, why_json_keyed(&s->keyed[i]));
		before = ",\n";
	}
	for (kind = WHY_KIND_NR_TASK; kind < WHY_KIND_NR; kind++) {
		if (!(s->kinds & 1U << kind) || why_snapshot_keyed(s, kind, WHY_ALL_IDS, -1))
			continue;
		rc |= put(out, before, why_json_no_key(kind));
		before = ",\n";
	}
	fputs("]", out);
	return rc;
}

static int put_tasks(FILE *out, const struct why_snapshot *s)
{
	size_t i;
	int rc = 0;

	fputs(",\n\"tasks\":[", out);
	for (i = 0; i < s->nr_tasks; i++)
		rc |= put(out, i ? ",\n" : "", why_json_task(s, &s->tasks[i]));
	fputs("]", out);
	return rc;
}

static struct json_object *occupant(const struct why_occupant *one)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "comm", why_json_name(one->comm));
	if (one->pid || one->is_idle)
		json_object_object_add(o, "pid", why_json_u64(one->pid));
	else
		why_json_null(o, "pid", "several tasks of this name, ended");
	json_object_object_add(o, "waits", why_json_u64(one->waits));
	json_object_object_add(o, "ns", why_json_u64(one->ns));
	return o;
}

static int put_occupants(FILE *out, const struct why_snapshot *s)
{
	size_t i;
	int rc = 0;

	fputs(",\n\"occupants\":[", out);
	for (i = 0; i < s->nr_occupants; i++)
		rc |= put(out, i ? ",\n" : "", occupant(&s->occupants[i]));
	fputs("]", out);
	return rc;
}

static int put_cpus(FILE *out, const struct why_snapshot *s)
{
	const char *before = "";
	int rc = 0;
	u32 i;

	fputs(",\n\"cpus\":[", out);
	for (i = 0; i < s->nr_cpus; i++) {
		if (!s->facts[i].is_seen)
			continue;
		rc |= put(out, before, why_json_cpu(s, i));
		before = ",\n";
	}
	fputs("]", out);
	return rc;
}

static int put_series(FILE *out, const struct why_snapshot *s)
{
	size_t i;
	int rc = 0;

	fputs(",\n\"series\":[", out);
	for (i = 0; i < s->nr_ticks; i++)
		rc |= put(out, i ? ",\n" : "", why_json_tick(s, &s->ticks[i]));
	fputs("]", out);
	return rc;
}

static int put_interrupts(FILE *out, const struct why_snapshot *s)
{
	const char *before = "";
	size_t i;
	int rc = 0;

	fputs(",\n\"interrupts\":[", out);
	for (i = 0; i < s->nr_counts; i++) {
		if (s->counts[i].of == WHY_COUNT_LINES)
			continue;
		rc |= put(out, before, why_json_interrupt(s, &s->counts[i]));
		before = ",\n";
	}
	fputs("],\n\"storms\":[", out);
	for (i = 0; i < s->nr_storms; i++)
		rc |= put(out, i ? ",\n" : "", why_json_storm(s, &s->storms[i]));
	fputs("]", out);
	return rc;
}

struct counts {
	bool is_known;
	u64 kernel;	/* without `offline` */
	u64 offline;
	u64 seen;
	u64 lost;
};

/* A row of "reconciliation"; `cpu` < 0 is the sum. */
static struct json_object *reconciled(int cpu, const struct counts *c)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "what", json_object_new_string("context switches"));
	json_object_object_add(o, "source", json_object_new_string("rq->nr_switches"));
	json_object_object_add(o, "cpu", cpu < 0 ? NULL : json_object_new_int(cpu));
	json_object_object_add(o, "kernel", c->is_known ? why_json_u64(c->kernel) : NULL);
	json_object_object_add(o, "while_offline", why_json_u64(c->offline));
	json_object_object_add(o, "whylate", why_json_u64(c->seen));
	json_object_object_add(o, "lost", why_json_u64(c->lost));
	json_object_object_add(o, "difference", c->is_known ?
			       json_object_new_int64((s64)(c->kernel - c->seen)) : NULL);
	if (!c->is_known)
		json_object_object_add(o, "why", json_object_new_string(
			"the kernel's count is out of reach"));
	return o;
}

static struct counts counts_of(const struct why_cpu *cpu)
{
	return (struct counts){
		.is_known = cpu->end_rq_switches != 0,
		.kernel = cpu->end_rq_switches - cpu->begin_rq_switches - cpu->offline_switches,
		.offline = cpu->offline_switches,
		.seen = cpu->nr_switches,
		.lost = cpu->lost[WHY_LOSS_UNSEEN_CONTEXT],
	};
}

static int put_reconciliation(FILE *out, const struct why_snapshot *s)
{
	struct counts all = { .is_known = true }, one;
	int rc = 0, cpu;
	size_t k;
	u32 i;

	fputs(",\n\"reconciliation\":[", out);
	for (i = 0; i < s->nr_cpus; i++) {
		if (!s->facts[i].is_seen)
			continue;
		one = counts_of(&s->cpus[i]);
		rc |= put(out, "", reconciled((int)i, &one));
		fputs(",\n", out);
		all.is_known &= one.is_known;
		all.kernel += one.kernel;
		all.offline += one.offline;
		all.seen += one.seen;
		all.lost += one.lost;
	}
	rc |= put(out, "", reconciled(-1, &all));
	for (k = 0; k < s->nr_counts; k++) {
		for (cpu = -1; cpu < (int)s->nr_cpus; cpu++) {
			if (cpu >= 0 && !s->facts[cpu].is_seen)
				continue;
			fputs(",\n", out);
			rc |= put(out, "", why_json_count(&s->counts[k], cpu));
		}
	}
	fputs("]", out);
	return rc;
}

static struct json_object *losses(const struct why_snapshot *s)
{
	struct json_object *o = json_object_new_object();
	u32 i;

	for (i = 0; i < WHY_LOSS_NR; i++)
		json_object_object_add(o, why_loss_names[i], why_json_u64(s->lost[i]));
	json_object_object_add(o, "recursion_misses", why_json_u64(s->recursion_misses));
	return o;
}

static struct json_object *overhead(const struct why_overhead *o)
{
	struct json_object *j = json_object_new_object();

	json_object_object_add(j, "events", why_json_u64(o->events));
	json_object_object_add(j, "ns_per_event",
			       o->is_known ? json_object_new_double(o->ns_per_event) : NULL);
	json_object_object_add(j, "cpu_percent",
			       o->is_known ? json_object_new_double(o->cpu_percent) : NULL);
	json_object_object_add(j, "sampled_events", why_json_u64(o->sampled_events));
	if (!o->is_known)
		json_object_object_add(j, "why", json_object_new_string(
			"the measurement was too short to sample, or the kernel refused"));
	return j;
}

static struct json_object *recording(const struct why_recording_facts *f)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "events", why_json_u64(f->events));
	json_object_object_add(o, "bytes", why_json_u64(f->bytes));
	json_object_object_add(o, "lost", why_json_u64(f->lost));
	json_object_object_add(o, "complete", json_object_new_boolean(f->is_complete));
	json_object_object_add(o, "damaged", why_json_u64(f->damaged));
	json_object_object_add(o, "damage", f->damage[0] ? why_json_name(f->damage) : NULL);
	json_object_object_add(o, "analysis_ns", why_json_u64(f->analysis_ns));
	return o;
}

static int put_moves(FILE *out, const struct why_snapshot *s, const struct why_moves *m)
{
	size_t i;
	int rc = 0;

	fputs(",\n\"spikes\":[", out);
	for (i = 0; i < m->nr_kinds; i++)
		rc |= put(out, i ? ",\n" : "", why_json_moves(s, m, &m->kinds[i]));
	fputs("]", out);
	return rc;
}

int why_report_json(FILE *out, const struct why_snapshot *s, const struct why_moves *m)
{
	int rc = put(out, "{\"whylate\":", header(s));

	rc |= put_latencies(out, s);
	rc |= put_tasks(out, s);
	rc |= put(out, ",\n\"switch_frequency\":", why_json_rates(s));
	rc |= put_cpus(out, s);
	rc |= put_series(out, s);
	rc |= put_moves(out, s, m);
	rc |= put_interrupts(out, s);
	rc |= put_occupants(out, s);
	rc |= put_reconciliation(out, s);
	rc |= put(out, ",\n\"losses\":", losses(s));
	rc |= put(out, ",\n\"missed_in\":", why_json_name(s->missed_in));
	rc |= put(out, ",\n\"overhead\":", overhead(&s->overhead));
	if (s->recording.is_set)
		rc |= put(out, ",\n\"recording\":", recording(&s->recording));
	fputs("}\n", out);
	return rc ? -ENOMEM : 0;
}
