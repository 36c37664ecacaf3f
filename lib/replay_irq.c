// SPDX-License-Identifier: GPL-2.0-only
/*
 * The replay's events of interrupts, softirqs and rows with a key: see replay.h. The order within
 * each event is the recording adapter's (hooks/irq.c, delivery.c, work.c).
 */
#include "lib/replay_state.h"

static void count_verdict(struct why_cpu *cpu, u32 verdict)
{
	if (verdict == WHY_ACCOUNT_UNPAIRED)
		cpu->lost[WHY_LOSS_UNPAIRED]++;
	else if (verdict == WHY_ACCOUNT_CLOCK_BACK)
		cpu->lost[WHY_LOSS_CLOCK_BACK]++;
}

static void edge(struct why_cpu *cpu, u32 what, u64 now)
{
	count_verdict(cpu, why_account_take(&cpu->account, what, now));
}

static u32 hard_depth(const struct why_cpu *cpu)
{
	return ((u32)cpu->account.word & WHY_CTX_HARD) / WHY_CTX_HARD_ONE;
}

static void begin_hard(struct why_cpu *cpu, u64 now)
{
	edge(cpu, WHY_EDGE_HARDIRQ_ENTRY, now);
	why_irq_enter(&cpu->irqs, hard_depth(cpu) - 1, now);
}

/* When it began, or 0 where that was not seen. */
static u64 end_hard(struct why_cpu *cpu, u64 now)
{
	edge(cpu, WHY_EDGE_HARDIRQ_EXIT, now);
	return why_irq_leave(&cpu->irqs, hard_depth(cpu));
}

/* The row of `key` at any of its places, made if need be; NULL, and a loss, without room. */
static struct why_keyed *find_row(struct why_replay *r, struct why_cpu *cpu, u64 key)
{
	struct why_keyed *row;
	u32 i;

	for (i = 0; i < WHY_KEYED_PROBES; i++) {
		row = &r->tables.keyed[why_keyed_place(key, i, r->config.keyed_shift)];
		if (!row->key)
			row->key = key;
		if (row->key == key)
			return row;
	}
	cpu->lost[WHY_LOSS_ROW_DROPPED]++;
	return NULL;
}

/* Adds a length that ends at `e` to a row. */
static void add(struct why_replay *r, const struct why_event *e, struct why_keyed *row, u64 ns,
		u64 who)
{
	u32 kind = why_key_kind(row->key);

	if (why_keyed_add(row, ns)) {
		row->worst_at_ns = e->at_ns;
		row->worst_who = who;
	}
	/* A file may give a row any key. */
	if (kind < WHY_KIND_NR_TASK || kind >= WHY_KIND_NR)
		return;
	why_replay_tell_length(r, (struct why_sample){
		.kind = kind, .cpu = e->cpu, .begin_ns = e->at_ns - ns,
		.end_ns = e->at_ns, .key = row->key,
	});
}

static void add_to(struct why_replay *r, const struct why_event *e, struct why_keyed **quick,
		   u32 kind, u32 id, u64 ns, u64 who)
{
	struct why_cpu *cpu = &r->tables.cpus[e->cpu];
	struct why_keyed *row = quick[id % WHY_REPLAY_QUICK];

	if (!row)
		row = quick[id % WHY_REPLAY_QUICK] =
			find_row(r, cpu, why_key(kind, e->cpu, id));
	if (!row)
		return;
	if ((s64)ns < 0)
		cpu->lost[WHY_LOSS_CLOCK_BACK]++;
	else
		add(r, e, row, ns, who);
}

static bool is_asked(const struct why_replay *r, u32 kind)
{
	return r->config.kinds >> kind & 1;
}

static void enter_line(struct why_replay *r, const struct why_event *e)
{
	struct why_cpu *cpu = &r->tables.cpus[e->cpu];
	u32 irq = why_record_a(e->body), place = irq % WHY_LINES;
	struct why_line *line = &r->tables.lines[place];

	begin_hard(cpu, e->at_ns);
	if (!why_record_extra(e->body))
		return;
	cpu->irqs.seen.lines++;
	if (!line->id)
		line->id = irq + 1;
	if (line->id == irq + 1)
		r->tables.counts[(size_t)e->cpu * WHY_LINES + place].seen++;
	else
		cpu->lost[WHY_LOSS_ROW_DROPPED]++;
}

static struct why_keyed *row_at(struct why_replay *r, u32 place)
{
	if (place < r->tables.nr_keyed && r->tables.keyed[place].key)
		return &r->tables.keyed[place];
	r->nr_nonsense++;
	return NULL;
}

static void leave_line(struct why_replay *r, const struct why_event *e)
{
	u64 begin = end_hard(&r->tables.cpus[e->cpu], e->at_ns);
	u32 place = why_record_b(e->body);
	struct why_keyed *row = place ? row_at(r, place - 1) : NULL;

	if (!row || !begin)
		return;
	if (why_record_extra(e->body) & WHY_IRQ_UNHANDLED)
		row->nr_unhandled++;
	else if (e->at_ns >= begin)
		add(r, e, row, e->at_ns - begin, 0);
}

