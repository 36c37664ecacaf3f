// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts for a person: lines, vectors and softirqs in one table, and storms. */
#include "report/report.h"

#include "lib/names.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 8, NAME_WIDTH = 30 };

/* One row of the table. */
struct row {
	const struct why_count *count;
	u32 source;		/* WHY_SOURCE_NR: no rates */
	struct why_dist run;	/* handler, vector or softirq */
	struct why_dist before;	/* delivery, or a softirq's wait */
	u64 *busy_ns;		/* [nr_cpus] */
};

static u32 source_of(const struct why_snapshot *s, const struct why_count *c)
{
	u32 i;

	if (c->of == WHY_COUNT_LINES)
		return WHY_SOURCE_NR;
	if (c->of == WHY_COUNT_VECTOR)
		return WHY_SOURCE_VECTOR + c->id;
	if (c->of == WHY_COUNT_SOFTIRQ)
		return WHY_SOURCE_SOFTIRQ + c->id;
	for (i = 0; i < WHY_LINES && s->line_of_place[i] != c->id + 1; i++)
		;
	return i < WHY_LINES ? i : WHY_SOURCE_NR;
}

/* Whether a keyed row belongs to what a count is of. */
static bool is_of(const struct why_count *c, const struct why_keyed_row *r)
{
	if (!r->name)
		return false;
	if (c->of == WHY_COUNT_LINE)
		return r->irq == (int)c->id;
	if (c->of == WHY_COUNT_VECTOR && c->id == WHY_VECTOR_CALL_FUNCTION &&
	    r->id == WHY_VECTOR_CALL_FUNCTION_SINGLE)
		return true;
	if (r->kind == WHY_KIND_TIMER)
		return c->id == WHY_VECTOR_LOCAL_TIMER;
	return r->id == c->id;
}

static const struct {
	u32 run, before, other_before;
} kinds_of[] = {
	[WHY_COUNT_LINE] = { WHY_KIND_HANDLER, WHY_KIND_NR, WHY_KIND_NR },
	[WHY_COUNT_VECTOR] = { WHY_KIND_VECTOR, WHY_KIND_IPI, WHY_KIND_TIMER },
	[WHY_COUNT_SOFTIRQ] = { WHY_KIND_SOFTIRQ_RUN, WHY_KIND_SOFTIRQ_WAIT, WHY_KIND_NR },
};

static void fill_row(const struct why_snapshot *s, struct row *row)
{
	const struct why_keyed_row *r;
	u32 of = row->count->of;

	row->source = source_of(s, row->count);
	for (r = s->keyed; r < s->keyed + s->nr_keyed; r++) {
		if (!is_of(row->count, r))
			continue;
		if (r->kind == kinds_of[of].run && r->cpu < 0)
			why_dist_merge(&row->run, &r->hist);
		else if (r->kind == kinds_of[of].run && row->busy_ns)
			row->busy_ns[r->cpu] += of == WHY_COUNT_SOFTIRQ ? r->part_ns[0] :
									  r->hist.sum_ns;
		else if (r->cpu < 0 && (r->kind == kinds_of[of].before ||
					r->kind == kinds_of[of].other_before))
			why_dist_merge(&row->before, &r->hist);
	}
}

const char *why_source_name(struct why_buf *buf, const struct why_snapshot *s, u32 source)
{
	const struct why_line_facts *line;
	char name[64];

	if (source >= WHY_SOURCE_SOFTIRQ) {
		snprintf(buf->text, sizeof(buf->text), "softirq %s",
			 why_softirq_names[source - WHY_SOURCE_SOFTIRQ]);
	} else if (source >= WHY_SOURCE_VECTOR) {
		snprintf(buf->text, sizeof(buf->text), "vector %s",
			 source == WHY_SOURCE_VECTOR + WHY_VECTOR_CALL_FUNCTION ?
				 "call_function*" :
				 why_vector_names[source - WHY_SOURCE_VECTOR]);
	} else {
		line = why_snapshot_line(s, s->line_of_place[source] - 1);
		snprintf(buf->text, sizeof(buf->text), "line %u %s", s->line_of_place[source] - 1,
			 why_format_name(name, sizeof(name), line ? line->name : ""));
	}
	return buf->text;
}

