/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own counts of interrupts, per CPU, and ours beside them. The kernel's are read at
 * the edges of the measurement and wherever continuity breaks: what it counted more than we saw
 * since the last look was hidden.
 */
#ifndef WHY_HOOKS_LINES_H
#define WHY_HOOKS_LINES_H

#include "hooks/keyed.h"

/* The places above are free: mostly a walk over lines is short. */
static u32 lines_top;

/* The place of line `irq`, irq % WHY_LINES, or NULL where another one has it. */
static __always_inline struct why_line *line_of(u32 irq, u32 *ret_place)
{
	struct why_line *line;
	u32 id;

	*ret_place = irq % WHY_LINES;
	line = line_at(*ret_place);
	if (!line)
		return 0;
	id = line->id;
	if (!id) {
		id = __sync_val_compare_and_swap(&line->id, 0, irq + 1) ?: irq + 1;
		if (*ret_place >= lines_top)
			lines_top = *ret_place + 1;
	}
	return id == irq + 1 ? line : 0;
}

static __always_inline struct why_line_count *line_count(u32 cpu_id, u32 place)
{
	return line_count_at(cpu_id * WHY_LINES + place);
}

static __always_inline void count_line(struct why_cpu *cpu, u32 id, u32 irq)
{
	struct why_line_count *count;
	u32 place;

	cpu->irqs.seen.lines++;
	if (!line_of(irq, &place)) {
		cpu->lost[WHY_LOSS_ROW_DROPPED]++;
		return;
	}
	count = line_count(id, place);
	if (count)
		count->seen++;
}

static __always_inline void name_row(struct why_keyed *row, u32 irq, struct irqaction *action)
{
	if (row->name[0])
		return;
	row->irq = irq;
	read_name(row->name, sizeof(row->name), action->name);
}

static __always_inline u64 read_count_at(u64 queue, int offset, u32 size)
{
	u64 n = 0;

	read_kernel(&n, size, (void *)(queue + offset));
	return n;
}

static __always_inline u64 read_count(const struct why_cpu *cpu, int offset, u32 size)
{
	return cpu->rq_address && offset ? read_count_at(cpu->rq_address, offset, size) : 0;
}

/* The kernel's counts on the CPU of `cpu` as they stand. */
static __always_inline void read_counts(const struct why_cpu *cpu, struct why_irq_counts *ret)
{
	u32 i;

	ret->lines = read_count(cpu, why_cfg.counts.lines, sizeof(unsigned long));
	for (i = 0; i < WHY_SOFTIRQ_NR; i++)
		ret->softirqs[i] = read_count(cpu, why_cfg.counts.softirqs ?
						    why_cfg.counts.softirqs + 4 * (int)i : 0, 4);
	for (i = 0; i < WHY_VECTOR_NR; i++)
		ret->vectors[i] = read_count(cpu, why_cfg.counts.vectors[i], 4);
}

/* The kernel's count, 32 bits of it, has gone on from `begin` to `now`: how many we missed. */
static __always_inline u64 hidden_of(u64 begin, u64 now, u64 seen)
{
	u32 n = (u32)(now - begin) - (u32)seen;

	return (int)n > 0 ? n : 0;
}

/* What lies between the beginning and the last count (`end`) and was not seen. */
static __always_inline void find_hidden(struct why_irqs *q)
{
	const struct why_irq_counts *now = &q->end;
	u32 i;

	q->lost.lines = hidden_of(q->begin.lines, now->lines, q->seen.lines);
	for (i = 0; i < WHY_SOFTIRQ_NR; i++)
		q->lost.softirqs[i] = hidden_of(q->begin.softirqs[i], now->softirqs[i],
						q->seen.softirqs[i]);
	for (i = 0; i < WHY_VECTOR_NR; i++)
		if (why_cfg.counts.vectors[i])
			q->lost.vectors[i] = hidden_of(q->begin.vectors[i], now->vectors[i],
						       q->seen.vectors[i]);
}

enum { WHY_READ_BEGIN, WHY_READ_END, WHY_READ_BREAK };

/* What a walk over all lines is about. */
struct walk {
	u64 base;	/* of per-CPU addresses, or the run queue's */
	u32 id;
	u32 when;
};

