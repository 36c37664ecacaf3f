// SPDX-License-Identifier: GPL-2.0-only
/* The report for a person: head, latencies, why tasks waited. */
#include "report/report.h"

#include "lib/names.h"
#include "report/format.h"

#include <string.h>

#ifndef WHY_VERSION
#define WHY_VERSION "unknown"
#endif

static u64 total_lost(const struct why_snapshot *s)
{
	u64 sum = s->recursion_misses;
	u32 i;

	for (i = 0; i < WHY_LOSS_NR; i++)
		sum += s->lost[i];
	/* What a hidden switch left behind is no second loss, but where nothing counts those. */
	sum -= s->lost[WHY_LOSS_UNSEEN_RUN] + s->lost[WHY_LOSS_UNSEEN_OUT];
	return s->has_rq_switches ? sum - s->lost[WHY_LOSS_BREAK] : sum;
}

/* What its file is like; what is wrong with it, where something is. */
static void print_recording(FILE *out, const struct why_recording_facts *f)
{
	struct why_buf events, lost, time;
	char damage[500];

	fprintf(out, "recording: %s events in %.1f MB, lost %s, read in %s\n",
		why_format_count(&events, f->events), (double)f->bytes / 1e6,
		why_format_count(&lost, f->lost), why_format_ns(&time, f->analysis_ns));
	if (f->damage[0])
		fprintf(out, "recording: %s\n", why_format_name(damage, sizeof(damage), f->damage));
	if (f->damaged)
		fprintf(out, "recording: %llu parts are damaged and were left out\n", f->damaged);
}

void why_text_head(FILE *out, const struct why_snapshot *s)
{
	struct why_buf events, lost;
	char hostname[256];

	fprintf(out, "whylate %s · %s · Linux %s · %u CPUs · %s · ", WHY_VERSION,
		why_format_name(hostname, sizeof(hostname), s->hostname),
		s->kernel, s->nr_seen_cpus, strcmp(s->collector, "bpf") ? s->collector : "eBPF");
	fprintf(out, "%.1f s · %s events · lost %s · ",
		(double)(s->end_ns - s->begin_ns) / 1e9,
		why_format_count(&events, s->overhead.events),
		why_format_count(&lost, total_lost(s)));
	if (s->overhead.is_known)
		fprintf(out, "cost %.1f %% of a CPU (%.0f ns/event)\n", s->overhead.cpu_percent,
			s->overhead.ns_per_event);
	else
		fprintf(out, "cost n/a\n");
	if (s->recording.is_set)
		print_recording(out, &s->recording);
}

static void print_worst(FILE *out, const struct why_snapshot *s, const struct why_figures *row)
{
	char comm[64];
	u32 cpu;

	fprintf(out, "   %s:%u", why_format_name(comm, sizeof(comm), row->worst_comm),
		row->worst_pid);
	for (cpu = 0; cpu < s->nr_cpus; cpu++) {
		const struct why_figures *r = why_snapshot_row(s, cpu, (u32)(row - s->merged));

		if (r->worst_at_ns == row->worst_at_ns && r->hist.max_ns == row->hist.max_ns)
			break;
	}
	if (cpu < s->nr_cpus)
		fprintf(out, " on CPU %u", cpu);
	fprintf(out, " +%.3f s\n", (double)(row->worst_at_ns - s->begin_ns) / 1e9);
}

/* A row but for its worst case; `h` may be NULL. */
static void print_figures(FILE *out, const char *name, const struct why_dist *h)
{
	struct why_buf b[7];

	fprintf(out, "%-18s %12s", name, why_format_count(&b[0], h ? h->count : 0));
	if (!h || !h->count) {
		fprintf(out, "   none seen\n");
		return;
	}
	fprintf(out, " %9s %9s %9s %9s %9s %9s", why_format_ns(&b[1], h->min_ns),
		why_format_ns(&b[2], h->sum_ns / h->count),
		why_format_ns(&b[3], why_dist_quantile(h, 0.5)),
		why_format_ns(&b[4], why_dist_quantile(h, 0.99)),
		why_format_ns(&b[5], why_dist_quantile(h, 0.999)),
		why_format_ns(&b[6], h->max_ns));
}

static void print_latency(FILE *out, const struct why_snapshot *s, u32 kind)
{
	const struct why_figures *row = &s->merged[kind];

	print_figures(out, why_kind_names[kind], &row->hist);
	if (row->hist.count)
		print_worst(out, s, row);
}

/* What the worst one of a kind with keys was about: the key whose worst is the kind's. */
static void print_keyed_worst(FILE *out, const struct why_snapshot *s,
			      const struct why_keyed_row *all)
{
	const struct why_keyed_row *r;
	char name[64];

	for (r = s->keyed; r < s->keyed + s->nr_keyed; r++)
		if (r->kind == all->kind && r->name && r->cpu == all->worst_cpu &&
		    r->worst_at_ns == all->worst_at_ns)
			break;
	fprintf(out, "   ");
	if (r < s->keyed + s->nr_keyed && r->irq >= 0)
		fprintf(out, "%d ", r->irq);
	if (r < s->keyed + s->nr_keyed && r->kind != WHY_KIND_TIMER)
		fprintf(out, "%s ", why_format_name(name, sizeof(name), r->name));
	if (all->kind == WHY_KIND_IPI)
		fprintf(out, "from CPU %llu ", all->worst_who);
	fprintf(out, "on CPU %d +%.3f s\n", all->worst_cpu,
		(double)(all->worst_at_ns - s->begin_ns) / 1e9);
}

