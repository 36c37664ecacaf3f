// SPDX-License-Identifier: GPL-2.0-only
/* What moved with the worst seconds, as text and as JSON. */
#include "report/json.h"
#include "report/report.h"

#include "lib/names.h"

static const char *value_text(struct why_buf *b, enum why_move_unit unit, double v)
{
	if (unit == WHY_MOVE_SHARE)
		snprintf(b->text, sizeof(b->text), "%.1f %%", v * 100);
	else
		snprintf(b->text, sizeof(b->text), "%.4g/s", v);
	return b->text;
}

static void print_worst(FILE *out, const struct why_snapshot *s, const struct why_moves *m,
			const struct why_spike_finding *f)
{
	size_t i;

	for (i = 0; i < f->nr_worst; i++)
		fprintf(out, "%s+%.0f s", i ? ", " : "",
			(double)(s->ticks[m->tick[f->worst[i]]].at_ns - s->begin_ns) / 1e9);
}

static void print_kind(FILE *out, const struct why_snapshot *s, const struct why_moves *m,
		       const struct why_moves_of_kind *k)
{
	const struct why_spike_finding *f = &k->finding;
	struct why_buf in_worst, typical;
	char name[120];
	size_t i;

	fprintf(out, "  %s was worst in the seconds from ", why_kind_names[k->kind]);
	print_worst(out, s, m, f);
	fprintf(out, "; with it moved, over %zu seconds:\n", f->n);
	for (i = 0; i < f->nr_movers; i++) {
		const struct why_mover *v = &f->movers[i];
		const struct why_move_line *line = &m->lines[v->line];

		why_format_name(name, sizeof(name), line->name);
		fprintf(out, "    %-36s rho %+.2f, p %.2g, n %zu; %s then, %s else\n", name,
			v->rho, v->p, v->n, value_text(&in_worst, line->unit, v->in_worst),
			value_text(&typical, line->unit, v->typical));
	}
}

void why_text_moves(FILE *out, const struct why_snapshot *s, const struct why_moves *m)
{
	bool has_head = false;
	size_t i;

	for (i = 0; i < m->nr_kinds; i++) {
		if (!m->kinds[i].finding.nr_movers)
			continue;
		if (!has_head)
			fprintf(out, "\nWHAT MOVED WITH THE WORST SECONDS (Spearman's rho; moving "
				"together is no cause)\n");
		has_head = true;
		print_kind(out, s, m, &m->kinds[i]);
	}
}

static struct json_object *mover(const struct why_moves *m, const struct why_mover *v)
{
	const struct why_move_line *line = &m->lines[v->line];
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "what", why_json_name(line->name));
	json_object_object_add(o, "unit", json_object_new_string(
		line->unit == WHY_MOVE_SHARE ? "share of a CPU" : "per second"));
	json_object_object_add(o, "rho", json_object_new_double(v->rho));
	json_object_object_add(o, "p", json_object_new_double(v->p));
	json_object_object_add(o, "seconds", why_json_u64(v->n));
	json_object_object_add(o, "typical", json_object_new_double(v->typical));
	if (v->in_worst == v->in_worst)
		json_object_object_add(o, "in_worst", json_object_new_double(v->in_worst));
	else
		why_json_null(o, "in_worst", "unknown in all of the worst seconds");
	return o;
}

struct json_object *why_json_moves(const struct why_snapshot *s, const struct why_moves *m,
				   const struct why_moves_of_kind *k)
{
	const struct why_spike_finding *f = &k->finding;
	struct json_object *o = json_object_new_object(), *worst = json_object_new_array(),
			   *movers = json_object_new_array();
	size_t i;

	json_object_object_add(o, "kind", json_object_new_string(why_kind_names[k->kind]));
	json_object_object_add(o, "seconds", why_json_u64(f->n));
	for (i = 0; i < f->nr_worst; i++)
		json_object_array_add(worst,
				      why_json_u64(s->ticks[m->tick[f->worst[i]]].at_ns));
	json_object_object_add(o, "worst_at_ns", worst);
	for (i = 0; i < f->nr_movers; i++)
		json_object_array_add(movers, mover(m, &f->movers[i]));
	json_object_object_add(o, "moved_with", movers);
	if (f->why_none)
		json_object_object_add(o, "why", json_object_new_string(f->why_none));
	return o;
}
