// SPDX-License-Identifier: GPL-2.0-only
/* Device lines one by one: chip, share of each CPU, each action's handler and thread. */
#include "report/report.h"

#include "lib/names.h"

#include <stdlib.h>

static void print_shares(FILE *out, const struct why_snapshot *s, u32 irq)
{
	u64 *ns = calloc(s->nr_cpus, sizeof(*ns));
	const struct why_keyed_row *r;
	struct why_buf b;
	u32 i;

	for (r = s->keyed; ns && r < s->keyed + s->nr_keyed; r++)
		if (r->kind == WHY_KIND_HANDLER && r->name && r->irq == (int)irq && r->cpu >= 0)
			ns[r->cpu] += r->hist.sum_ns;
	for (i = 0; ns && i < s->nr_cpus; i++)
		if (ns[i])
			fprintf(out, " · %s of CPU %u",
				why_format_share(&b, ns[i], s->end_ns - s->begin_ns), i);
	free(ns);
}

static void print_dist(FILE *out, const char *what, const struct why_dist *h)
{
	struct why_buf b[4];

	fprintf(out, "    %-34s %8s  mean %s · p99 %s · max %s", what,
		why_format_count(&b[0], h->count), why_format_ns(&b[1], h->sum_ns / h->count),
		why_format_ns(&b[2], why_dist_quantile(h, 0.99)), why_format_ns(&b[3], h->max_ns));
}

static void print_action(FILE *out, const struct why_keyed_row *r)
{
	char what[64], name[64];
	struct why_buf b[2];

	snprintf(what, sizeof(what), "%s %s", r->kind == WHY_KIND_HANDLER ? "handler" : "thread",
		 why_format_name(name, 48, r->name));
	if (r->hist.count)
		print_dist(out, what, &r->hist);
	else
		fprintf(out, "    %-34s %8s", what, "0");
	if (r->kind == WHY_KIND_THREAD && r->hist.sum_ns)
		fprintf(out, " (%s waking, %s running)",
			why_format_share(&b[0], r->part_ns[0], r->hist.sum_ns),
			why_format_share(&b[1], r->part_ns[1], r->hist.sum_ns));
	if (r->nr_unhandled)
		fprintf(out, " · %s not its own", why_format_count(&b[0], r->nr_unhandled));
	fprintf(out, "\n");
}

static void print_line(FILE *out, const struct why_snapshot *s, const struct why_count *c)
{
	const struct why_line_facts *line = why_snapshot_line(s, c->id);
	const struct why_keyed_row *r;
	char chip[200];

	fprintf(out, "  line %u %s", c->id, line && line->chip[0] ?
		why_format_name(chip, sizeof(chip), line->chip) : "(chip not told)");
	print_shares(out, s, c->id);
	fprintf(out, "\n");
	for (r = s->keyed; r < s->keyed + s->nr_keyed; r++)
		if ((r->kind == WHY_KIND_HANDLER || r->kind == WHY_KIND_THREAD) && r->name &&
		    r->irq == (int)c->id && r->cpu < 0 && (r->hist.count || r->nr_unhandled))
			print_action(out, r);
}

void why_text_lines(FILE *out, const struct why_snapshot *s)
{
	size_t i;

	fprintf(out, "\nLINES\n");
	for (i = 0; i < s->nr_counts; i++)
		if (s->counts[i].of == WHY_COUNT_LINE && s->counts[i].sum.seen)
			print_line(out, s, &s->counts[i]);
}