static bool has_columns(const struct why_snapshot *s)
{
	u32 i, nr = 0;

	for (i = 0; i < s->nr_cpus; i++)
		nr += s->facts[i].is_seen;
	return nr <= MOST_COLUMNS;
}

/* A column a CPU; of many CPUs the sum, and which had the most. */
static void print_counts(FILE *out, const struct why_snapshot *s, const struct why_count *c)
{
	u32 i, most = 0;
	struct why_buf b;

	for (i = 0; i < s->nr_cpus; i++) {
		if (has_columns(s) && s->facts[i].is_seen)
			fprintf(out, " %10s", why_format_count(&b, c->cpu[i].seen));
		if (c->cpu[i].seen > c->cpu[most].seen)
			most = i;
	}
	if (has_columns(s))
		return;
	fprintf(out, " %12s  CPU %-4u", why_format_count(&b, c->sum.seen), most);
	fprintf(out, " %6s", why_format_share(&b, c->cpu[most].seen, c->sum.seen));
}

static u64 peak_of(const struct why_snapshot *s, u32 source)
{
	u64 most = 0;
	u32 i;

	for (i = 0; source < WHY_SOURCE_NR && i < s->nr_cpus; i++)
		if (s->peaks[i * WHY_SOURCE_NR + source].rate_per_s > most)
			most = s->peaks[i * WHY_SOURCE_NR + source].rate_per_s;
	return most;
}

static void print_dist(FILE *out, const struct why_dist *h)
{
	struct why_buf b[2];

	if (!h->count)
		fprintf(out, " %8s %8s", "-", "-");
	else
		fprintf(out, " %8s %8s", why_format_ns(&b[0], why_dist_quantile(h, 0.99)),
			why_format_ns(&b[1], h->max_ns));
}

static void print_busy(FILE *out, const struct why_snapshot *s, const struct row *row)
{
	u64 most = 0;
	struct why_buf b;
	u32 i;

	for (i = 0; row->busy_ns && i < s->nr_cpus; i++)
		most = row->busy_ns[i] > most ? row->busy_ns[i] : most;
	fprintf(out, " %7s", why_format_share(&b, most, s->end_ns - s->begin_ns));
}

static void print_affinity(FILE *out, const struct why_line_facts *line)
{
	if (!line || !line->affinity[0])
		return;
	fprintf(out, "  %s", line->affinity);
	if (line->effective[0])
		fprintf(out, " (on %s)", line->effective);
	if (line->nr_moves)
		fprintf(out, ", moved %llu times", line->nr_moves);
}

static void print_row(FILE *out, const struct why_snapshot *s, const struct why_count *c)
{
	struct row row = { .count = c, .busy_ns = calloc(s->nr_cpus, sizeof(u64)) };
	double seconds = (double)(s->end_ns - s->begin_ns) / 1e9;
	struct why_buf b;

	fill_row(s, &row);
	if (row.source < WHY_SOURCE_NR)
		why_source_name(&b, s, row.source);
	else
		why_count_name(&b, c);
	fprintf(out, "  %-*.*s", NAME_WIDTH, NAME_WIDTH, b.text);
	print_counts(out, s, c);
	fprintf(out, " %9s", why_format_count(&b, (u64)((double)c->sum.seen / seconds + 0.5)));
	fprintf(out, " %9s", why_format_count(&b, peak_of(s, row.source)));
	print_busy(out, s, &row);
	print_dist(out, &row.run);
	if (c->of == WHY_COUNT_LINE)
		fprintf(out, " %8s %8s", "n/a", "n/a");
	else
		print_dist(out, &row.before);
	if (c->of == WHY_COUNT_LINE)
		print_affinity(out, why_snapshot_line(s, c->id));
	fprintf(out, "\n");
	free(row.busy_ns);
}

