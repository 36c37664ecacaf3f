// SPDX-License-Identifier: GPL-2.0-only
/* Whether another CPU could have run who waited: see why_violation.idle. */
#include "lib/watch_state.h"

#include <stdlib.h>

enum { MOST_SPANS = 5000 };

/* Cuts out of an idle span what of it the task waited for that very CPU, and keeps the rest. */
static int keep_elsewhere(const struct why_violation *v, struct why_span idle,
			  struct why_spans *into)
{
	const struct why_span *s;
	struct why_span part;
	size_t i;
	int rc = 0;

	for (i = 0; !rc && i < v->spans.nr; i++) {
		s = &v->spans.span[i];
		if (s->cpu != idle.cpu || s->end_ns <= idle.begin_ns || s->begin_ns >= idle.end_ns)
			continue;
		part = idle;
		part.end_ns = s->begin_ns;
		if (part.end_ns > part.begin_ns)
			rc = why_spans_add(into, &part);
		idle.begin_ns = s->end_ns < idle.end_ns ? s->end_ns : idle.end_ns;
	}
	return rc ?: why_spans_add(into, &idle);
}

/* What CPU `cpu` was idle while the task waited for another. */
static int add_idle(const struct why_watch *w, const struct why_violation *v, u32 cpu,
		    struct why_spans *into)
{
	struct why_spans did = { 0 };
	int rc = why_history_spans(w->history, cpu, v->begin_ns, v->end_ns, &did);
	size_t i;

	for (i = 0; !rc && i < did.nr; i++)
		if (did.span[i].class_ == WHY_CLASS_IDLE)
			rc = keep_elsewhere(v, did.span[i], into);
	why_spans_free(&did);
	return rc;
}

static u64 length_of(const struct why_spans *s)
{
	u64 ns = 0;
	size_t i;

	for (i = 0; i < s->nr; i++)
		ns += s->span[i].end_ns - s->span[i].begin_ns;
	return ns;
}

static int by_begin(const void *a, const void *b)
{
	const struct why_span *l = a, *r = b;

	return (l->begin_ns > r->begin_ns) - (l->begin_ns < r->begin_ns);
}

/* How long at least one of them was. */
static u64 union_of(struct why_spans *s)
{
	u64 ns = 0, until = 0, begin;
	size_t i;

	if (s->nr)
		qsort(s->span, s->nr, sizeof(*s->span), by_begin);
	for (i = 0; i < s->nr; i++) {
		begin = s->span[i].begin_ns > until ? s->span[i].begin_ns : until;
		if (s->span[i].end_ns > begin) {
			ns += s->span[i].end_ns - begin;
			until = s->span[i].end_ns;
		}
	}
	return ns;
}

int why_watch_add_idle(const struct why_watch *w, struct why_violation *v)
{
	struct why_spans all = { 0 }, one;
	size_t i;
	u32 cpu;
	u64 ns;
	int rc = 0;

	/* So many pieces by so many would take too long while events come. */
	if (!w->config.is_allowed || v->kind >= WHY_KIND_NR_WAITS || v->spans.nr > MOST_SPANS)
		return 0;
	for (cpu = 0; !rc && cpu < w->config.nr_cpus; cpu++) {
		switch (w->config.is_allowed(w->config.arg, v->pid, cpu)) {
		case WHY_ALLOWED_UNKNOWN:
			why_spans_free(&all);
			return 0;
		case WHY_ALLOWED_NOT:
			continue;
		default:
			break;
		}
		one = (struct why_spans){ 0 };
		rc = add_idle(w, v, cpu, &one);
		ns = length_of(&one);
		if (ns > v->idle.ns) {
			v->idle.ns = ns;
			v->idle.cpu = cpu;
		}
		for (i = 0; !rc && i < one.nr; i++)
			rc = why_spans_add(&all, &one.span[i]);
		why_spans_free(&one);
	}
	v->idle.is_known = true;
	v->idle.any_ns = union_of(&all);
	why_spans_free(&all);
	return rc;
}
