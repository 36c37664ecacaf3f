// SPDX-License-Identifier: GPL-2.0-only
/* Counts: see counts.h. The kernel's are 32 bits wide and wrap. */
#include "lib/counts.h"

#include <errno.h>
#include <string.h>

static const char no_count[] = "this kernel does not tell where it counts them";
static const char not_the_same[] = "the line came, went or was taken anew, or has no vector";

static struct why_count *add_count(struct why_snapshot *s, enum why_count_of of, u32 id)
{
	struct why_count *c = why_snapshot_add_count(s);

	if (!c)
		return NULL;
	c->of = of;
	c->id = id;
	return c;
}

static void set_cpu(struct why_count *c, u32 cpu, u64 kernel, u64 seen, u64 lost)
{
	struct why_count_cpu *to = &c->cpu[cpu];

	to->kernel = kernel;
	to->seen = seen;
	to->lost = lost;
}

/* Sums over the CPUs; the kernel's are known if they are on all CPUs that saw anything. */
static void sum_up(struct why_count *c, u32 nr_cpus)
{
	u32 i;

	for (i = 0; i < nr_cpus; i++) {
		c->sum.kernel += c->cpu[i].has_kernel ? c->cpu[i].kernel : 0;
		c->sum.seen += c->cpu[i].seen;
		c->sum.lost += c->cpu[i].lost;
		c->sum.has_kernel |= c->cpu[i].has_kernel;
		if (c->cpu[i].seen && !c->cpu[i].has_kernel && !c->why)
			c->why = no_count;
	}
	if (!c->sum.has_kernel && !c->why)
		c->why = no_count;
	if (c->why)
		c->sum.has_kernel = false;
}

static int add_vector(struct why_snapshot *s, const struct why_tables *t,
		      const struct why_count_offsets *offsets, u32 v)
{
	struct why_count *c = add_count(s, WHY_COUNT_VECTOR, v);
	u32 i;

	if (!c)
		return -ENOMEM;
	for (i = 0; i < t->nr_cpus; i++) {
		const struct why_irqs *q = &t->cpus[i].irqs;

		set_cpu(c, i, (u32)(q->end.vectors[v] - q->begin.vectors[v]), q->seen.vectors[v],
			q->lost.vectors[v]);
		c->cpu[i].has_kernel = q->has_counts && offsets->vectors[v];
	}
	sum_up(c, t->nr_cpus);
	return 0;
}

static int add_softirq(struct why_snapshot *s, const struct why_tables *t, u32 nr)
{
	struct why_count *c = add_count(s, WHY_COUNT_SOFTIRQ, nr);
	u32 i;

	if (!c)
		return -ENOMEM;
	for (i = 0; i < t->nr_cpus; i++) {
		const struct why_irqs *q = &t->cpus[i].irqs;

		set_cpu(c, i, (u32)(q->end.softirqs[nr] - q->begin.softirqs[nr]),
			q->seen.softirqs[nr], q->lost.softirqs[nr]);
		c->cpu[i].has_kernel = q->has_counts;
	}
	sum_up(c, t->nr_cpus);
	return 0;
}

static int add_all_lines(struct why_snapshot *s, const struct why_tables *t)
{
	struct why_count *c = add_count(s, WHY_COUNT_LINES, 0);
	u32 i;

	if (!c)
		return -ENOMEM;
	for (i = 0; i < t->nr_cpus; i++) {
		const struct why_irqs *q = &t->cpus[i].irqs;

		set_cpu(c, i, q->end.lines - q->begin.lines, q->seen.lines, q->lost.lines);
		c->cpu[i].has_kernel = q->has_counts;
	}
	sum_up(c, t->nr_cpus);
	return 0;
}

static int add_line(struct why_snapshot *s, const struct why_tables *t,
		    const struct why_line *line, bool are_told)
{
	struct why_count *c = add_count(s, WHY_COUNT_LINE, line->id - 1);
	const struct why_line_count *n;
	u32 i;

	if (!c)
		return -ENOMEM;
	for (i = 0; i < t->nr_cpus; i++) {
		n = &t->counts[i * WHY_LINES + (size_t)(line - t->lines)];
		set_cpu(c, i, n->kernel_end - n->kernel_begin, n->seen, n->lost);
		c->cpu[i].has_kernel = line->counter && line->has_end && n->has_begin &&
				       t->cpus[i].irqs.has_counts;
	}
	sum_up(c, t->nr_cpus);
	if (c->why && are_told)
		c->why = not_the_same;
	return 0;
}

void why_counts_sum(struct why_snapshot *s)
{
	size_t i;

	for (i = 0; i < s->nr_counts; i++) {
		memset(&s->counts[i].sum, 0, sizeof(s->counts[i].sum));
		sum_up(&s->counts[i], s->nr_cpus);
	}
}

const char *why_counts_reason(const char *text)
{
	static const char other[] = "the recorder could not tell";

	if (!strcmp(text, no_count))
		return no_count;
	return strcmp(text, not_the_same) ? other : not_the_same;
}

int why_collect_counts(struct why_snapshot *into, const struct why_tables *t,
		       const struct why_count_offsets *offsets)
{
	int rc = 0;
	u32 i;

	for (i = 0; !rc && i < WHY_LINES; i++)
		if (t->lines[i].id)
			rc = add_line(into, t, &t->lines[i], offsets->vector_irq != 0);
	if (!rc)
		rc = add_all_lines(into, t);
	for (i = 0; !rc && i < WHY_VECTOR_NR; i++)
		if (i != WHY_VECTOR_CALL_FUNCTION_SINGLE)	/* counted with its sister */
			rc = add_vector(into, t, offsets, i);
	for (i = 0; !rc && i < WHY_SOFTIRQ_NR; i++)
		rc = add_softirq(into, t, i);
	return rc;
}
