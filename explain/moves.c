// SPDX-License-Identifier: GPL-2.0-only
/* Series into findings: see moves.h. */
#include "explain/moves.h"

#include "lib/names.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST_NS 900000000ULL

/* The candidates' values beside their names, while they are looked at. */
struct work {
	const struct why_snapshot *s;
	struct why_moves *m;
	double *value;		/* [lines][nr_ticks] */
	size_t room;		/* lines */
};

static const struct why_tick *tick_at(const struct work *w, size_t i)
{
	return &w->s->ticks[w->m->tick[i]];
}

/* The next candidate's values, to be filled in. */
static double *add_line(struct work *w, enum why_move_unit unit, const char *name)
{
	struct why_move_line *line = &w->m->lines[w->m->nr_lines];

	line->unit = unit;
	snprintf(line->name, sizeof(line->name), "%s", name);
	return w->value + w->m->nr_lines++ * w->m->nr_ticks;
}

static double per_second(const struct why_tick *t, u64 n)
{
	return (double)n * 1e9 / (double)t->span_ns;
}

static void add_class(struct work *w, u32 cpu, u32 class_, const char *what)
{
	char name[96];
	double *v;
	size_t i;

	snprintf(name, sizeof(name), "%s time of CPU %u", what, cpu);
	v = add_line(w, WHY_MOVE_SHARE, name);
	for (i = 0; i < w->m->nr_ticks; i++)
		v[i] = per_second(tick_at(w, i),
				  tick_at(w, i)->class_ns[cpu * WHY_CLASS_NR + class_]) / 1e9;
}

static void add_pressure(struct work *w)
{
	double *psi = add_line(w, WHY_MOVE_SHARE, "CPU pressure (some)");
	double *steal = add_line(w, WHY_MOVE_SHARE, "stolen time");
	double *switches = add_line(w, WHY_MOVE_RATE, "context switches");
	const struct why_tick *t;
	size_t i;

	for (i = 0; i < w->m->nr_ticks; i++) {
		t = tick_at(w, i);
		psi[i] = t->has_psi ? per_second(t, t->psi_cpu_some_us) / 1e6 : NAN;
		steal[i] = t->has_steal ? per_second(t, t->steal_ns) / 1e9 : NAN;
		switches[i] = per_second(t, t->switches);
	}
}

static void name_source(const struct why_snapshot *s, u32 source, char *ret, size_t size)
{
	const struct why_line_facts *line;

	if (source >= WHY_SOURCE_SOFTIRQ)
		snprintf(ret, size, "softirq %s", why_softirq_names[source - WHY_SOURCE_SOFTIRQ]);
	else if (source == WHY_SOURCE_VECTOR + WHY_VECTOR_CALL_FUNCTION)
		snprintf(ret, size, "vector call_function*");
	else if (source >= WHY_SOURCE_VECTOR)
		snprintf(ret, size, "vector %s", why_vector_names[source - WHY_SOURCE_VECTOR]);
	else {
		line = why_snapshot_line(s, s->line_of_place[source] - 1);
		snprintf(ret, size, "line %u %.60s", s->line_of_place[source] - 1,
			 line ? line->name : "");
	}
}

static void add_source(struct work *w, u32 source)
{
	char name[96];
	u64 sum = 0;
	double *v;
	size_t i;

	for (i = 0; i < w->m->nr_ticks; i++)
		sum += why_tick_count(tick_at(w, i), source);
	if (!sum)
		return;
	name_source(w->s, source, name, sizeof(name));
	v = add_line(w, WHY_MOVE_RATE, name);
	for (i = 0; i < w->m->nr_ticks; i++)
		v[i] = per_second(tick_at(w, i), why_tick_count(tick_at(w, i), source));
}

static void add_candidates(struct work *w)
{
	u32 i;

	for (i = 0; i < w->s->nr_cpus; i++) {
		if (!w->s->facts[i].is_seen)
			continue;
		add_class(w, i, WHY_CLASS_TASK, "task");
		add_class(w, i, WHY_CLASS_HARDIRQ, "hardirq");
		add_class(w, i, WHY_CLASS_SOFTIRQ, "softirq");
	}
	add_pressure(w);
	for (i = 0; i < WHY_SOURCE_NR; i++)
		add_source(w, i);
}

/* A kind's longest of each second; a second without a sample is unknown. */
static int find_kind(struct work *w, u32 kind, const struct why_series_line *candidates,
		     double *target)
{
	struct why_series_line line = { .name = why_kind_names[kind], .value = target };
	struct why_moves_of_kind *k = &w->m->kinds[w->m->nr_kinds];
	bool is_seen = false;
	size_t i;

	for (i = 0; i < w->m->nr_ticks; i++) {
		is_seen |= tick_at(w, i)->count[kind] != 0;
		target[i] = tick_at(w, i)->count[kind] ? (double)tick_at(w, i)->max_ns[kind] : NAN;
	}
	if (!is_seen)
		return 0;
	k->kind = kind;
	w->m->nr_kinds++;
	return why_spikes_find(&line, candidates, w->m->nr_lines, w->m->nr_ticks, &k->finding);
}

static int find_all(struct work *w)
{
	struct why_series_line *candidates = calloc(w->room, sizeof(*candidates));
	double *target = calloc(w->m->nr_ticks + 1, sizeof(*target));
	int rc = candidates && target ? 0 : -ENOMEM;
	size_t i;
	u32 kind;

	if (!rc)
		add_candidates(w);
	for (i = 0; !rc && i < w->m->nr_lines; i++) {
		candidates[i].name = w->m->lines[i].name;
		candidates[i].value = w->value + i * w->m->nr_ticks;
	}
	for (kind = 0; !rc && kind < WHY_KIND_NR; kind++)
		if (w->s->kinds & 1U << kind)
			rc = find_kind(w, kind, candidates, target);
	free(candidates);
	free(target);
	return rc;
}

int why_moves_find(const struct why_snapshot *s, struct why_moves *ret)
{
	struct work w = { .s = s, .m = ret };
	size_t i;
	int rc;

	memset(ret, 0, sizeof(*ret));
	w.room = 3 * (size_t)s->nr_cpus + 3 + WHY_SOURCE_NR;
	ret->tick = calloc(s->nr_ticks + 1, sizeof(*ret->tick));
	ret->lines = calloc(w.room, sizeof(*ret->lines));
	ret->kinds = calloc(WHY_KIND_NR, sizeof(*ret->kinds));
	if (!ret->tick || !ret->lines || !ret->kinds)
		return -ENOMEM;
	for (i = 0; i < s->nr_ticks; i++)
		if (s->ticks[i].span_ns >= SHORTEST_NS)
			ret->tick[ret->nr_ticks++] = i;
	w.value = calloc(w.room * ret->nr_ticks + 1, sizeof(*w.value));
	rc = w.value ? find_all(&w) : -ENOMEM;
	free(w.value);
	return rc;
}

void why_moves_free(struct why_moves *m)
{
	size_t i;

	for (i = 0; i < m->nr_kinds; i++)
		why_spikes_free(&m->kinds[i].finding);
	free(m->tick);
	free(m->lines);
	free(m->kinds);
	memset(m, 0, sizeof(*m));
}
