// SPDX-License-Identifier: GPL-2.0-only
/* The last records of every CPU: see history.h. */
#include "lib/history.h"

#include "core/cpu.h"

#include <errno.h>
#include <stdlib.h>

enum {
	IS_BREAK = 0x80,	/* beside a record's type */
	NO_SOFTIRQ = WHY_SOFTIRQ_NR,
	MOST_NESTING = WHY_CTX_HARD / WHY_CTX_HARD_ONE + 1,
};

struct lane {
	struct why_record *record;	/* [1 << shift] */
	u64 head;			/* records added so far */
	u64 last_ns;			/* of the last one */
	u64 gap_ns;			/* of the last LOST; 0: none */
};

struct why_history {
	u32 nr_cpus, shift;
	struct lane *lanes;
};

/* What a CPU does, as its records tell. */
struct state {
	u32 context;
	u32 pid;
	bool has_pid;
	u32 softirq;
	u64 raised_ns;				/* of it; 0: not known */
	struct why_who raiser;
	struct why_who hard[MOST_NESTING];	/* outermost first, from 1 on */
	u64 at_ns;				/* since when */
	u64 switch_ns;				/* of the last switch; 0: none seen */
};

struct why_history *why_history_new(u32 nr_cpus, u32 shift)
{
	struct why_history *h = calloc(1, sizeof(*h));
	u32 i;

	if (!h)
		return NULL;
	h->nr_cpus = nr_cpus;
	h->shift = shift;
	h->lanes = calloc(nr_cpus, sizeof(*h->lanes));
	for (i = 0; h->lanes && i < nr_cpus; i++) {
		h->lanes[i].record = calloc(1ULL << shift, sizeof(struct why_record));
		if (!h->lanes[i].record)
			break;
	}
	if (h->lanes && i == nr_cpus)
		return h;
	why_history_free(h);
	return NULL;
}

void why_history_free(struct why_history *h)
{
	u32 i;

	if (!h)
		return;
	for (i = 0; h->lanes && i < h->nr_cpus; i++)
		free(h->lanes[i].record);
	free(h->lanes);
	free(h);
}

void why_history_add(struct why_history *h, const struct why_event *e, u32 context, bool is_break)
{
	struct lane *lane = &h->lanes[e->cpu];
	u32 type = e->type;
	struct why_record *r = &lane->record[lane->head++ & ((1ULL << h->shift) - 1)];

	r->head = why_record_head(e->at_ns, context, type | (is_break ? IS_BREAK : 0));
	r->body = e->body;
	lane->last_ns = e->at_ns;
	if (type == WHY_RECORD_LOST)
		lane->gap_ns = e->at_ns;
}

/* --- records of one CPU, by position --- */

static u64 first_of(const struct why_history *h, const struct lane *lane)
{
	u64 size = 1ULL << h->shift;

	return lane->head > size ? lane->head - size : 0;
}

static const struct why_record *at(const struct why_history *h, const struct lane *lane,
				   u64 position)
{
	return &lane->record[position & ((1ULL << h->shift) - 1)];
}

static u64 time_at(const struct why_history *h, const struct lane *lane, u64 position)
{
	return why_record_time(at(h, lane, position), lane->last_ns);
}

static u32 type_of(const struct why_record *r)
{
	return why_record_type(r) & ~IS_BREAK;
}

static u32 context_of(const struct why_record *r)
{
	return why_record_lap(r);
}