static void print_header(FILE *out, const struct why_snapshot *s)
{
	char column[16];
	u32 i;

	fprintf(out, "\n%-*s", NAME_WIDTH + 2, "INTERRUPTS");
	for (i = 0; has_columns(s) && i < s->nr_cpus; i++) {
		if (!s->facts[i].is_seen)
			continue;
		snprintf(column, sizeof(column), "CPU %u", i);
		fprintf(out, " %10s", column);
	}
	if (!has_columns(s))
		fprintf(out, " %12s  %-15s", "count", "most on");
	fprintf(out, " %9s %9s %7s %17s %17s  %s\n", "rate/s", "peak/s", "of CPU",
		"run p99      max", "before p99    max", "affinity");
}

void why_text_interrupts(FILE *out, const struct why_snapshot *s)
{
	size_t i, unseen = 0;

	print_header(out, s);
	for (i = 0; i < s->nr_counts; i++) {
		if (s->counts[i].of == WHY_COUNT_LINES)
			continue;
		if (s->counts[i].sum.seen)
			print_row(out, s, &s->counts[i]);
		else
			unseen++;
	}
	fprintf(out, "  and %zu lines, vectors and softirqs of which none came\n"
		"  before: an interrupt's delivery, a softirq's wait; of a line it is not known "
		"(n/a),\n  for nothing tells when its device asserted it\n", unseen);
}

void why_text_storms(FILE *out, const struct why_snapshot *s)
{
	struct why_buf name, share, span, rate, waited, waits;
	const struct why_storm *t;

	if (s->nr_storms)
		fprintf(out, "\nSTORMS\n");
	for (t = s->storms; t < s->storms + s->nr_storms; t++) {
		fprintf(out, "  %s took %s of CPU %u for %s from +%.1f s (up to %s/s); ",
			why_source_name(&name, s, t->source),
			why_format_share(&share, t->busy_ns, t->span_ns), t->cpu,
			why_format_ns(&span, t->span_ns), (double)(t->begin_ns - s->begin_ns) / 1e9,
			why_format_count(&rate, t->rate_max_per_s));
		fprintf(out, "tasks waited %s behind interrupts there, in %s waits\n",
			why_format_ns(&waited, t->waited_ns), why_format_count(&waits, t->waits));
	}
	if (s->nr_storms_dropped)
		fprintf(out, "  and more: %s windows of further storms\n",
			why_format_count(&waits, s->nr_storms_dropped));
}

static void print_one_count(FILE *out, const struct why_snapshot *s, const struct why_count *c)
{
	u32 source = source_of(s, c);
	struct why_buf b[5];

	if (source < WHY_SOURCE_NR)
		why_source_name(&b[0], s, source);
	else
		why_count_name(&b[0], c);
	fprintf(out, "  %-*.*s ", NAME_WIDTH, NAME_WIDTH, b[0].text);
	if (!c->sum.has_kernel) {
		fprintf(out, "whylate %s · n/a (%s)\n", why_format_count(&b[1], c->sum.seen),
			c->why);
		return;
	}
	fprintf(out, "kernel %s · whylate %s · difference %lld · lost %s\n",
		why_format_count(&b[1], c->sum.kernel), why_format_count(&b[2], c->sum.seen),
		(long long)(c->sum.kernel - c->sum.seen), why_format_count(&b[3], c->sum.lost));
}

void why_text_interrupt_counts(FILE *out, const struct why_snapshot *s)
{
	size_t i;

	fprintf(out, "\nCOUNTS against /proc/interrupts and /proc/softirqs\n");
	for (i = 0; i < s->nr_counts; i++)
		if (s->counts[i].sum.seen || s->counts[i].sum.kernel || s->counts[i].sum.lost)
			print_one_count(out, s, &s->counts[i]);
}
