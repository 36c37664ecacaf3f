// SPDX-License-Identifier: GPL-2.0-only
/* Texts about what no event tells: once a second, and at the end. See texts.h. */
#include "lib/texts.h"

#include "lib/counts.h"
#include "lib/json.h"
#include "lib/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct json_object *line(const struct why_line_facts *f)
{
	struct json_object *a = json_object_new_array();

	why_json_add(a, f->irq);
	why_json_add_bytes(a, f->name, strlen(f->name));
	why_json_add_bytes(a, f->chip, strlen(f->chip));
	why_json_add_bytes(a, f->affinity, strlen(f->affinity));
	why_json_add_bytes(a, f->effective, strlen(f->effective));
	why_json_add(a, f->nr_moves);
	return a;
}

static void read_line(struct json_object *a, struct why_snapshot *into)
{
	u32 irq = (u32)why_json_at(a, 0);
	struct why_line_facts *f = NULL;
	size_t i;

	for (i = 0; i < into->nr_lines; i++)
		if (into->lines[i].irq == irq)
			f = &into->lines[i];
	if (!f)
		f = why_snapshot_add_line(into);
	if (!f)
		return;
	f->irq = irq;
	why_json_bytes_at(a, 1, f->name, sizeof(f->name) - 1);
	why_json_bytes_at(a, 2, f->chip, sizeof(f->chip) - 1);
	why_json_bytes_at(a, 3, f->affinity, sizeof(f->affinity) - 1);
	why_json_bytes_at(a, 4, f->effective, sizeof(f->effective) - 1);
	f->nr_moves = why_json_at(a, 5);
}

char *why_tick_text(u64 at_ns, const struct why_pressure *p, const struct why_snapshot *lines)
{
	struct json_object *o = json_object_new_object(), *a = json_object_new_array();
	size_t i;

	why_json_put(o, "at_ns", at_ns);
	if (p->has_psi)
		why_json_put(o, "psi_cpu_some_us", p->psi_cpu_some_us);
	for (i = 0; i < p->nr_cpus; i++)
		json_object_array_add(a, p->has_steal[i] ?
						 json_object_new_int64((s64)p->steal_ns[i]) : NULL);
	json_object_object_add(o, "steal_ns", a);
	a = json_object_new_array();
	for (i = 0; i < lines->nr_lines; i++)
		json_object_array_add(a, line(&lines->lines[i]));
	json_object_object_add(o, "lines", a);
	return why_json_finish(o);
}

int why_tick_read(const char *text, u64 *ret_at_ns, struct why_pressure *ret,
		  struct why_snapshot *into)
{
	struct json_object *o = why_json_parse(text), *a, *psi;
	size_t i;

	if (!o)
		return -EBADMSG;
	*ret_at_ns = why_json_get(o, "at_ns");
	ret->has_psi = json_object_object_get_ex(o, "psi_cpu_some_us", &psi);
	ret->psi_cpu_some_us = why_json_get(o, "psi_cpu_some_us");
	a = json_object_object_get(o, "steal_ns");
	for (i = 0; i < ret->nr_cpus; i++) {
		ret->has_steal[i] = i < why_json_length(a) && why_json_item(a, i);
		ret->steal_ns[i] = why_json_at(a, i);
	}
	a = json_object_object_get(o, "lines");
	for (i = 0; i < why_json_length(a) && i < WHY_LINES; i++)
		read_line(why_json_item(a, i), into);
	json_object_put(o);
	return 0;
}

/* [what, number, why | null, [[has, kernel, lost] of each CPU]] */
static struct json_object *count(const struct why_count *c, u32 nr_cpus)
{
	struct json_object *a = json_object_new_array(), *cpus = json_object_new_array(), *one;
	u32 i;

	why_json_add(a, c->of);
	why_json_add(a, c->id);
	json_object_array_add(a, c->why ? json_object_new_string(c->why) : NULL);
	for (i = 0; i < nr_cpus; i++) {
		one = json_object_new_array();
		why_json_add(one, c->cpu[i].has_kernel);
		why_json_add(one, c->cpu[i].kernel);
		why_json_add(one, c->cpu[i].lost);
		json_object_array_add(cpus, one);
	}
	json_object_array_add(a, cpus);
	return a;
}

static void put_losses(struct json_object *o, const struct why_snapshot *s)
{
	struct json_object *losses = json_object_new_object();
	u32 i;

	for (i = 0; i < WHY_LOSS_NR; i++)
		why_json_put(losses, why_loss_names[i], s->lost[i]);
	why_json_put(losses, "recursion_misses", s->recursion_misses);
	why_json_put_text(losses, "missed_in", s->missed_in);
	json_object_object_add(o, "losses", losses);
}

/* The names of functions that rows are about, by the low bits of their address. */
static void put_functions(struct json_object *o, const struct why_snapshot *s)
{
	struct json_object *all = json_object_new_array(), *pair;
	size_t i;
	u64 last = WHY_ALL_IDS;

	for (i = 0; i < s->nr_keyed; i++) {
		const struct why_keyed_row *r = &s->keyed[i];

		if ((r->kind != WHY_KIND_WORK_WAIT && r->kind != WHY_KIND_WORK_RUN) || !r->name ||
		    r->id == WHY_ALL_IDS || r->id == last)
			continue;
		last = r->id;
		pair = json_object_new_array();
		why_json_add(pair, r->id);
		why_json_add_bytes(pair, r->name, strlen(r->name));
		json_object_array_add(all, pair);
	}
	json_object_object_add(o, "functions", all);
}

