// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace of a worst violation: copied out of the rings while they still have it, as a line of
 * text an event.
 */
#include "kmod/tracked.h"

#include "kmod/record_text.h"

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

/* Before a violation, what led to it; and room for so many events. */
enum { CONTEXT_NS = 200000, ROOM = 4096 };

static int by_time(const void *a, const void *b)
{
	const struct why_trace_line *x = a, *y = b;

	return x->at_ns < y->at_ns ? -1 : x->at_ns > y->at_ns;
}

static void copy_cpu(struct why_trace *trace, u32 cpu)
{
	why_follow_copy(cpu, trace->begin_ns - CONTEXT_NS, trace->end_ns, trace, ROOM);
}

/* As large as it is, where there is memory for that too. */
static struct why_trace *trimmed(struct why_trace *trace)
{
	size_t bytes = struct_size(trace, lines, trace->nr);
	struct why_trace *small = kvmalloc(bytes, GFP_KERNEL);

	if (!small)
		return trace;
	memcpy(small, trace, bytes);
	kvfree(trace);
	return small;
}

void why_trace_take(struct why_tracked *t)
{
	struct why_trace *trace;
	struct why_worst worst;
	u32 cpu;

	if (!why_follow_has_rings() || !READ_ONCE(t->worst.is_fresh))
		return;
	trace = kvzalloc(struct_size(trace, lines, ROOM), GFP_KERNEL);
	if (!trace)
		return;
	worst = why_follow_worst(t, true);
	trace->begin_ns = worst.end_ns - worst.ns;
	trace->end_ns = worst.end_ns;
	trace->metric = worst.metric;
	trace->cpu = worst.cpu;
	/* Where there is no room for all, that of the others is missing. */
	copy_cpu(trace, worst.cpu);
	for (cpu = 0; cpu < why_follow_nr_cpus(); cpu++)
		if (cpu != worst.cpu)
			copy_cpu(trace, cpu);
	sort(trace->lines, trace->nr, sizeof(trace->lines[0]), by_time, NULL);
	kvfree(t->trace);
	t->trace = trimmed(trace);
}

bool why_trace_text(const struct why_trace *trace, u32 i, char text[WHY_TRACE_TEXT])
{
	const struct why_trace_line *line = &trace->lines[i];
	char event[WHY_RECORD_TEXT_BYTES];

	if (!why_record_text(event, &line->record))
		return false;
	scnprintf(text, WHY_TRACE_TEXT, "%10lld ns  CPU %-3u %s",
		  (s64)(line->at_ns - trace->begin_ns), line->cpu, event);
	return true;
}
