// SPDX-License-Identifier: GPL-2.0-only
/* See stall.h. */
#include "core/stall.h"

static void mark(struct why_stall_cpu *c, u64 now, u64 stolen_ns, u32 is_exit, u32 is_idle)
{
	struct why_stall_mark *m = &c->marks[c->nr_marks % WHY_STALL_MARKS];

	m->at_ns = now;
	m->stolen_ns = stolen_ns;
	m->is_exit = is_exit;
	m->is_idle = is_idle;
	c->nr_marks++;
}

WHY_HIDDEN void why_stall_enter(struct why_stall_cpu *c, u64 now, u32 vector, u64 stolen_ns,
				u32 is_idle)
{
	/* A vector's handler is within none: an exit was not seen. */
	if (c->entry_ns && vector == WHY_STALL_DEVICE) {
		c->depth++;
		return;
	}
	c->depth = 0;
	mark(c, now, stolen_ns, 0, is_idle);
	c->entry_ns = now;
	c->vector = vector;
	c->is_idle = is_idle;
}

WHY_INLINE u64 less(u64 a, u64 b)
{
	return a > b ? a - b : 0;
}

WHY_HIDDEN u32 why_stall_leave(struct why_stall_cpu *c, u64 now, u64 stolen_ns,
			       struct why_stall *ret)
{
	/* Handlers do not interrupt each other: the last mark is its entry. */
	const struct why_stall_mark *entry = &c->marks[(c->nr_marks - 1) % WHY_STALL_MARKS];
	u64 length = c->entry_ns ? now - c->entry_ns : 0;

	if (c->depth) {
		c->depth--;
		return 0;
	}
	ret->end_ns = now;
	ret->most_ns = length;
	ret->stolen_ns = less(stolen_ns, entry->stolen_ns);
	ret->least_ns = less(length, ret->stolen_ns);
	ret->kind = WHY_STALL_IRQSOFF;
	ret->handler = c->vector + 1;
	ret->is_behind = 0;
	if (c->vector == WHY_VECTOR_LOCAL_TIMER)
		c->tally.timer_ns += length;
	c->entry_ns = 0;
	mark(c, now, stolen_ns, 1, 0);
	if (length >= c->over_ns && ret->least_ns < c->over_ns)
		c->tally.nr_stolen++;
	return ret->least_ns >= c->over_ns;
}

/* The mark that came `back` marks before the last one, or NULL. */
WHY_INLINE const struct why_stall_mark *mark_before(const struct why_stall_cpu *c, u32 back)
{
	return back < c->nr_marks ? &c->marks[(c->nr_marks - 1 - back) % WHY_STALL_MARKS] : 0;
}

/* The marks on either side of `due_ns`; 0 where they are gone. */
WHY_INLINE u32 find_marks(const struct why_stall_cpu *c, u64 due_ns,
			  const struct why_stall_mark **ret_before,
			  const struct why_stall_mark **ret_after)
{
	const struct why_stall_mark *m;
	u32 back;

	*ret_after = 0;
	for (back = 0; back < WHY_STALL_MARKS; back++) {
		m = mark_before(c, back);
		if (!m)
			return 0;
		if (m->at_ns <= due_ns) {
			*ret_before = m;
			return *ret_after != 0;
		}
		*ret_after = m;
	}
	return 0;
}

WHY_HIDDEN u32 why_stall_due(struct why_stall_cpu *c, u64 due_ns, u32 is_timer,
			     struct why_stall *ret)
{
	const struct why_stall_mark *before, *after;
	u64 late_ns;

	/* Inside its own interrupt, or before we looked: nothing was late here. */
	if (!c->entry_ns || due_ns >= c->entry_ns || due_ns < c->begin_ns)
		return 0;
	late_ns = c->entry_ns - due_ns;
	if (late_ns < c->over_ns) {
		if (is_timer)
			c->usual_ns += (late_ns >> 4) - (c->usual_ns >> 4);
		return 0;
	}
	/* What waited for its end comes right after it; else what we know of is another one. */
	if (!find_marks(c, due_ns, &before, &after) || c->entry_ns - after->at_ns >= c->over_ns) {
		c->tally.nr_unplaced++;
		return 0;
	}
	/* Behind another handler: that one's length is known. Out of sleep: another matter. */
	if (after->is_exit || after->is_idle)
		return 0;
	ret->end_ns = after->at_ns;
	ret->most_ns = after->at_ns - before->at_ns;
	ret->stolen_ns = after->stolen_ns - before->stolen_ns;
	ret->least_ns = less(less(after->at_ns - due_ns, c->usual_ns), ret->stolen_ns);
	ret->kind = WHY_STALL_IRQSOFF;
	ret->handler = 0;
	ret->is_behind = after->at_ns != c->entry_ns;
	if (ret->least_ns >= c->over_ns)
		return 1;
	if (ret->least_ns + ret->stolen_ns >= c->over_ns)
		c->tally.nr_stolen++;
	return 0;
}

/* What the hypervisor had taken by `at_ns`, or a little before; where that is forgotten, all. */
WHY_INLINE u64 stolen_by(const struct why_stall_cpu *c, u64 at_ns, u64 stolen_ns)
{
	const struct why_stall_mark *m;
	u32 back;

	for (back = 0; back < WHY_STALL_MARKS; back++) {
		m = mark_before(c, back);
		if (m && m->at_ns <= at_ns)
			return m->stolen_ns;
	}
	return stolen_ns;
}

WHY_HIDDEN u32 why_stall_switch(struct why_stall_cpu *c, u64 now, u64 switches, u64 stolen_ns,
				struct why_stall *ret)
{
	u64 since = WHY_LOAD(c->resched_ns), before = c->switch_ns;

	c->switch_ns = now;
	if (!since)
		return 0;
	WHY_STORE(c->resched_ns, 0);
	if (since < c->begin_ns || less(now, since) < c->over_ns)
		return 0;
	if (switches != c->resched_switches || !before) {
		c->tally.nr_unplaced++;
		return 0;
	}
	ret->end_ns = now;
	ret->stolen_ns = less(stolen_ns, stolen_by(c, since, stolen_ns));
	ret->least_ns = less(now - since, ret->stolen_ns);
	ret->most_ns = now - (before < since ? before : since);
	ret->kind = WHY_STALL_PREEMPTOFF;
	ret->handler = 0;
	ret->is_behind = 0;
	if (ret->least_ns < c->over_ns)
		c->tally.nr_stolen++;
	return ret->least_ns >= c->over_ns;
}
