// SPDX-License-Identifier: GPL-2.0-only
/* What each CPU did, how our counts stand against the kernel's, and every loss. */
#include "report/report.h"

#include "lib/names.h"
#include "report/format.h"

u64 why_account_total(const struct why_cpu *cpu)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < WHY_CLASS_NR; i++)
		sum += cpu->account.ns[i];
	return sum;
}

static void print_cpu(FILE *out, const struct why_snapshot *s, u32 id)
{
	static const u32 order[] = { WHY_CLASS_IDLE,	WHY_CLASS_TASK,	   WHY_CLASS_HARDIRQ,
				     WHY_CLASS_SOFTIRQ, WHY_CLASS_SWITCH,  WHY_CLASS_OFFLINE,
				     WHY_CLASS_UNSEEN };
	const struct why_cpu *cpu = &s->cpus[id];
	u64 total = why_account_total(cpu);
	struct why_buf b;
	size_t i;

	fprintf(out, "  CPU %-4u", id);
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (order[i] == WHY_CLASS_SWITCH && !s->has_split_switch)
			fprintf(out, " %9s", "in task");
		else
			fprintf(out, " %9s",
				why_format_share(&b, cpu->account.ns[order[i]], total));
	}
	if (s->facts[id].has_steal)
		fprintf(out, " %9s", why_format_share(&b, s->facts[id].steal_ns, total));
	else
		fprintf(out, " %9s", "n/a");
	fprintf(out, " %9s\n", why_format_ns(&b, total));
}

void why_text_cpus(FILE *out, const struct why_snapshot *s)
{
	u32 id;

	fprintf(out, "\n%-10s %9s %9s %9s %9s %9s %9s %9s %9s %9s\n", "CPUS", "idle", "task",
		"hardirq", "softirq", "switch", "offline", "unseen", "steal", "sum");
	for (id = 0; id < s->nr_cpus; id++)
		if (s->facts[id].is_seen)
			print_cpu(out, s, id);
}

static void print_count(FILE *out, const struct why_cpu *cpu, u32 id)
{
	struct why_buf b[4];
	u64 kernel = cpu->end_rq_switches - cpu->begin_rq_switches - cpu->offline_switches;

	if (!cpu->end_rq_switches) {
		fprintf(out, "  context switches CPU %-4u n/a (out of reach)\n", id);
		return;
	}
	fprintf(out, "  context switches CPU %-4u kernel %s · whylate %s · ", id,
		why_format_count(&b[0], kernel), why_format_count(&b[1], cpu->nr_switches));
	fprintf(out, "difference %s · lost %s\n",
		why_format_count(&b[2], kernel - cpu->nr_switches),
		why_format_count(&b[3], cpu->lost[WHY_LOSS_UNSEEN_CONTEXT]));
}

void why_text_counts(FILE *out, const struct why_snapshot *s)
{
	u32 id;

	fprintf(out, "\nCOUNTS against rq->nr_switches\n");
	for (id = 0; id < s->nr_cpus; id++)
		if (s->facts[id].is_seen)
			print_count(out, &s->cpus[id], id);
}

void why_text_losses(FILE *out, const struct why_snapshot *s)
{
	char missed_in[3 * WHY_MISSED_ROOM];
	u32 i;

	fprintf(out, "\nLOSSES\n ");
	for (i = 0; i < WHY_LOSS_NR; i++)
		fprintf(out, " %s %llu ·", why_loss_names[i], s->lost[i]);
	fprintf(out, " recursion_misses %llu\n", s->recursion_misses);
	for (i = 0; i < WHY_LOSS_NR; i++)
		if (s->lost[i])
			fprintf(out, "  %s: %s\n", why_loss_names[i], why_loss_texts[i]);
	if (s->recursion_misses)
		fprintf(out, "  recursion_misses: an event in an interrupt of its own hook: %s\n",
			why_format_name(missed_in, sizeof(missed_in), s->missed_in));
}
