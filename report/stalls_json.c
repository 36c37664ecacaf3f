// SPDX-License-Identifier: GPL-2.0-only
/* Stalls as JSON: docs/json.md. Sections are written one by one. */
#include "report/json.h"
#include "report/stalls.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

static void put(FILE *out, const char *before, struct json_object *o)
{
	fprintf(out, "%s%s", before, json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

static struct json_object *head(const struct why_stalls *s, const char *version)
{
	struct json_object *o = json_object_new_object();
	struct utsname u;

	if (uname(&u))
		memset(&u, 0, sizeof(u));
	json_object_object_add(o, "version", json_object_new_string(version));
	json_object_object_add(o, "schema", json_object_new_int(1));
	json_object_object_add(o, "collector", json_object_new_string(s->collector));
	json_object_object_add(o, "kernel", why_json_name(u.release));
	json_object_object_add(o, "hostname", why_json_name(u.nodename));
	json_object_object_add(o, "cpus", json_object_new_int((int)s->nr_cpus));
	json_object_object_add(o, "clock", json_object_new_string("CLOCK_MONOTONIC"));
	json_object_object_add(o, "start_ns", why_json_u64(s->begin_ns));
	json_object_object_add(o, "duration_ns", why_json_u64(s->end_ns - s->begin_ns));
	return o;
}

static struct json_object *section(const struct why_stalls *s, const struct why_stall_section *x)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "kind",
			       json_object_new_string(why_stall_kind_names[x->stall.kind]));
	json_object_object_add(o, "end_ns", why_json_u64(x->stall.end_ns));
	json_object_object_add(o, "cpu", why_json_u64(x->cpu));
	json_object_object_add(o, "least_ns", why_json_u64(x->stall.least_ns));
	json_object_object_add(o, "most_ns", why_json_u64(x->stall.most_ns));
	json_object_object_add(o, "steal_ns", why_json_u64(x->stall.stolen_ns));
	json_object_object_add(o, "pid", why_json_u64(x->pid));
	json_object_object_add(o, "comm", why_json_name(x->comm));
	if (s->nr_groups)
		json_object_object_add(o, "stall", why_json_u64(x->group));
	return o;
}

static struct json_object *group(const struct why_stalls *s, const struct why_stall_group *g)
{
	const struct why_stall_section *w = &s->sections[g->worst];
	struct json_object *o = json_object_new_object(), *stack = json_object_new_array();
	u32 i;

	json_object_object_add(o, "kind", json_object_new_string(why_stall_kind_names[g->kind]));
	json_object_object_add(o, "exactness",
			       json_object_new_string(g->is_exact ? "exact" : "observed"));
	json_object_object_add(o, "count", why_json_u64(g->count));
	json_object_object_add(o, "max_ns", why_json_u64(w->stall.least_ns));
	json_object_object_add(o, "max_most_ns", why_json_u64(w->stall.most_ns));
	json_object_object_add(o, "total_ns", why_json_u64(g->least_ns));
	json_object_object_add(o, "total_most_ns", why_json_u64(g->most_ns));
	for (i = 0; i < g->nr_names; i++)
		json_object_array_add(stack, why_json_name(g->names[i]));
	json_object_object_add(o, "stack", stack);
	json_object_object_add(o, "worst", section(s, w));
	return o;
}

static struct json_object *losses(const struct why_stalls *s)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "ring_overrun", why_json_u64(s->tally.nr_lost));
	json_object_object_add(o, "left_out", why_json_u64(s->nr_left_out));
	json_object_object_add(o, "unplaced", why_json_u64(s->tally.nr_unplaced));
	json_object_object_add(o, "stolen", why_json_u64(s->tally.nr_stolen));
	json_object_object_add(o, "in_user_mode", why_json_u64(s->nr_in_user));
	json_object_object_add(o, "stackless", why_json_u64(s->nr_stackless));
	return o;
}

static struct json_object *trust(const struct why_stalls *s)
{
	struct json_object *o = json_object_new_object();
	double is_false = why_stalls_false(s);

	json_object_object_add(o, "recall_all_ns", why_stalls_is_probed(s) ?
			       why_json_u64(s->over_ns + s->period_ns) : NULL);
	json_object_object_add(o, "precision", is_false >= 0 ?
			       json_object_new_double(1 - is_false) : NULL);
	if (!why_stalls_is_probed(s))
		json_object_object_add(o, "recall_why", json_object_new_string(
			s->period_ns ? "the probe was held back, or a CPU was off" : "no probe"));
	if (is_false < 0)
		json_object_object_add(o, "precision_why",
				       json_object_new_string("too little was due in user mode"));
	json_object_object_add(o, "due", why_json_u64(s->tally.nr_due));
	json_object_object_add(o, "due_in_user_mode", why_json_u64(s->tally.nr_user));
	json_object_object_add(o, "late_in_user_mode", why_json_u64(s->tally.nr_user_late));
	json_object_object_add(o, "timer_cpu_percent",
			       json_object_new_double(100 * s->timer_share_max));
	return o;
}

int why_stalls_json(FILE *out, const struct why_stalls *s, const char *version)
{
	struct json_object *o = json_object_new_object();
	size_t i;

	if (!o)
		return -ENOMEM;
	put(out, "{\"whylate\":", head(s, version));
	json_object_object_add(o, "over_ns", why_json_u64(s->over_ns));
	if (s->period_ns)
		json_object_object_add(o, "period_ns", why_json_u64(s->period_ns));
	else
		why_json_null(o, "period_ns", "no probe");
	json_object_object_add(o, "trust", trust(s));
	json_object_object_add(o, "losses", losses(s));
	put(out, ",\n\"how\":", o);
	fputs(",\n\"stalls\":[", out);
	for (i = 0; i < s->nr_groups; i++)
		put(out, i ? ",\n" : "\n", group(s, &s->groups[i]));
	fputs("],\n\"sections\":[", out);
	for (i = 0; i < s->nr_sections; i++)
		put(out, i ? ",\n" : "\n", section(s, &s->sections[i]));
	if (!s->has_preempt)
		fputs("],\n\"preemptoff\":null,\n\"preemptoff_why\":"
		      "\"no sched_set_need_resched_tp\"}\n", out);
	else
		fputs("]}\n", out);
	return 0;
}
