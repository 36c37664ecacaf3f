// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/latency_trace: the layout of the kernel's latency tracers (print_trace_header(),
 * print_lat_help_header() in kernel/trace/trace.c, lat_print_generic() in trace_output.c), without
 * the columns that came after the preempt depth. /proc/whylate/max_latency: its length.
 */
#include "kmod/latency_trace_file.h"

#include "compat/context.h"
#include "kmod/latency_hist.h"
#include "kmod/latency_trace.h"
#include "kmod/record_text.h"

#include <linux/cpumask.h>
#include <linux/math64.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>

/* An entry's bytes and the header's, at most: a file that is made at once needs to be made once. */
enum { ENTRY_BYTES = 112, HEADER_BYTES = 2048 };

static void show_task(struct seq_file *out, const struct why_maximum *m)
{
	char name[TASK_COMM_LEN];

	seq_puts(out, "#    -----------------\n");
	seq_printf(out, "#    | task: %s-%d (uid:%u nice:%d policy:%u rt_prio:%u)\n",
		   why_name_text(name, m->comm, sizeof(m->comm)), m->pid, m->uid, m->nice,
		   m->policy, m->rt_priority);
	seq_puts(out, "#    -----------------\n");
}

static void show_what(struct seq_file *out, const struct why_latency_trace *trace)
{
	const struct why_maximum *m = &trace->of;

	seq_printf(out, "#  length %llu ns, ended at %llu ns (CLOCK_MONOTONIC)\n", m->ns,
		   m->end_ns);
	seq_puts(out, "#  entries: events, not functions, of all CPUs; 0 us is where it began\n");
	if (trace->entries.missing)
		seq_printf(out, "#  NOT complete: %llu entries or more are missing\n",
			   trace->entries.missing);
	else
		seq_puts(out, "#  complete\n");
}

static void show_legend(struct seq_file *out)
{
	seq_puts(out,
		 "#\n"
		 "#                    _------=> CPU#\n"
		 "#                   / _-----=> irqs-off/BH-disabled\n"
		 "#                  | / _----=> need-resched\n"
		 "#                  || / _---=> hardirq/softirq\n"
		 "#                  ||| / _--=> preempt-depth (?: not known)\n"
		 "#                  |||| /     delay\n"
		 "#  cmd     pid     ||||| time  |   caller\n"
		 "#     \\   /        |||||  \\    |   /\n");
}

static void show_header(struct seq_file *out, const struct why_latency_trace *trace)
{
	const struct why_maximum *m = &trace->of;

	seq_printf(out, "# %s latency trace v1.1.5 on %s\n", why_history_names[m->which],
		   init_utsname()->release);
	seq_puts(out, "# --------------------------------------------------------------------\n");
	seq_printf(out, "# latency: %llu us, #%u/%llu, CPU#%u | "
		   "(M:%s VP:0, KP:0, SP:0 HP:0 #P:%u)\n",
		   div_u64(m->ns, NSEC_PER_USEC), trace->entries.nr,
		   trace->entries.nr + trace->entries.missing, m->cpu, why_compat_preemption(),
		   num_online_cpus());
	show_task(out, m);
	show_what(out, trace);
	show_legend(out);
}

/* Of the time to the next entry: trace_find_mark(), kernel/trace/trace_output.c, 4.1 to 6.18. */
static char mark_of(u64 gap_us)
{
	static const char marks[] = "+!#*@$";	/* over 10 us, 100 us ... 1 s */
	u64 bound_us = 10;
	char mark = ' ';
	u32 i;

	for (i = 0; marks[i] && gap_us > bound_us; i++, bound_us *= 10)
		mark = marks[i];
	return mark;
}

static void show_context(struct seq_file *out, const struct why_entry *entry)
{
	seq_putc(out, why_compat_irqs_letter(entry->context));
	seq_putc(out, why_compat_resched_letter(entry->context));
	seq_putc(out, why_compat_level_letter(entry->context));
	if (entry->depth == WHY_CONTEXT_NO_DEPTH)
		seq_putc(out, '?');
	else if (entry->depth)
		seq_printf(out, "%x", min_t(u32, entry->depth, 15));
	else
		seq_putc(out, '.');
}

