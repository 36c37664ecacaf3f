// SPDX-License-Identifier: GPL-2.0-only
/* Tasks, for a person: the first few by wait, by switches, by switch rate and by CPU time. */
#include "report/report.h"

#include "report/format.h"

#include <stdlib.h>

enum { SHOWN = 5 };

static u64 waited_ns(const struct why_task_row *t)
{
	return t->stats.wakeup.sum_ns + t->stats.preempted.sum_ns + t->stats.fresh.sum_ns +
	       (t->is_open_unknown ? 0 : t->open_wait_ns);
}

static u64 switches(const struct why_task_row *t)
{
	return t->stats.nr_voluntary + t->stats.nr_involuntary;
}

static u64 rate(const struct why_task_row *t)
{
	return t->stats.rate_max;
}

static u64 run_ns(const struct why_task_row *t)
{
	return t->stats.run_ns + t->open_run_ns;
}

struct order {
	const char *title;
	u64 (*key)(const struct why_task_row *t);
};

static const struct order orders[] = {
	{ "wait", waited_ns },
	{ "switches", switches },
	{ "switches per second", rate },
	{ "CPU time", run_ns },
};

/* Moves the SHOWN greatest by `key` to the front of `index`, greatest first. */
static size_t select_top(const struct why_snapshot *s, u64 (*key)(const struct why_task_row *),
			 const struct why_task_row **top)
{
	const struct why_task_row *t, *swap;
	size_t i, n = 0, k;

	for (i = 0; i < s->nr_tasks; i++) {
		t = &s->tasks[i];
		if (!key(t))
			continue;
		for (k = 0; k < n; k++) {
			if (key(top[k]) >= key(t))
				continue;
			swap = top[k];
			top[k] = t;
			t = swap;
		}
		if (n < SHOWN)
			top[n++] = t;
	}
	return n;
}

static void print_name(FILE *out, const struct why_task_row *t)
{
	char name[64], label[128];
	struct why_buf b;

	why_format_name(name, sizeof(name), t->comm);
	if (t->is_exited)
		snprintf(label, sizeof(label), "%s (%s exited)", name,
			 why_format_count(&b, t->merged));
	else
		snprintf(label, sizeof(label), "%s:%u", name, t->pid);
	fprintf(out, "  %-30s", label);
}

static void print_task(FILE *out, const struct why_task_row *t)
{
	struct why_buf b[8];
	u64 max = t->stats.wakeup.max_ns;

	if (t->stats.preempted.max_ns > max)
		max = t->stats.preempted.max_ns;
	if (t->stats.fresh.max_ns > max)
		max = t->stats.fresh.max_ns;
	print_name(out, t);
	fprintf(out, " %9s %9s %9s %11s %11s %9s", why_format_ns(&b[0], waited_ns(t)),
		why_format_ns(&b[1], max), why_format_ns(&b[2], run_ns(t)),
		why_format_count(&b[3], t->stats.nr_voluntary),
		why_format_count(&b[4], t->stats.nr_involuntary),
		t->stats.rate_max ? why_format_count(&b[5], t->stats.rate_max) : "n/a");
	if (t->has_open_wait)
		fprintf(out, "  %s %s", t->is_open_unknown ? "waits since before, over" :
							     "still waits, since",
			why_format_ns(&b[6], t->open_wait_ns));
	fprintf(out, "\n");
}

void why_text_tasks(FILE *out, const struct why_snapshot *s)
{
	const struct why_task_row *top[SHOWN];
	struct why_buf b;
	size_t i, k, n;

	fprintf(out, "\n%-32s %9s %9s %9s %11s %11s %9s\n", "TASKS", "waited", "longest", "ran",
		"voluntary", "involuntary", "most/s");
	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		n = select_top(s, orders[i].key, top);
		fprintf(out, " by %s, %zu of %s\n", orders[i].title, n,
			why_format_count(&b, s->nr_tasks));
		for (k = 0; k < n; k++)
			print_task(out, top[k]);
	}
}
