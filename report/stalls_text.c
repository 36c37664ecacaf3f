// SPDX-License-Identifier: GPL-2.0-only
/* Stalls for a person: the code that has most of the time first, then what to think of it. */
#include "report/format.h"
#include "report/stalls.h"

#include <string.h>

enum { MOST_NAMES = 8, MOST_GROUPS = 20, NAME = 120 };

/* "212 us to 433 us", or one length where it is known. */
static void print_interval(FILE *out, u64 least_ns, u64 most_ns)
{
	struct why_buf least, most;

	fputs(why_format_ns(&least, least_ns), out);
	if (most_ns != least_ns)
		fprintf(out, " to %s", why_format_ns(&most, most_ns));
}

static void print_code(FILE *out, const struct why_stall_group *g)
{
	char name[NAME];
	u32 i;

	fputs("      ", out);
	for (i = 0; i < g->nr_names && i < MOST_NAMES; i++)
		fprintf(out, "%s%s", i ? " < " : "", why_format_name(name, sizeof(name),
								     g->names[i]));
	fputs(i < g->nr_names ? " < ...\n" : "\n", out);
}

static void print_group(FILE *out, const struct why_stalls *s, const struct why_stall_group *g)
{
	const struct why_stall_section *w = &s->sections[g->worst];
	struct why_buf count;
	char comm[3 * WHY_COMM_LEN + 4];

	fprintf(out, "  %-10s  %-8s  %8s  longest ", why_stall_kind_names[g->kind],
		g->is_exact ? "exact" : "observed", why_format_count(&count, g->count));
	print_interval(out, w->stall.least_ns, w->stall.most_ns);
	fputs(", in all ", out);
	print_interval(out, g->least_ns, g->most_ns);
	fputc('\n', out);
	print_code(out, g);
	fprintf(out, "      the longest ended at +%.6f s on CPU %u, in %s:%u\n",
		w->stall.end_ns > s->begin_ns ? (double)(w->stall.end_ns - s->begin_ns) / 1e9 : 0,
		w->cpu, why_format_name(comm, sizeof(comm), w->comm), w->pid);
}

/* What the probe finds, by length. */
static void print_recall(FILE *out, const struct why_stalls *s)
{
	struct why_buf all, half, period;

	if (!s->period_ns) {
		fputs("Recall: unknown; a section is found if the tick or an IPI happened to be "
		      "due in it (--probe HZ looks on purpose).\n", out);
		return;
	}
	if (!why_stalls_is_probed(s)) {
		fputs("Recall: unknown; the probe was held back (kernel.perf_event_max_sample_"
		      "rate), or a CPU was off.\n", out);
		return;
	}
	fprintf(out, "Recall: every section of %s or more, half of those of %s (something is due "
		"each %s).\n",
		why_format_ns(&all, s->over_ns + s->period_ns),
		why_format_ns(&half, s->over_ns + s->period_ns / 2),
		why_format_ns(&period, s->period_ns));
}

static void print_precision(FILE *out, const struct why_stalls *s)
{
	struct why_buf late, user, found;
	double is_false = why_stalls_false(s);
	u64 nr = why_stalls_observed(s);

	if (is_false < 0) {
		fputs("Precision: unknown; too little was due in user mode, where interrupts "
		      "are on.\n", out);
		return;
	}
	fprintf(out, "Precision: %.1f %%; of %s irqsoff sections observed %.1f may be the "
		"machine's own lateness, as %s of %s timers were in user mode, where they are on."
		"\n",
		100 * (1 - is_false), why_format_count(&found, nr), is_false * (double)nr,
		why_format_count(&late, s->tally.nr_user_late),
		why_format_count(&user, s->tally.nr_user));
}

static void print_losses(FILE *out, const struct why_stalls *s)
{
	struct why_buf lost, left, unplaced, stolen, user, stackless;

	fprintf(out, "Late while the hypervisor had the CPU, not told: %s.\n",
		why_format_count(&stolen, s->tally.nr_stolen));
	fprintf(out, "Late in user mode (IPIs and preemption), told as none: %s.\n",
		why_format_count(&user, s->nr_in_user));
	if (s->tally.nr_lost || s->nr_left_out || s->tally.nr_unplaced || s->nr_stackless)
		fprintf(out, "Not in the table: %s lost, %s beyond what is kept, %s that could not "
			"be placed; without their stack: %s.\n",
			why_format_count(&lost, s->tally.nr_lost),
			why_format_count(&left, s->nr_left_out),
			why_format_count(&unplaced, s->tally.nr_unplaced),
			why_format_count(&stackless, s->nr_stackless));
}

void why_stalls_text(FILE *out, const struct why_stalls *s)
{
	struct why_buf over, length;
	size_t i;

	fprintf(out, "Interrupts or preemption off for %s or more, in %s",
		why_format_ns(&over, s->over_ns),
		why_format_ns(&length, s->end_ns - s->begin_ns));
	if (s->period_ns)
		fprintf(out, ", probed %.0f times a second", 1e9 / (double)s->period_ns);
	fputs(s->nr_groups ? "\n\n" : ": none found\n\n", out);
	for (i = 0; i < s->nr_groups && i < MOST_GROUPS; i++)
		print_group(out, s, &s->groups[i]);
	if (i < s->nr_groups)
		fprintf(out, "  and %zu more (--json has all)\n", s->nr_groups - i);
	if (s->nr_groups)
		fputc('\n', out);
	print_recall(out, s);
	print_precision(out, s);
	fprintf(out, "Price: at most %.1f %% of a CPU in the timer's interrupt, its entry and exit "
		"left out.\n", 100 * s->timer_share_max);
	if (!s->has_preempt)
		fputs("preemptoff: n/a, the kernel has no sched_set_need_resched_tp (6.17 and "
		      "later).\n", out);
	print_losses(out, s);
}