/* One line's count on this CPU, at an edge or at a break. */
static long read_line(u32 place, struct walk *walk)
{
	struct why_line *line = line_at(place);
	struct why_line_count *c = line_count(walk->id, place);
	u32 now = 0;

	if (!line || !line->counter || !c)
		return 0;
	if (read_kernel(&now, sizeof(now),
				  (void *)(line->counter + walk->base)))
		return 0;
	if (walk->when == WHY_READ_BEGIN) {
		c->kernel_begin = now - (u32)c->seen;
		c->has_begin = 1;
	} else if (walk->when == WHY_READ_END) {
		c->kernel_end = now;
	} else if (c->has_begin) {
		c->lost = hidden_of(c->kernel_begin, now, c->seen);
	}
	return 0;
}

static __always_inline void read_lines(struct why_cpu *cpu, u32 id, u32 when)
{
	struct walk walk = { .id = id, .when = when };

	if (!why_cfg.counts.per_cpu_offset)
		return;
	walk.base = read_count(cpu, why_cfg.counts.per_cpu_offset, 8);
	each(lines_top, read_line, &walk);
}

/*
 * The kernel's counts now and, for the beginning, less what we have seen already: a CPU that was
 * off when the measurement began shows itself only later.
 */
WHY_RARE int read_all(struct why_cpu *cpu, u32 id, u32 when)
{
	struct why_irqs *q;
	u32 i;

	if (!cpu || !why_cfg.counts.softirqs || !cpu->rq_address)
		return 0;
	q = &cpu->irqs;
	read_counts(cpu, when == WHY_READ_BEGIN ? &q->begin : &q->end);
	read_lines(cpu, id, when);
	if (when != WHY_READ_BEGIN)
		return 0;
	q->has_counts = 1;
	q->begin.lines -= q->seen.lines;
	for (i = 0; i < WHY_SOFTIRQ_NR; i++)
		q->begin.softirqs[i] -= q->seen.softirqs[i];
	for (i = 0; i < WHY_VECTOR_NR; i++)
		q->begin.vectors[i] -= q->seen.vectors[i];
	return 0;
}

/*
 * The same where interrupts may be on (an edge on the CPU of whoever asks is no interrupt): again
 * while one of our programs ran meanwhile.
 */
WHY_RARE int read_still(struct why_cpu *cpu, u32 id, u32 when)
{
	u64 events;
	u32 i;

	if (!cpu)
		return 0;
	for (i = 0; i < 8; i++) {
		events = WHY_LOAD(cpu->nr_events) + WHY_LOAD(cpu->nr_soft_events);
		read_all(cpu, id, when);
		if (events == WHY_LOAD(cpu->nr_events) + WHY_LOAD(cpu->nr_soft_events))
			break;
	}
	return 0;
}

/* Continuity is broken here: what was hidden, and what can no longer be trusted. */
WHY_RARE int note_break(struct why_cpu *cpu, u32 id)
{
	if (!cpu)
		return 0;
	why_irqs_forget(&cpu->irqs);
	if (!cpu->irqs.has_counts)
		return 0;
	read_all(cpu, id, WHY_READ_BREAK);
	find_hidden(&cpu->irqs);
	return 0;
}

/*
 * Which lines this CPU's vectors are (x86): where the kernel counts each. At the end, which of them
 * are still those of the beginning: a line given back and taken again is counted elsewhere.
 */
static __always_inline void find_line(u64 desc_address, u32 when)
{
	struct why_line *line;
	u32 irq = 0, place;
	u64 counter = 0;

	/* Unused and retired vectors: small negative errors (arch/x86/include/asm/hw_irq.h). */
	if ((s64)desc_address >= -4096 || !desc_address)
		return;
	if (why_compat_line(desc_address, &irq, &counter))
		return;
	line = line_of(irq, &place);
	if (!line)
		return;
	if (when == WHY_READ_END)
		line->has_end = line->counter == counter;
	else if (!line->counter)
		line->counter = counter;
}

static long find_vector(u32 i, struct walk *walk)
{
	find_line(read_count_at(walk->base, why_cfg.counts.vector_irq + 8 * (int)i, 8),
		  walk->when);
	return 0;
}

static __always_inline void find_lines(const struct why_cpu *cpu, u32 when)
{
	struct walk walk = { .base = WHY_LOAD(cpu->rq_address), .when = when };

	if (why_cfg.counts.vector_irq && walk.base)
		each(256, find_vector, &walk);
}

/* This CPU begins to count. */
WHY_RARE int begin_counts(struct why_cpu *cpu, u32 id)
{
	if (!cpu)
		return 0;
	find_lines(cpu, WHY_READ_BEGIN);
	return read_still(cpu, id, WHY_READ_BEGIN);
}

#endif