static void print_keyed(FILE *out, const struct why_snapshot *s, u32 kind)
{
	const struct why_keyed_row *row = why_snapshot_keyed(s, kind, WHY_ALL_IDS, -1);

	print_figures(out, why_kind_names[kind], row ? &row->hist : NULL);
	if (row && row->hist.count)
		print_keyed_worst(out, s, row);
}

static void print_latencies(FILE *out, const struct why_snapshot *s)
{
	u32 kind;

	fprintf(out, "\n%-18s %12s %9s %9s %9s %9s %9s %9s   worst\n", "LATENCY", "count", "min",
		"mean", "p50", "p99", "p99.9", "max");
	for (kind = WHY_KIND_NR_TASK; kind < WHY_KIND_NR; kind++)
		if (s->kinds & 1U << kind)
			print_keyed(out, s, kind);
	for (kind = 0; kind < WHY_KIND_NR_TASK; kind++)
		if (s->kinds & 1U << kind)
			print_latency(out, s, kind);
}

struct causes {
	u64 ns[WHY_CAUSE_NR];
	u64 sum_ns;
	u64 count;
};

static struct causes sum_causes(const struct why_snapshot *s)
{
	struct causes c = {};
	u32 kind, i;

	for (kind = 0; kind < WHY_KIND_NR_WAITS; kind++) {
		if (!(s->kinds & 1U << kind))
			continue;
		for (i = 0; i < WHY_CAUSE_NR; i++)
			c.ns[i] += s->merged[kind].causes[i];
		c.sum_ns += s->merged[kind].hist.sum_ns;
		c.count += s->merged[kind].hist.count;
	}
	return c;
}

static void print_causes(FILE *out, struct causes *c)
{
	struct why_buf b;
	u32 i, most;

	fprintf(out, " ");
	while (1) {
		for (most = 0, i = 1; i < WHY_CAUSE_UNEXPLAINED; i++)
			if (c->ns[i] > c->ns[most])
				most = i;
		if (!c->ns[most])
			break;
		fprintf(out, " %s %s ", why_cause_names[most],
			why_format_share(&b, c->ns[most], c->sum_ns));
		c->ns[most] = 0;
	}
	fprintf(out, " unexplained %s\n",
		why_format_share(&b, c->ns[WHY_CAUSE_UNEXPLAINED], c->sum_ns));
}

/* The greatest by waits, idle apart. */
static void select_occupants(const struct why_snapshot *s, const struct why_occupant **top, int nr)
{
	const struct why_occupant *o, *swap;
	size_t i;
	int k;

	for (i = 1; i < s->nr_occupants; i++) {
		o = &s->occupants[i];
		for (k = 0; k < nr && o; k++) {
			if (top[k] && top[k]->waits >= o->waits)
				continue;
			swap = top[k];
			top[k] = o;
			o = swap;
		}
	}
}

static void print_occupants(FILE *out, const struct why_snapshot *s, u64 waits)
{
	const struct why_occupant *top[3] = {};
	struct why_buf b;
	char name[64];
	int k;

	if (!s->nr_occupants)
		return;
	select_occupants(s, top, 3);
	fprintf(out, "  last occupant  idle %s of waits",
		why_format_share(&b, s->occupants[0].waits, waits));
	for (k = 0; k < 3 && top[k]; k++) {
		fprintf(out, " · %s", why_format_name(name, sizeof(name), top[k]->comm));
		if (top[k]->pid)
			fprintf(out, ":%u", top[k]->pid);
		fprintf(out, " %s", why_format_share(&b, top[k]->waits, waits));
	}
	fprintf(out, "\n");
}

static struct why_open sum_open(const struct why_snapshot *s)
{
	struct why_open sum = {};
	u32 kind;

	for (kind = 0; kind < WHY_KIND_NR_WAITS; kind++) {
		if (!(s->kinds & 1U << kind))
			continue;
		sum.count += s->open[kind].count;
		sum.unconfirmed += s->open[kind].unconfirmed;
		if (s->open[kind].oldest_ns <= sum.oldest_ns)
			continue;
		sum.oldest_ns = s->open[kind].oldest_ns;
		sum.is_lower_bound = s->open[kind].is_lower_bound;
	}
	return sum;
}

static void print_why(FILE *out, const struct why_snapshot *s)
{
	struct causes c = sum_causes(s);
	struct why_open open = sum_open(s);
	struct why_buf sum, count, oldest;

	fprintf(out, "\nWHY TASKS WAITED      %s in %s waits", why_format_ns(&sum, c.sum_ns),
		why_format_count(&count, c.count));
	if (open.count)
		fprintf(out, " · %llu still open, the oldest for %s%s", open.count,
			open.is_lower_bound ? "over " : "", why_format_ns(&oldest, open.oldest_ns));
	if (open.unconfirmed)
		fprintf(out, " · %llu perhaps open", open.unconfirmed);
	fprintf(out, "\n");
	if (!c.count)
		return;
	print_causes(out, &c);
	print_occupants(out, s, c.count);
}

/* All that says who waited, and for what. */
static void print_blame(FILE *out, const struct why_snapshot *s, const struct why_moves *m)
{
	if (s->lengths_only) {
		fprintf(out, "\nWHY TASKS WAITED      n/a: causes and tasks were left out "
			     "(--histograms)\n");
		return;
	}
	print_why(out, s);
	why_text_moves(out, s, m);
	why_text_storms(out, s);
	why_text_interrupts(out, s);
	why_text_tasks(out, s);
}

void why_report_text(FILE *out, const struct why_snapshot *s, const struct why_moves *m)
{
	why_text_head(out, s);
	print_latencies(out, s);
	print_blame(out, s, m);
	why_text_cpus(out, s);
	why_text_counts(out, s);
	why_text_interrupt_counts(out, s);
	why_text_losses(out, s);
}