char *why_counts_text(const struct why_snapshot *s, size_t from)
{
	struct json_object *o = json_object_new_object(), *a = json_object_new_array();
	size_t i;

	for (i = from; i < s->nr_counts && i < from + WHY_TEXT_COUNTS; i++)
		json_object_array_add(a, count(&s->counts[i], s->nr_cpus));
	json_object_object_add(o, "counts", a);
	return why_json_finish(o);
}

static void put_cost(struct json_object *o, const struct why_overhead *cost)
{
	why_json_put(o, "events", cost->events);
	if (!cost->is_known)
		return;
	why_json_put(o, "sampled_events", cost->sampled_events);
	json_object_object_add(o, "ns_per_event", json_object_new_double(cost->ns_per_event));
	json_object_object_add(o, "cpu_percent", json_object_new_double(cost->cpu_percent));
}

char *why_final_text(const struct why_snapshot *s, bool is_whole)
{
	struct json_object *o = json_object_new_object(), *a = json_object_new_array();
	size_t i;

	why_json_put(o, "end_ns", s->end_ns);
	put_functions(o, s);
	for (i = 0; i < s->nr_lines; i++)
		json_object_array_add(a, line(&s->lines[i]));
	json_object_object_add(o, "lines", a);
	if (is_whole) {
		put_losses(o, s);
		put_cost(o, &s->overhead);
	}
	return why_json_finish(o);
}

static void read_count(struct json_object *a, struct why_snapshot *into)
{
	struct json_object *cpus = why_json_item(a, 3), *one, *why;
	struct why_count *c = NULL;
	size_t i;

	for (i = 0; i < into->nr_counts; i++)
		if (into->counts[i].of == why_json_at(a, 0) &&
		    into->counts[i].id == why_json_at(a, 1))
			c = &into->counts[i];
	if (!c)
		return;
	why = why_json_item(a, 2);
	c->why = why ? why_counts_reason(json_object_get_string(why)) : NULL;
	for (i = 0; i < into->nr_cpus && i < why_json_length(cpus); i++) {
		one = why_json_item(cpus, i);
		c->cpu[i].has_kernel = why_json_at(one, 0) != 0;
		c->cpu[i].kernel = why_json_at(one, 1);
		c->cpu[i].lost = why_json_at(one, 2);
	}
}

static void read_function(struct json_object *pair, struct why_snapshot *into)
{
	char name[256] = { 0 }, *copy;
	size_t i;

	why_json_bytes_at(pair, 1, name, sizeof(name) - 1);
	for (i = 0; i < into->nr_keyed; i++) {
		struct why_keyed_row *r = &into->keyed[i];

		if ((r->kind != WHY_KIND_WORK_WAIT && r->kind != WHY_KIND_WORK_RUN) ||
		    r->id != why_json_at(pair, 0))
			continue;
		copy = strdup(name);
		if (!copy)
			return;
		free(r->name);
		r->name = copy;
	}
}

/* What the kernel's side lost; where the file lost more, a replay has found more. */
static void read_losses(struct json_object *losses, struct why_snapshot *into)
{
	u64 n;
	u32 i;

	for (i = 0; i < WHY_LOSS_NR; i++) {
		n = why_json_get(losses, why_loss_names[i]);
		into->lost[i] = n > into->lost[i] ? n : into->lost[i];
	}
	into->recursion_misses = why_json_get(losses, "recursion_misses");
	why_json_get_text(losses, "missed_in", into->missed_in, sizeof(into->missed_in));
}

static void read_whole(struct json_object *o, struct why_snapshot *into)
{
	struct json_object *a = json_object_object_get(o, "counts");
	struct json_object *losses = json_object_object_get(o, "losses");
	size_t i;

	for (i = 0; i < why_json_length(a); i++)
		read_count(why_json_item(a, i), into);
	if (!losses)
		return;
	read_losses(losses, into);
	into->overhead.events = why_json_get(o, "events");
	into->overhead.sampled_events = why_json_get(o, "sampled_events");
	into->overhead.is_known = into->overhead.sampled_events != 0;
	into->overhead.ns_per_event =
		json_object_get_double(json_object_object_get(o, "ns_per_event"));
	into->overhead.cpu_percent =
		json_object_get_double(json_object_object_get(o, "cpu_percent"));
}

static void read_lines(struct json_object *counts, struct why_tables *tables)
{
	struct json_object *a;
	struct why_line *line;
	size_t i;
	u32 irq;

	for (i = 0; i < why_json_length(counts); i++) {
		a = why_json_item(counts, i);
		irq = (u32)why_json_at(a, 1);
		line = &tables->lines[irq % WHY_LINES];
		if (why_json_at(a, 0) == WHY_COUNT_LINE && !line->id)
			line->id = irq + 1;
	}
}

int why_final_end(const char *text, u64 *ret_end_ns, struct why_tables *tables,
		  int (*take)(void *arg, const struct why_task_record *r), void *arg,
		  struct why_cgroup_map *cgroups)
{
	struct json_object *o = why_json_parse(text);
	int rc = o ? why_texts_read_tasks(o, take, arg, cgroups) : -EBADMSG;

	*ret_end_ns = o ? why_json_get(o, "end_ns") : 0;
	read_lines(o ? json_object_object_get(o, "counts") : NULL, tables);
	json_object_put(o);
	return rc;
}

int why_final_read(const char *text, struct why_snapshot *into, bool is_whole)
{
	struct json_object *o = why_json_parse(text), *a;
	size_t i;

	if (!o)
		return -EBADMSG;
	a = json_object_object_get(o, "functions");
	for (i = 0; i < why_json_length(a); i++)
		read_function(why_json_item(a, i), into);
	a = json_object_object_get(o, "lines");
	for (i = 0; i < why_json_length(a) && i < WHY_LINES; i++)
		read_line(why_json_item(a, i), into);
	if (is_whole)
		read_whole(o, into);
	json_object_put(o);
	return 0;
}
