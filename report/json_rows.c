// SPDX-License-Identifier: GPL-2.0-only
/* Rows of "tasks", "cpus", "series" and "switch_frequency". */
#include "report/json.h"

#include "lib/names.h"
#include "report/format.h"
#include "report/report.h"

#include <string.h>

static struct json_object *tally_object(const struct why_tally *t)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "count", why_json_u64(t->count));
	json_object_object_add(o, "sum_ns", why_json_u64(t->sum_ns));
	json_object_object_add(o, "min_ns", t->count ? why_json_u64(t->min_ns) : NULL);
	json_object_object_add(o, "mean_ns", t->count ? why_json_u64(t->sum_ns / t->count) : NULL);
	json_object_object_add(o, "max_ns", t->count ? why_json_u64(t->max_ns) : NULL);
	if (!t->count)
		json_object_object_add(o, "why", json_object_new_string("none seen"));
	return o;
}

static struct json_object *not_asked_for(void)
{
	struct json_object *o = json_object_new_object();
	static const char *const fields[] = { "count", "sum_ns", "min_ns", "mean_ns", "max_ns" };
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		json_object_object_add(o, fields[i], NULL);
	json_object_object_add(o, "why", json_object_new_string("not asked for"));
	return o;
}

static void add_identity(struct json_object *o, const struct why_task_row *t)
{
	json_object_object_add(o, "pid", why_json_u64(t->pid));
	json_object_object_add(o, "tgid", why_json_u64(t->tgid));
	json_object_object_add(o, "comm", why_json_name(t->comm));
	json_object_object_add(o, "cgroup", t->cgroup ? why_json_name(t->cgroup) : NULL);
	if (!t->cgroup)
		json_object_object_add(o, "cgroup_why", json_object_new_string(t->cgroup_why));
	json_object_object_add(o, "exited", json_object_new_boolean(t->is_exited));
	json_object_object_add(o, "merged", why_json_u64(t->merged));
}

struct json_object *why_json_task(const struct why_snapshot *s, const struct why_task_row *t)
{
	const struct why_task_stats *st = &t->stats;
	struct json_object *o = json_object_new_object();

	add_identity(o, t);
	json_object_object_add(o, "switches_voluntary", why_json_u64(st->nr_voluntary));
	json_object_object_add(o, "switches_involuntary", why_json_u64(st->nr_involuntary));
	json_object_object_add(o, "switches_per_s_max",
			       st->rate_max ? why_json_u64(st->rate_max) : NULL);
	if (!st->rate_max)
		json_object_object_add(o, "why", json_object_new_string(
			"no whole second of switching was seen"));
	json_object_object_add(o, "run_ns", why_json_u64(st->run_ns));
	json_object_object_add(o, "open_run_ns",
			       t->has_open_run ? why_json_u64(t->open_run_ns) : NULL);
	if (t->has_open_run)
		json_object_object_add(o, "open_run_is_lower_bound",
				       json_object_new_boolean(t->is_open_run_unknown));
	json_object_object_add(o, "wait_ns", why_json_u64(st->wakeup.sum_ns + st->preempted.sum_ns +
							  st->fresh.sum_ns));
	json_object_object_add(o, "wakeup", tally_object(&st->wakeup));
	json_object_object_add(o, "preempted", tally_object(&st->preempted));
	json_object_object_add(o, "new", tally_object(&st->fresh));
	json_object_object_add(o, "response", tally_object(&st->response));
	json_object_object_add(o, "relief", s->kinds & 1U << WHY_KIND_RELIEF ?
			       tally_object(&st->relief) : not_asked_for());
	json_object_object_add(o, "open_wait_ns",
			       t->has_open_wait ? why_json_u64(t->open_wait_ns) : NULL);
	if (t->has_open_wait)
		json_object_object_add(o, "open_wait_is_lower_bound",
				       json_object_new_boolean(t->is_open_unknown));
	json_object_object_add(o, "hardirq_ns", why_json_u64(t->stats.hardirq_ns));
	json_object_object_add(o, "softirq_ns", why_json_u64(t->stats.softirq_ns));
	json_object_object_add(o, "violations", json_object_new_int(0));
	return o;
}

struct json_object *why_json_cpu(const struct why_snapshot *s, u32 id)
{
	static const struct {
		const char *name;
		u32 class_;
	} fields[] = {
		{ "idle_ns", WHY_CLASS_IDLE },	       { "task_ns", WHY_CLASS_TASK },
		{ "hardirq_ns", WHY_CLASS_HARDIRQ },   { "softirq_ns", WHY_CLASS_SOFTIRQ },
		{ "offline_ns", WHY_CLASS_OFFLINE },   { "unseen_ns", WHY_CLASS_UNSEEN },
	};
	const struct why_cpu *cpu = &s->cpus[id];
	struct json_object *o = json_object_new_object();
	size_t i;

