/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pieces of the JSON documents. Each returns a new json-c object (caller: json_object_put),
 * NULL without memory. Large lists are written element by element, so that a report of ten
 * thousand tasks never stands in memory whole.
 */
#ifndef WHY_REPORT_JSON_H
#define WHY_REPORT_JSON_H

#include "explain/moves.h"
#include "lib/snapshot.h"

#include <json-c/json.h>

struct json_object *why_json_u64(u64 n);
struct json_object *why_json_name(const char *raw);

/* Adds `name`: null and `name`_why: the reason; inside a single-valued object "why". */
void why_json_null(struct json_object *o, const char *name, const char *why);

struct json_object *why_json_latency(const struct why_snapshot *s, u32 kind, int cpu);
struct json_object *why_json_task(const struct why_snapshot *s, const struct why_task_row *t);
struct json_object *why_json_cpu(const struct why_snapshot *s, u32 id);
struct json_object *why_json_tick(const struct why_snapshot *s, const struct why_tick *t);
struct json_object *why_json_rates(const struct why_snapshot *s);

struct json_object *why_json_keyed(const struct why_keyed_row *r);
struct json_object *why_json_no_key(u32 kind);	/* the kind's merged row where none was seen */
/* Where interrupts come from (below WHY_SOURCE_NR), as a key. */
struct json_object *why_json_source(const struct why_snapshot *s, u32 source);
struct json_object *why_json_storm(const struct why_snapshot *s, const struct why_storm *storm);

/* A row of "interrupts": a line, a vector or a softirq. */
struct json_object *why_json_interrupt(const struct why_snapshot *s, const struct why_count *c);

/* A row of "reconciliation"; `cpu` < 0 is the sum. */
struct json_object *why_json_count(const struct why_count *c, int cpu);

/* A row of "spikes". */
struct json_object *why_json_moves(const struct why_snapshot *s, const struct why_moves *m,
				   const struct why_moves_of_kind *k);

/* Adds a row's figures to `o`: all of them, or those that "interrupts" has. */
void why_json_figures(struct json_object *o, const struct why_dist *h);
void why_json_short_figures(struct json_object *o, const struct why_dist *h);

/* A histogram's buckets as [low, high, count], empty ones left out. */
struct json_object *why_json_buckets(const struct why_dist *h);

#endif
