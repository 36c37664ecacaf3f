// SPDX-License-Identifier: GPL-2.0-only
/* See stall_log.h. */
#include "lib/stall_log.h"

#include "lib/stalls.h"
#include "lib/symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 1024, SAME = 64 };

struct why_stall_log {
	struct why_symbols *symbols;
	struct why_stall_record last[KEPT];	/* in a ring */
	u64 nr;
};

struct why_stall_log *why_stall_log_new(void)
{
	struct why_stall_log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->symbols = why_symbols_read();
	if (log->symbols)
		return log;
	free(log);
	return NULL;
}

void why_stall_log_free(struct why_stall_log *log)
{
	if (!log)
		return;
	why_symbols_free(log->symbols);
	free(log);
}

int why_stall_log_add(void *arg, const struct why_stall_record *r)
{
	struct why_stall_log *log = arg;

	if (!r->stall.handler)
		log->last[log->nr++ % KEPT] = *r;
	return 0;
}

/* What of `length` before the section's end lies in the span. */
static u64 part_of(const struct why_span *s, const struct why_stall_record *r, u64 length)
{
	u64 begin = r->stall.end_ns - length, end = r->stall.end_ns;

	if (s->cpu != r->cpu || s->end_ns <= begin || end <= s->begin_ns)
		return 0;
	return (s->end_ns < end ? s->end_ns : end) - (s->begin_ns > begin ? s->begin_ns : begin);
}

static struct why_off off_of(const struct why_stall_log *log, const struct why_violation *v,
			     const struct why_stall_record *r)
{
	struct why_off off = {
		.end_ns = r->stall.end_ns,
		.stolen_ns = r->stall.stolen_ns,
		.cpu = r->cpu,
	};
	size_t i;

	for (i = 0; i < v->spans.nr; i++) {
		off.least_ns += part_of(&v->spans.span[i], r, r->stall.least_ns);
		off.most_ns += part_of(&v->spans.span[i], r, r->stall.most_ns);
	}
	/* In user mode interrupts are on: the machine was late. */
	if (off.least_ns && !why_stall_code(off.code, sizeof(off.code), log->symbols, r))
		off.least_ns = 0;
	return off;
}

/* In its place among those that are told; the shortest of too many falls out. */
static void insert(struct why_violation *v, const struct why_off *off)
{
	u32 i = v->nr_offs < WHY_OFFS_TOLD ? v->nr_offs++ : WHY_OFFS_TOLD;

	for (; i > 0 && v->offs[i - 1].least_ns < off->least_ns; i--)
		if (i < WHY_OFFS_TOLD)
			v->offs[i] = v->offs[i - 1];
	if (i < WHY_OFFS_TOLD)
		v->offs[i] = *off;
}

/* Told before by something else that it made late. */
static bool is_told(const struct why_stall_log *log, u64 at)
{
	const struct why_stall_record *r = &log->last[at % KEPT], *before;
	u64 i;

	/* Its CPU's last, among those of others. */
	for (i = at; i-- > 0 && log->nr - i <= KEPT && at - i < SAME;) {
		before = &log->last[i % KEPT];
		if (before->cpu == r->cpu)
			return before->stall.end_ns == r->stall.end_ns;
	}
	return false;
}

void why_stall_log_find(const struct why_stall_log *log, struct why_violation *v)
{
	u64 at = log->nr > KEPT ? log->nr - KEPT : 0;
	struct why_off off;

	v->has_offs = true;
	for (; at < log->nr; at++) {
		if (is_told(log, at))
			continue;
		off = off_of(log, v, &log->last[at % KEPT]);
		if (off.least_ns)
			insert(v, &off);
	}
}
