// SPDX-License-Identifier: GPL-2.0-only
/* Facts of lines: see line_facts.h. */
#include "lib/line_facts.h"

#include "lib/interrupts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct why_line_facts *facts_of(struct why_snapshot *s, u32 irq)
{
	struct why_line_facts *f;
	size_t i;

	for (i = 0; i < s->nr_lines; i++)
		if (s->lines[i].irq == irq)
			return &s->lines[i];
	f = why_snapshot_add_line(s);
	if (f)
		f->irq = irq;
	return f;
}

static void update_affinity(struct why_line_facts *f, bool is_new)
{
	struct why_affinity a;

	if (why_affinity_read((int)f->irq, &a))
		return;
	if (!is_new && (strcmp(f->affinity, a.allowed) || strcmp(f->effective, a.effective)))
		f->nr_moves++;
	snprintf(f->affinity, sizeof(f->affinity), "%s", a.allowed);
	snprintf(f->effective, sizeof(f->effective), "%s", a.effective);
}

static int update_line(struct why_snapshot *s, const struct why_interrupts *proc, u32 irq)
{
	const struct why_interrupt_line *row = why_interrupts_find(proc, (int)irq);
	size_t before = s->nr_lines;
	struct why_line_facts *f = facts_of(s, irq);

	if (!f)
		return -ENOMEM;
	if (row) {
		snprintf(f->name, sizeof(f->name), "%s", row->name);
		snprintf(f->chip, sizeof(f->chip), "%s", row->chip);
	}
	update_affinity(f, s->nr_lines > before);
	return 0;
}

int why_line_facts_update(struct why_snapshot *into)
{
	struct why_interrupts proc = {};
	int rc = 0;
	u32 i;

	if (why_interrupts_read(into->nr_cpus, &proc))
		return 0;
	for (i = 0; !rc && i < WHY_LINES; i++)
		if (into->line_of_place[i])
			rc = update_line(into, &proc, into->line_of_place[i] - 1);
	why_interrupts_free(&proc);
	return rc;
}