	json_object_object_add(o, "cpu", why_json_u64(id));
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		json_object_object_add(o, fields[i].name,
				       why_json_u64(cpu->account.ns[fields[i].class_]));
	json_object_object_add(o, "switch_ns", s->has_split_switch ?
			       why_json_u64(cpu->account.ns[WHY_CLASS_SWITCH]) : NULL);
	json_object_object_add(o, "nmi_ns", NULL);
	json_object_object_add(o, "steal_ns", s->facts[id].has_steal ?
			       why_json_u64(s->facts[id].steal_ns) : NULL);
	json_object_object_add(o, "sum_ns", why_json_u64(why_account_total(cpu)));
	json_object_object_add(o, "why", json_object_new_string(
		"nmi: not followed, in the class it hit; switch: within task unless split; "
		"steal: from /proc/stat, in steps of 10 ms, within the class it hit"));
	return o;
}

static struct json_object *tick_cpu(const struct why_snapshot *s, const struct why_tick *t,
				    u32 id)
{
	const u64 *ns = t->class_ns + id * WHY_CLASS_NR;
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "cpu", why_json_u64(id));
	json_object_object_add(o, "idle_ns", why_json_u64(ns[WHY_CLASS_IDLE]));
	json_object_object_add(o, "task_ns", why_json_u64(ns[WHY_CLASS_TASK]));
	json_object_object_add(o, "hardirq_ns", why_json_u64(ns[WHY_CLASS_HARDIRQ]));
	json_object_object_add(o, "softirq_ns", why_json_u64(ns[WHY_CLASS_SOFTIRQ]));
	if (s->has_split_switch)
		json_object_object_add(o, "switch_ns", why_json_u64(ns[WHY_CLASS_SWITCH]));
	else
		why_json_null(o, "switch_ns", "within task_ns without --split switch");
	json_object_object_add(o, "offline_ns", why_json_u64(ns[WHY_CLASS_OFFLINE]));
	json_object_object_add(o, "unseen_ns", why_json_u64(ns[WHY_CLASS_UNSEEN]));
	return o;
}

static struct json_object *tick_kind(const struct why_tick *t, u32 kind)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "kind", json_object_new_string(why_kind_names[kind]));
	json_object_object_add(o, "count", why_json_u64(t->count[kind]));
	json_object_object_add(o, "p99_ns", t->count[kind] ? why_json_u64(t->p99_ns[kind]) : NULL);
	json_object_object_add(o, "max_ns", t->count[kind] ? why_json_u64(t->max_ns[kind]) : NULL);
	if (!t->count[kind])
		json_object_object_add(o, "why", json_object_new_string("none seen"));
	return o;
}

/* Interrupts of the tick by source, those of which some came. */
static struct json_object *tick_interrupts(const struct why_snapshot *s, const struct why_tick *t)
{
	struct json_object *list = json_object_new_array(), *o;
	size_t i;

	for (i = 0; i < t->nr_sources; i++) {
		o = json_object_new_object();
		json_object_object_add(o, "key", why_json_source(s, t->sources[i].source));
		json_object_object_add(o, "count", why_json_u64(t->sources[i].count));
		json_object_array_add(list, o);
	}
	return list;
}

struct json_object *why_json_tick(const struct why_snapshot *s, const struct why_tick *t)
{
	struct json_object *o = json_object_new_object(), *kinds = json_object_new_array(),
			   *cpus = json_object_new_array(), *psi = json_object_new_object();
	u32 i;

	json_object_object_add(o, "at_ns", why_json_u64(t->at_ns));
	json_object_object_add(o, "span_ns", why_json_u64(t->span_ns));
	for (i = 0; i < WHY_KIND_NR; i++)
		if (s->kinds & 1U << i)
			json_object_array_add(kinds, tick_kind(t, i));
	json_object_object_add(o, "switches", why_json_u64(t->switches));
	json_object_object_add(o, "interrupts", tick_interrupts(s, t));
	for (i = 0; i < s->nr_cpus; i++)
		if (s->facts[i].is_seen)
			json_object_array_add(cpus, tick_cpu(s, t, i));
	json_object_object_add(o, "latencies", kinds);
	json_object_object_add(o, "cpus", cpus);
	if (t->has_psi)
		json_object_object_add(psi, "cpu_some_us", why_json_u64(t->psi_cpu_some_us));
	else
		why_json_null(psi, "cpu_some_us", "this kernel keeps no /proc/pressure/cpu");
	json_object_object_add(o, "psi", psi);
	if (t->has_steal)
		json_object_object_add(o, "steal_ns", why_json_u64(t->steal_ns));
	else
		why_json_null(o, "steal_ns", "/proc/stat could not be read");
	return o;
}

struct json_object *why_json_rates(const struct why_snapshot *s)
{
	return why_json_buckets(&s->rates);
}