static void enter_vector(struct why_replay *r, const struct why_event *e)
{
	u32 vector = why_record_vector_of(e->body);
	u64 flight = why_record_vector_flight(e->body);
	struct why_cpu *cpu = &r->tables.cpus[e->cpu];

	begin_hard(cpu, e->at_ns);
	if (vector >= WHY_VECTOR_NR) {
		r->nr_nonsense++;
		return;
	}
	cpu->irqs.seen.vectors[why_vector_counter(vector)]++;
	if (flight)
		add_to(r, e, r->state[e->cpu].flight, WHY_KIND_IPI, vector, flight - 1,
		       why_record_vector_sender(e->body));
}

static void leave_vector(struct why_replay *r, const struct why_event *e)
{
	u64 begin = end_hard(&r->tables.cpus[e->cpu], e->at_ns);
	u32 vector = why_record_vector_of(e->body);

	if (vector >= WHY_VECTOR_NR)
		r->nr_nonsense++;
	else if (begin && is_asked(r, WHY_KIND_VECTOR))
		add_to(r, e, r->state[e->cpu].vector, WHY_KIND_VECTOR, vector, e->at_ns - begin, 0);
}

static void enter_softirq(struct why_replay *r, const struct why_event *e)
{
	struct why_cpu *cpu = &r->tables.cpus[e->cpu];
	u64 wait = why_record_softirq_wait(e->body);
	u32 nr = why_record_a(e->body);
	bool is_within = r->config.is_rt && cpu->irqs.softirq_ns;

	edge(cpu, WHY_EDGE_SOFTIRQ_ENTRY, e->at_ns);
	if (nr >= WHY_SOFTIRQ_NR) {
		r->nr_nonsense++;
		return;
	}
	cpu->irqs.seen.softirqs[nr]++;
	if (is_within)
		count_verdict(cpu, WHY_ACCOUNT_UNPAIRED);
	cpu->irqs.softirq_ns = is_within ? 0 : e->at_ns;
	cpu->irqs.softirq_mark_ns = cpu->account.ns[WHY_CLASS_SOFTIRQ];
	if (wait)
		add_to(r, e, r->state[e->cpu].softirq_wait, WHY_KIND_SOFTIRQ_WAIT, nr, wait - 1, 0);
}

static void leave_softirq(struct why_replay *r, const struct why_event *e)
{
	struct why_cpu *cpu = &r->tables.cpus[e->cpu];
	struct why_keyed **quick = r->state[e->cpu].softirq_run;
	u32 nr = why_record_a(e->body);
	u64 begin = cpu->irqs.softirq_ns;

	edge(cpu, WHY_EDGE_SOFTIRQ_EXIT, e->at_ns);
	if (nr >= WHY_SOFTIRQ_NR) {
		r->nr_nonsense++;
		return;
	}
	cpu->irqs.softirq_ns = 0;
	if (!begin || !is_asked(r, WHY_KIND_SOFTIRQ_RUN))
		return;
	add_to(r, e, quick, WHY_KIND_SOFTIRQ_RUN, nr, e->at_ns - begin, 0);
	if (quick[nr])
		quick[nr]->part_ns[0] += cpu->account.ns[WHY_CLASS_SOFTIRQ] -
					 cpu->irqs.softirq_mark_ns;
}

/* A length that the adapter measured: of a timer's delivery, a work item, a thread. */
static void take_sample(struct why_replay *r, const struct why_event *e)
{
	struct why_keyed *row = row_at(r, why_record_sample_place(e->body));
	struct why_replay_cpu *s = &r->state[e->cpu];
	u64 ns = why_record_sample_ns(e->body);

	if (!row)
		return;
	add(r, e, row, ns, 0);
	if (why_key_kind(row->key) == WHY_KIND_THREAD) {
		row->part_ns[0] += s->part_ns;
		row->part_ns[1] += ns - s->part_ns;
	}
	s->part_ns = 0;
}

void why_replay_interrupt(struct why_replay *r, const struct why_event *e)
{
	switch (e->type) {
	case WHY_RECORD_IRQ_ENTRY:
		return enter_line(r, e);
	case WHY_RECORD_IRQ_EXIT:
		return leave_line(r, e);
	case WHY_RECORD_VECTOR_ENTRY:
		return enter_vector(r, e);
	case WHY_RECORD_VECTOR_EXIT:
		return leave_vector(r, e);
	case WHY_RECORD_SOFTIRQ_ENTRY:
		return enter_softirq(r, e);
	case WHY_RECORD_SOFTIRQ_EXIT:
		return leave_softirq(r, e);
	case WHY_RECORD_SCHED_ENTRY:
		return edge(&r->tables.cpus[e->cpu], WHY_EDGE_SCHED_ENTRY, e->at_ns);
	case WHY_RECORD_SCHED_EXIT:
		return edge(&r->tables.cpus[e->cpu], WHY_EDGE_SCHED_EXIT, e->at_ns);
	case WHY_RECORD_PART:
		r->state[e->cpu].part_ns = why_record_sample_ns(e->body);
		return;
	case WHY_RECORD_SAMPLE:
		return take_sample(r, e);
	default:
		r->nr_nonsense++;
	}
}
