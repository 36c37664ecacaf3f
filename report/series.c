// SPDX-License-Identifier: GPL-2.0-only
/* The series for a person: a line a tick. */
#include "report/report.h"

#include "lib/names.h"
#include "report/format.h"

static u64 class_share(const struct why_snapshot *s, const struct why_tick *t, u32 class_)
{
	u64 sum = 0;
	u32 cpu;

	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		sum += t->class_ns[cpu * WHY_CLASS_NR + class_];
	return sum;
}

/* Columns for six kinds: those asked for, or of more the tasks'. */
static bool is_shown(const struct why_snapshot *s, u32 kind)
{
	bool has_room = __builtin_popcount(s->kinds) <= WHY_KIND_NR_TASK;

	return s->kinds & 1U << kind && (has_room || kind < WHY_KIND_NR_TASK);
}

static u64 sum_sources(const struct why_tick *t, u32 from, u32 to)
{
	u64 sum = 0;
	size_t i;

	for (i = 0; i < t->nr_sources; i++)
		if (t->sources[i].source >= from && t->sources[i].source < to)
			sum += t->sources[i].count;
	return sum;
}

static void print_tick(FILE *out, const struct why_snapshot *s, const struct why_tick *t)
{
	u64 all = t->span_ns * s->nr_seen_cpus;
	struct why_buf b[2];
	u32 kind;

	fprintf(out, "  +%-7.1f", (double)(t->at_ns - s->begin_ns) / 1e9);
	for (kind = 0; kind < WHY_KIND_NR; kind++)
		if (is_shown(s, kind))
			fprintf(out, " %8s %8s", why_format_count(&b[0], t->count[kind]),
				t->count[kind] ? why_format_ns(&b[1], t->p99_ns[kind]) : "-");
	fprintf(out, " %8s", why_format_share(&b[0], class_share(s, t, WHY_CLASS_TASK), all));
	fprintf(out, " %8s", why_format_share(&b[0], class_share(s, t, WHY_CLASS_HARDIRQ), all));
	fprintf(out, " %8s", why_format_share(&b[0], class_share(s, t, WHY_CLASS_SOFTIRQ), all));
	fprintf(out, " %9s", why_format_count(&b[0], t->switches));
	fprintf(out, " %9s", why_format_count(&b[0], sum_sources(t, 0, WHY_SOURCE_SOFTIRQ)));
	fprintf(out, " %9s\n",
		why_format_count(&b[0], sum_sources(t, WHY_SOURCE_SOFTIRQ, WHY_SOURCE_NR)));
}

void why_report_series(FILE *out, const struct why_snapshot *s)
{
	size_t i;
	u32 kind;

	fprintf(out, "\nSERIES    ");
	for (kind = 0; kind < WHY_KIND_NR; kind++)
		if (is_shown(s, kind))
			fprintf(out, " %17.17s", why_kind_names[kind]);
	fprintf(out, " %8s %8s %8s %9s %9s %9s\n  at s    ", "task", "hardirq", "softirq",
		"switches", "irqs", "softirqs");
	for (kind = 0; kind < WHY_KIND_NR; kind++)
		if (is_shown(s, kind))
			fprintf(out, " %8s %8s", "count", "p99");
	fprintf(out, "\n");
	for (i = 0; i < s->nr_ticks; i++)
		print_tick(out, s, &s->ticks[i]);
}
