// SPDX-License-Identifier: GPL-2.0-only
/* The tracked tasks' figures: to the log, and into files. */
#include "kmod/tracked.h"

#include "core/loss.h"
#include "kmod/record_text.h"

#include <linux/printk.h>
#include <linux/string.h>
#include <linux/sysfs.h>

const char *const why_metric_names[WHY_METRIC_NR] = {
	[WHY_METRIC_LATENCY] = "latency",
	[WHY_METRIC_RESPONSE] = "response",
	[WHY_METRIC_RELIEF] = "response_relief",
	[WHY_METRIC_IRQ] = "irq_handling",
};

/* `name`: of t, as why_name_text() has it; here and below. */
static void log_figures(const struct why_tracked *t, const char *name, enum why_metric metric)
{
	const struct why_figures *f = &t->figures[metric];

	if (!f->tally.count)
		return;
	pr_info("whylate: %d %s: %s: %llu samples, min %llu ns, max %llu ns, mean %llu ns\n",
		t->pid, name, why_metric_names[metric], f->tally.count, f->tally.min_ns,
		f->tally.max_ns, f->tally.sum_ns / f->tally.count);
	if (f->bound_ns)
		pr_info("whylate: %d %s: %s: %llu violations of %llu ns\n", t->pid, name,
			why_metric_names[metric], f->violations, f->bound_ns);
}

/* Whether the trace is of that violation: a worse one may have come since. */
static bool is_of(const struct why_trace *trace, const struct why_worst *worst)
{
	return trace && worst->ns && trace->end_ns == worst->end_ns &&
	       trace->metric == worst->metric;
}

/* As rt_tracer did, the trace too: whoever removes a task has no file to read it from. */
static void log_trace(const struct why_tracked *t, const char *name)
{
	char text[WHY_TRACE_TEXT];
	u32 i;

	pr_info("whylate: %d %s: trace %s, %llu events missing\n", t->pid, name,
		t->trace->missing ? "NOT complete" : "complete", t->trace->missing);
	for (i = 0; i < t->trace->nr; i++)
		if (why_trace_text(t->trace, i, text))
			pr_info("whylate: %d %s\n", t->pid, text);
}

void why_tracked_log(struct why_tracked *t)
{
	struct why_worst worst = why_follow_worst(t, false);
	char name[TASK_COMM_LEN];
	u32 i;

	pr_info("whylate: statistics of %d %s\n", t->pid,
		why_name_text(name, t->comm, sizeof(t->comm)));
	for (i = 0; i < WHY_METRIC_NR; i++)
		log_figures(t, name, i);
	if (worst.ns)
		pr_info("whylate: %d %s: worst violation: %s %llu ns on CPU %u\n", t->pid,
			name, why_metric_names[worst.metric], worst.ns, worst.cpu);
	/* Of a cgroup's short lives that would be a flood. */
	if (is_of(t->trace, &worst) && t->asked.group != WHY_GROUP_CGROUP)
		log_trace(t, name);
}

int why_tracker_print_pids(char *page)
{
	struct why_tracked *t;
	int n = 0;

	why_tracker_lock();
	list_for_each_entry(t, &why_tracked_list, link)
		n += sysfs_emit_at(page, n, "%d%s\n", t->pid, t->asked.has_trace ? " trace" : "");
	why_tracker_unlock();
	return n;
}

int why_tracker_print_bounds(char *page, enum why_metric metric)
{
	struct why_tracked *t;
	int n = 0;

	why_tracker_lock();
	list_for_each_entry(t, &why_tracked_list, link)
		if (t->figures[metric].bound_ns)
			n += sysfs_emit_at(page, n, "%d %llu\n", t->pid,
					   t->figures[metric].bound_ns);
	if (metric == WHY_METRIC_IRQ)
		n = why_tracker_print_lines(page, n);
	why_tracker_unlock();
	return n;
}

/* Nothing is known of what never was: "-". */
static void show_figures(struct seq_file *out, const struct why_figures *f)
{
	if (!f->tally.count)
		seq_printf(out, " %10u %12s %12s %12s", 0, "-", "-", "-");
	else
		seq_printf(out, " %10llu %12llu %12llu %12llu", f->tally.count, f->tally.min_ns,
			   f->tally.sum_ns / f->tally.count, f->tally.max_ns);
	if (f->bound_ns)
		seq_printf(out, " %12llu %10llu\n", f->bound_ns, f->violations);
	else
		seq_printf(out, " %12s %10s\n", "-", "-");
}