static void show_who(struct seq_file *out, const struct why_entry *entry)
{
	char name[TASK_COMM_LEN] = "<idle>";

	if (entry->pid)
		why_name_text(name, entry->comm, WHY_ENTRY_COMM);
	seq_printf(out, "%*s-%-7u", WHY_ENTRY_COMM, name, entry->pid);
}

/* `next`: the entry behind it, or itself. */
static void show_entry(struct seq_file *out, const struct why_entry_copy *c,
		     const struct why_entry_copy *next, u64 begin_ns)
{
	char text[WHY_RECORD_TEXT_BYTES] = "";

	why_record_text(text, &c->entry.record);
	show_who(out, &c->entry);
	seq_printf(out, " %3u", c->cpu);
	show_context(out, &c->entry);
	/* Towards the past, so that times rise as entries do. */
	seq_printf(out, " %4lldus%c: %s\n",
		   c->at_ns >= begin_ns ? (s64)div_u64(c->at_ns - begin_ns, NSEC_PER_USEC) :
		   -(s64)div_u64(begin_ns - c->at_ns + NSEC_PER_USEC - 1, NSEC_PER_USEC),
		   mark_of(div_u64(next->at_ns - c->at_ns, NSEC_PER_USEC)), text);
}

static void show_trace_of(struct seq_file *out, const struct why_latency_trace *trace)
{
	const struct why_entry_copies *entries = &trace->entries;
	u64 begin_ns = trace->of.end_ns - trace->of.ns;
	u32 i;

	show_header(out, trace);
	for (i = 0; i < entries->nr; i++)
		show_entry(out, &entries->list[i], &entries->list[min(i + 1, entries->nr - 1)],
			   begin_ns);
}

static int show_trace(struct seq_file *out, void *unused)
{
	if (out->private)
		show_trace_of(out, out->private);
	else if (why_latency_trace_is_armed())
		seq_puts(out, "# no latency yet: a history has to be on (/proc/latency_hist)\n");
	else
		seq_puts(out, "# not kept: write 0 to /proc/whylate/max_latency\n");
	return 0;
}

/* Whoever has it open reads one trace, whatever comes meanwhile. */
static int open_trace(struct inode *inode, struct file *file)
{
	struct why_latency_trace *trace = why_latency_trace_get();
	size_t bytes = HEADER_BYTES + (trace ? trace->entries.nr * ENTRY_BYTES : 0);
	int rc = single_open_size(file, show_trace, trace, bytes);

	if (rc && trace)
		why_latency_trace_put(trace);
	return rc;
}

static int release_trace(struct inode *inode, struct file *file)
{
	struct seq_file *out = file->private_data;

	if (out->private)
		why_latency_trace_put(out->private);
	return single_release(inode, file);
}

static const struct proc_ops trace_file = {
	.proc_open = open_trace,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = release_trace,
};

static int show_max(struct seq_file *out, void *unused)
{
	seq_printf(out, "%llu\n", div_u64(why_latency_trace_max(), NSEC_PER_USEC));
	return 0;
}

static int open_max(struct inode *inode, struct file *file)
{
	return single_open(file, show_max, NULL);
}

/* "0" or "off", with or without a newline. */
static ssize_t write_max(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	char text[sizeof("off\n") - 1];
	size_t length = count;

	if (!count || count > sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, count))
		return -EFAULT;
	length -= text[length - 1] == '\n';
	if (length == 1 && text[0] == '0')
		return why_latency_trace_arm() ?: (ssize_t)count;
	if (length != 3 || memcmp(text, "off", 3))
		return -EINVAL;
	why_latency_trace_disarm();
	return (ssize_t)count;
}

static const struct proc_ops max_file = {
	.proc_open = open_max,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
	.proc_write = write_max,
};

int why_latency_trace_file_init(struct proc_dir_entry *folder)
{
	if (proc_create("max_latency", 0600, folder, &max_file) &&
	    proc_create("latency_trace", 0400, NULL, &trace_file))
		return 0;
	return -ENOMEM;
}

void why_latency_trace_file_exit(void)
{
	remove_proc_entry("latency_trace", NULL);
}