/* The first record later than `ns`. */
static u64 position_after(const struct why_history *h, const struct lane *lane, u64 ns)
{
	u64 low = first_of(h, lane), high = lane->head, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (time_at(h, lane, middle) > ns)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

u64 why_history_whole_since(const struct why_history *h, u32 cpu)
{
	const struct lane *lane = &h->lanes[cpu];
	u64 first;

	if (!lane->head)
		return ~0ULL;
	first = time_at(h, lane, first_of(h, lane));
	return lane->gap_ns > first ? lane->gap_ns : first;
}

/* --- what a CPU does --- */

static u32 depth_of(u32 context)
{
	return (context & WHY_CTX_HARD) / WHY_CTX_HARD_ONE;
}

/* When the softirq that begins now was raised; 0: not known. */
static u64 raised_at(const struct why_record *r, u64 ns)
{
	u64 wait = why_record_softirq_wait(r->body);

	return wait && wait <= ns ? ns + 1 - wait : 0;
}

/* Takes a record: from its time on the CPU does what it tells. */
static void step(struct state *s, const struct why_record *r, u64 ns)
{
	u32 depth;

	s->context = context_of(r);
	s->at_ns = ns;
	depth = depth_of(s->context);
	switch (type_of(r)) {
	case WHY_RECORD_SWITCH:
		s->pid = why_record_a(r->body);
		s->has_pid = true;
		s->softirq = NO_SOFTIRQ;
		s->switch_ns = ns;
		return;
	case WHY_RECORD_BEGIN:
		s->pid = why_record_a(r->body);
		s->has_pid = true;
		return;
	case WHY_RECORD_OFFLINE:
	case WHY_RECORD_LOST:
		s->has_pid = false;
		s->switch_ns = ns;
		return;
	case WHY_RECORD_IRQ_ENTRY:
		s->hard[depth] = (struct why_who){ WHY_ACTOR_LINE, why_record_a(r->body) };
		return;
	case WHY_RECORD_VECTOR_ENTRY:
		s->hard[depth] = (struct why_who){ WHY_ACTOR_VECTOR,
						   why_record_vector_of(r->body) };
		return;
	case WHY_RECORD_SOFTIRQ_ENTRY:
		s->softirq = why_record_a(r->body);
		s->raised_ns = raised_at(r, ns);
		return;
	default:
		return;
	}
}

static bool is_clean(const struct why_record *r)
{
	u32 type = type_of(r);

	return (type == WHY_RECORD_SWITCH || type == WHY_RECORD_BEGIN) &&
	       !(context_of(r) & (WHY_CTX_HARD | WHY_CTX_SOFT));
}

/*
 * How the CPU stood before the record at `position`. Back to where nothing but a task had it, then
 * forward.
 */
static void state_before(const struct why_history *h, const struct lane *lane, u64 position,
			 struct state *ret)
{
	u64 first = first_of(h, lane), from = position;

	*ret = (struct state){ .context = WHY_BASE_UNSEEN, .softirq = NO_SOFTIRQ };
	while (from > first && !is_clean(at(h, lane, from - 1)))
		from--;
	if (from > first)
		from--;
	for (; from < position; from++)
		step(ret, at(h, lane, from), time_at(h, lane, from));
}

static struct why_who who_of(const struct state *s, u32 class_)
{
	struct why_who who = { WHY_ACTOR_NONE, 0 };

	if (class_ == WHY_CLASS_HARDIRQ)
		return s->hard[depth_of(s->context)];
	if (class_ == WHY_CLASS_SOFTIRQ && s->softirq < WHY_SOFTIRQ_NR)
		return (struct why_who){ WHY_ACTOR_SOFTIRQ, s->softirq };
	if (class_ == WHY_CLASS_TASK && s->has_pid)
		return (struct why_who){ WHY_ACTOR_TASK, s->pid };
	return who;
}

/* Who had the CPU when the softirq under way was raised: it is raised on its own CPU. */
static void find_raiser(const struct why_history *h, const struct lane *lane, struct state *s)
{
	struct state then;

	s->raiser.actor = WHY_ACTOR_NONE;
	if (s->softirq == NO_SOFTIRQ || !s->raised_ns)
		return;
	state_before(h, lane, position_after(h, lane, s->raised_ns), &then);
	s->raiser = who_of(&then, why_context_class(then.context));
}

/* Whether `b` goes on with what `a` is. */
static bool is_same(const struct why_span *a, const struct why_span *b)
{
	return a->end_ns == b->begin_ns && a->cpu == b->cpu && a->class_ == b->class_ &&
	       a->who.actor == b->who.actor && a->who.id == b->who.id && a->pid == b->pid &&
	       a->raiser.actor == b->raiser.actor && a->raiser.id == b->raiser.id;
}

/* Adds to the spans from `first` on. */
static int add_span(const struct state *s, u32 cpu, u64 from, u64 to, struct why_spans *into,
		    size_t first)
{
	u32 class_ = why_context_class(s->context);
	struct why_span span = {
		.begin_ns = s->at_ns > from ? s->at_ns : from, .end_ns = to, .cpu = cpu,
		.class_ = class_, .who = who_of(s, class_), .pid = s->has_pid ? s->pid : 0,
	};

	if (span.who.actor == WHY_ACTOR_SOFTIRQ)
		span.raiser = s->raiser;

	/* Records that change nothing divide nothing; switches do, see unsee(). */
	if (into->nr > first && is_same(&into->span[into->nr - 1], &span) &&
	    span.begin_ns != s->switch_ns && span.end_ns > span.begin_ns) {
		into->span[into->nr - 1].end_ns = to;
		return 0;
	}
	return why_spans_add(into, &span);
}

/* Events were hidden: what the task or idle seemed to have since the last switch nobody knows. */
static void unsee(struct why_spans *spans, size_t from, u64 switch_ns)
{
	struct why_span *s;

	for (; from < spans->nr; from++) {
		s = &spans->span[from];
		if (s->begin_ns < switch_ns)
			continue;
		s->pid = 0;
		if (s->class_ != WHY_CLASS_TASK && s->class_ != WHY_CLASS_IDLE)
			continue;
		s->class_ = WHY_CLASS_UNSEEN;
		s->who.actor = WHY_ACTOR_NONE;
	}
}

/* Whether the next switch, from `position` on, tells that some were hidden before it. */
static bool is_break_next(const struct why_history *h, const struct lane *lane, u64 position)
{
	const struct why_record *r;
	u32 type;

	for (; position < lane->head; position++) {
		r = at(h, lane, position);
		type = type_of(r);
		if (type == WHY_RECORD_SWITCH)
			return why_record_type(r) & IS_BREAK;
		if (type == WHY_RECORD_BEGIN || type == WHY_RECORD_OFFLINE ||
		    type == WHY_RECORD_LOST)
			return false;
	}
	return false;
}

int why_history_spans(const struct why_history *h, u32 cpu, u64 from, u64 to,
		      struct why_spans *into)
{
	const struct lane *lane = &h->lanes[cpu];
	u64 position = position_after(h, lane, from), ns = from;
	size_t first = into->nr;
	const struct why_record *r;
	struct state s;
	int rc = 0;

	state_before(h, lane, position, &s);
	find_raiser(h, lane, &s);
	for (; !rc && position < lane->head; position++) {
		r = at(h, lane, position);
		ns = time_at(h, lane, position);
		if (ns > to)
			break;
		/* Records are missing behind the last one. */
		if (type_of(r) == WHY_RECORD_LOST)
			s.context = WHY_BASE_UNSEEN;
		rc = add_span(&s, cpu, from, ns, into, first);
		if (why_record_type(r) & IS_BREAK)
			unsee(into, first, s.switch_ns);
		step(&s, r, ns);
		if (type_of(r) == WHY_RECORD_SOFTIRQ_ENTRY)
			find_raiser(h, lane, &s);
	}
	rc = rc ?: add_span(&s, cpu, from, to, into, first);
	if (is_break_next(h, lane, position))
		unsee(into, first, s.switch_ns);
	return rc;
}

/* --- windows --- */

struct why_event *why_history_events(const struct why_history *h, u32 cpu, u64 from, u64 to,
				     size_t *ret_n)
{
	const struct lane *lane = &h->lanes[cpu];
	u64 position, end, ns;
	struct why_event *events;
	struct state s;
	size_t n = 0;

	*ret_n = 0;
	/* What came before a gap, or is no longer kept, is not this CPU's beginning. */
	if (why_history_whole_since(h, cpu) != ~0ULL && why_history_whole_since(h, cpu) > from)
		from = why_history_whole_since(h, cpu);
	position = position_after(h, lane, from ? from - 1 : 0);
	for (end = position; end < lane->head && time_at(h, lane, end) <= to; end++)
		;
	events = calloc(end - position + 2, sizeof(*events));
	if (!events || !lane->head || time_at(h, lane, first_of(h, lane)) > to)
		return events;
	state_before(h, lane, position, &s);
	events[n++] = why_event_of(cpu, from, WHY_RECORD_BEGIN,
			    why_record_body(s.has_pid ? s.pid : 0, s.context, 1));
	for (; position < end; position++) {
		ns = time_at(h, lane, position);
		events[n++] = why_event_of(cpu, ns, type_of(at(h, lane, position)),
				    at(h, lane, position)->body);
	}
	events[n++] = why_event_of(cpu, to, WHY_RECORD_END, 0);
	*ret_n = n;
	return events;
}

/* --- tasks --- */

/* What record `r` of CPU `cpu` tells of where task `pid` is; false: nothing. */
static bool step_of(const struct why_record *r, u32 cpu, u32 pid, struct why_step_at *ret)
{
	u32 type = type_of(r), extra = why_record_extra(r->body);

	ret->cpu = cpu;
	ret->stood = WHY_STANDS_WAITING;
	if (type == WHY_RECORD_SWITCH && why_record_a(r->body) == pid) {
		ret->stand = WHY_STANDS_RUNNING;
	} else if (type == WHY_RECORD_SWITCH && why_record_b(r->body) == pid) {
		ret->stood = WHY_STANDS_RUNNING;
		ret->stand = extra & (WHY_OUT_RUNNABLE | WHY_SWITCH_WOKEN) ? WHY_STANDS_WAITING :
									     WHY_STANDS_ASLEEP;
	} else if (why_record_a(r->body) != pid) {
		return false;
	} else if (type == WHY_RECORD_WAKING && extra & WHY_WAKING_OPENS) {
		ret->cpu = why_record_b(r->body);
		ret->stand = WHY_STANDS_WAITING;
		ret->stood = WHY_STANDS_ASLEEP;
	} else if (type == WHY_RECORD_MIGRATE) {
		ret->cpu = extra;
		ret->stand = WHY_STANDS_WAITING;
	} else if (type == WHY_RECORD_NEW) {
		ret->stand = WHY_STANDS_WAITING;
	} else {
		return false;
	}
	return true;
}

/* The same of the record at `position`. */
static bool step_at(const struct why_history *h, u32 cpu, u64 position, u32 pid,
		    struct why_step_at *ret)
{
	const struct lane *lane = &h->lanes[cpu];

	ret->at_ns = time_at(h, lane, position);
	return step_of(at(h, lane, position), cpu, pid, ret) && ret->cpu < h->nr_cpus;
}

/* Adds a step in its order of time. Returns the list, or NULL without memory. */
static struct why_step_at *put_step(struct why_step_at *steps, size_t *nr,
				    const struct why_step_at *new)
{
	size_t i = *nr;

	if (!(i & (i - 1))) {
		struct why_step_at *larger = realloc(steps, (i ? 2 * i : 1) * sizeof(*steps));

		if (!larger)
			free(steps);
		steps = larger;
	}
	if (!steps)
		return NULL;
	for (; i && steps[i - 1].at_ns > new->at_ns; i--)
		steps[i] = steps[i - 1];
	steps[i] = *new;
	(*nr)++;
	return steps;
}

struct why_step_at *why_history_path(const struct why_history *h, u32 pid, u64 from, u64 to,
				     size_t *ret_n)
{
	struct why_step_at *steps = NULL, s;
	const struct lane *lane;
	u64 position;
	u32 cpu;

	*ret_n = 0;
	for (cpu = 0; cpu < h->nr_cpus; cpu++) {
		lane = &h->lanes[cpu];
		position = position_after(h, lane, from ? from - 1 : 0);
		for (; position < lane->head; position++) {
			if (time_at(h, lane, position) > to)
				break;
			if (!step_at(h, cpu, position, pid, &s))
				continue;
			steps = put_step(steps, ret_n, &s);
			if (!steps)
				return NULL;
		}
	}
	return steps ? steps : calloc(1, sizeof(*steps));
}

u64 why_history_settled(const struct why_history *h, u32 pid, u64 from, u64 to)
{
	const struct lane *lane;
	struct why_step_at s;
	u64 position, first, latest = from;
	u32 cpu;

	for (cpu = 0; cpu < h->nr_cpus; cpu++) {
		lane = &h->lanes[cpu];
		first = first_of(h, lane);
		position = position_after(h, lane, to);
		while (position-- > first && time_at(h, lane, position) > latest)
			if (step_at(h, cpu, position, pid, &s) &&
			    (s.stand != WHY_STANDS_WAITING || s.stood != WHY_STANDS_WAITING))
				latest = s.at_ns;
	}
	return latest;
}

/* The last position from `since` to `end` of a waking of task `pid`; ~0: none. */
static u64 find_waking(const struct why_history *h, const struct lane *lane, u32 pid, u64 since,
		       u64 end, bool may_pend)
{
	u64 first = first_of(h, lane), position = end;
	const struct why_record *r;

	while (position-- > first && time_at(h, lane, position) >= since) {
		r = at(h, lane, position);
		if (type_of(r) == WHY_RECORD_WAKING && why_record_a(r->body) == pid &&
		    (may_pend || why_record_extra(r->body) & WHY_WAKING_OPENS))
			return position;
	}
	return ~0ULL;
}

bool why_history_waking(const struct why_history *h, u32 pid, u64 since, u64 at_ns, bool may_pend,
			struct why_wake *ret)
{
	u64 position, ns, latest = 0;
	const struct lane *lane;
	struct state s;
	u32 cpu;

	for (cpu = 0; cpu < h->nr_cpus; cpu++) {
		lane = &h->lanes[cpu];
		position = find_waking(h, lane, pid, since, position_after(h, lane, at_ns),
				       may_pend);
		ns = position == ~0ULL ? 0 : time_at(h, lane, position);
		if (ns <= latest)
			continue;
		since = latest = ns;
		state_before(h, lane, position, &s);
		*ret = (struct why_wake){
			.at_ns = ns, .pid = pid, .cpu = cpu,
			.waker = who_of(&s, why_context_class(s.context)),
			.waker_pid = s.has_pid ? s.pid : 0,
		};
	}
	return latest != 0;
}