/* ---- the list, under its mutex for as long as one reading takes ---- */

static void *start_at(struct seq_file *out, loff_t *at)
{
	why_tracker_lock();
	return seq_list_start_head(&why_tracked_list, *at);
}

static void *next_of(struct seq_file *out, void *entry, loff_t *at)
{
	return seq_list_next(entry, &why_tracked_list, at);
}

static void stop(struct seq_file *out, void *entry)
{
	why_tracker_unlock();
}

static void show_head(struct seq_file *out)
{
	seq_printf(out, "# %6s %7s %-15s %-15s %10s %12s %12s %12s %12s %10s\n", "pid", "tgid",
		   "comm", "metric", "count", "min_ns", "mean_ns", "max_ns", "bound_ns",
		   "violations");
	if (!list_empty(&why_tracked_list) && !why_follow_is_on())
		seq_puts(out, "# nobody is followed now: there is no memory for it\n");
}

/* `entry`: a task's link, or the list's head. */
static int show_tasks(struct seq_file *out, void *entry)
{
	const struct why_tracked *t = list_entry(entry, struct why_tracked, link);
	char name[TASK_COMM_LEN];
	u32 i;

	if (entry == &why_tracked_list) {
		show_head(out);
		return 0;
	}
	why_name_text(name, t->comm, sizeof(t->comm));
	/* A column stays one, too. */
	strreplace(name, ' ', '_');
	for (i = 0; i < WHY_METRIC_NR; i++) {
		seq_printf(out, "%8d %7d %-15s %-15s", t->pid, t->tgid, name, why_metric_names[i]);
		show_figures(out, &t->figures[i]);
	}
	return 0;
}

const struct seq_operations why_tracker_tasks = {
	.start = start_at, .next = next_of, .stop = stop, .show = show_tasks,
};

static void show_trace(struct seq_file *out, const struct why_trace *trace)
{
	char text[WHY_TRACE_TEXT];
	u32 i;

	if (trace->missing)
		seq_printf(out, "  trace: NOT complete, %llu events or more are missing\n",
			   trace->missing);
	else
		seq_puts(out, "  trace: complete\n");
	for (i = 0; i < trace->nr; i++)
		if (why_trace_text(trace, i, text))
			seq_printf(out, "  %s\n", text);
}

static void show_worst(struct seq_file *out, const struct why_tracked *t,
		       const struct why_worst *worst)
{
	char name[TASK_COMM_LEN];
	u32 i;

	seq_printf(out, "%d %s\n", t->pid, why_name_text(name, t->comm, sizeof(t->comm)));
	for (i = 0; i < WHY_METRIC_NR; i++)
		if (t->figures[i].violations)
			seq_printf(out, "  %s: %llu violations of %llu ns\n", why_metric_names[i],
				   t->figures[i].violations, t->figures[i].bound_ns);
	seq_printf(out, "  worst: %s %llu ns, ended at %llu ns on CPU %u\n",
		   why_metric_names[worst->metric], worst->ns, worst->end_ns, worst->cpu);
	if (is_of(t->trace, worst))
		show_trace(out, t->trace);
}

static int show_violations(struct seq_file *out, void *entry)
{
	struct why_tracked *t = list_entry(entry, struct why_tracked, link);
	struct why_worst worst;

	if (entry == &why_tracked_list)
		return 0;
	why_trace_take(t);
	worst = why_follow_worst(t, false);
	if (worst.ns)
		show_worst(out, t, &worst);
	return 0;
}

const struct seq_operations why_tracker_violations = {
	.start = start_at, .next = next_of, .stop = stop, .show = show_violations,
};

void why_tracker_show_losses(struct seq_file *out)
{
	static const char *const names[WHY_LOSS_NR] = {
#define NAME(symbol, name, help) [WHY_LOSS_##symbol] = name,
		WHY_LOSSES(NAME)
	};
	u64 lost[WHY_LOSS_NR], unborn;
	u32 i;

	why_tracker_lock();
	why_follow_losses(lost, &unborn);
	why_tracker_unlock();
	for (i = 0; i < WHY_LOSS_NR; i++)
		seq_printf(out, "%s %llu\n", names[i], lost[i]);
	seq_printf(out, "untracked_births %llu\n", unborn);
}
