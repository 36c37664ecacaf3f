// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/latency_hist/KIND/{CPU<n>,enable,reset}: the histories as text that gnuplot reads as it
 * stands. What is not known is no figure.
 */
#include "kmod/latency_hist.h"

#include "kmod/history.h"
#include "kmod/record_text.h"

#include <linux/cpumask.h>
#include <linux/kallsyms.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

const char *const why_history_names[WHY_HISTORY_NR] = {
	[WHY_HISTORY_IRQSOFF] = "interrupt_off_latency",
	[WHY_HISTORY_PREEMPTOFF] = "preemption_off_latency",
	[WHY_HISTORY_WAKEUP] = "wakeup_latency",
	[WHY_HISTORY_TIMER] = "timer_latency",
};

static struct proc_dir_entry *folder;

/* A file's data: which history, and which CPU of it. */
enum { CPU_BITS = 16 };

static void *file_data(enum why_history which, u32 cpu)
{
	return (void *)((unsigned long)which << CPU_BITS | cpu);
}

static enum why_history history_of(const void *data)
{
	return (unsigned long)data >> CPU_BITS;
}

static u32 cpu_of_file(const void *data)
{
	return (unsigned long)data & ((1 << CPU_BITS) - 1);
}

static void show_figures(struct seq_file *out, const struct why_tally *t, u64 over)
{
	if (t->count) {
		seq_printf(out, "#Minimum latency: %llu microseconds.\n",
			   t->min_ns / WHY_LINEAR_NS);
		seq_printf(out, "#Average latency: %llu microseconds.\n",
			   t->sum_ns / t->count / WHY_LINEAR_NS);
		seq_printf(out, "#Maximum latency: %llu microseconds.\n",
			   t->max_ns / WHY_LINEAR_NS);
	}
	seq_printf(out, "#Total samples: %llu\n", t->count);
	seq_printf(out, "#There are %llu samples greater or equal than %u microseconds\n", over,
		   WHY_LINEAR_BINS);
}

/* The entry of an interrupt, no exception's (arch/x86/include/asm/idtentry.h). */
static bool is_entry(u64 address)
{
	char name[KSYM_SYMBOL_LEN];

	scnprintf(name, sizeof(name), "%ps", (void *)(unsigned long)address);
	return strstarts(name, "asm_sysvec_") || strstarts(name, "asm_common_interrupt");
}

/* Of what was interrupted: behind the interrupt that was late, or one that it came behind. */
static u32 first_frame(const struct why_stall_record *r)
{
	u32 i, first = 0;

	for (i = 0; i < r->nr_frames; i++)
		if (is_entry(r->frames[i]) && (!first || r->stall.is_behind))
			first = i + 1;
	return first;
}

static void show_longest(struct seq_file *out, const struct why_stall_record *r)
{
	u32 first = r->stall.handler ? r->nr_frames : first_frame(r), i;
	char name[TASK_COMM_LEN];

	seq_printf(out, "#Longest: %llu to %llu ns until %llu ns, in %s:%u:", r->stall.least_ns,
		   r->stall.most_ns, r->stall.end_ns,
		   why_name_text(name, r->comm, sizeof(r->comm)), r->pid);
	if (r->stall.handler)
		seq_puts(out, " an interrupt's handler");
	for (i = first; i < r->nr_frames; i++)
		seq_printf(out, "%s %ps", i > first ? " <" : "", (void *)(long)r->frames[i]);
	seq_putc(out, '\n');
}

/* What is sampled is no count of all there were. */
static void show_observed(struct seq_file *out, const struct why_observed *seen)
{
	seq_printf(out, "#Observed by %llu probes, our own each %llu microseconds: sections of "
		   "%llu microseconds or more that held one up, each at least so long; %llu late "
		   "with too much since to tell\n", seen->probes, seen->period_ns / NSEC_PER_USEC,
		   seen->over_ns / NSEC_PER_USEC, seen->unplaced);
	if (seen->longest.stall.end_ns)
		show_longest(out, &seen->longest);
}

static void show_lost(struct seq_file *out, const struct why_linear *h, u64 lost)
{
	u32 full = 0, i;

	for (i = 0; i < WHY_LINEAR_BINS; i++)
		full += h->bin[i] == WHY_LINEAR_FULL;
	if (full)
		seq_printf(out, "#%u bins are full: what came since is in the total alone\n", full);
	if (lost)
		seq_printf(out, "#Not counted: %llu events that there was no room for\n", lost);
}

static void show_bins(struct seq_file *out, const struct why_linear *h)
{
	u32 last = WHY_LINEAR_BINS, i;

	while (last && !h->bin[last - 1])
		last--;
	seq_puts(out, "#usecs\tsamples\n");
	for (i = 0; i < last; i++)
		seq_printf(out, "%u\t%u\n", i, h->bin[i]);
}

static int show_history(struct seq_file *out, enum why_history which, u32 cpu,
			struct why_observed *seen)
{
	struct why_linear *h;
	u64 lost;

	/* The first: it counts what it has found and not counted yet. */
	if (seen)
		why_history_observed(which, cpu, seen);
	h = why_history_copy(which, cpu, &lost);
	if (!h)
		return -ENOMEM;
	if (!why_history_is_on(which))
		seq_puts(out, "#Not on: write 1 to enable beside this file\n");
	show_figures(out, &h->tally, h->over);
	show_lost(out, h, lost);
	if (seen)
		show_observed(out, seen);
	show_bins(out, h);
	vfree(h);
	return 0;
}

static int show_cpu(struct seq_file *out, void *unused)
{
	enum why_history which = history_of(out->private);
	const char *why_not = why_history_why_not(which);
	struct why_observed *seen = NULL;
	int rc;

	if (why_not) {
		seq_printf(out, "#Not measured: %s\n", why_not);
		return 0;
	}
	if (why_history_is_observed(which)) {
		seen = kzalloc(sizeof(*seen), GFP_KERNEL);
		if (!seen)
			return -ENOMEM;
	}
	rc = show_history(out, which, cpu_of_file(out->private), seen);
	kfree(seen);
	return rc;
}

static int show_enable(struct seq_file *out, void *unused)
{
	seq_printf(out, "%d\n", why_history_is_on(history_of(out->private)));
	return 0;
}

static int show_nothing(struct seq_file *out, void *unused)
{
	return 0;
}

static ssize_t write_enable(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	unsigned int on;
	int rc = kstrtouint_from_user(from, count, 10, &on);

	if (!rc && on > 1)
		rc = -EINVAL;
	rc = rc ?: why_history_enable(history_of(pde_data(file_inode(file))), on);
	return rc ?: (ssize_t)count;
}

static ssize_t write_reset(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	unsigned int zero;
	int rc = kstrtouint_from_user(from, count, 10, &zero);

	if (rc || zero)
		return rc ?: -EINVAL;
	why_history_reset(history_of(pde_data(file_inode(file))));
	return (ssize_t)count;
}

#define FILE_OF(name, show, put)                                                                   \
	static int open_##name(struct inode *inode, struct file *file)                             \
	{                                                                                          \
		return single_open(file, show, pde_data(inode));                                   \
	}                                                                                          \
	static const struct proc_ops name##_file = {                                               \
		.proc_open = open_##name,                                                          \
		.proc_read = seq_read,                                                             \
		.proc_lseek = seq_lseek,                                                           \
		.proc_release = single_release,                                                    \
		.proc_write = put,                                                                 \
	}

FILE_OF(cpu, show_cpu, NULL);
FILE_OF(enable, show_enable, write_enable);
FILE_OF(reset, show_nothing, write_reset);

static bool make_kind(enum why_history which)
{
	struct proc_dir_entry *kind = proc_mkdir_mode(why_history_names[which], 0500, folder);
	char name[16];
	int cpu;

	if (!kind ||
	    !proc_create_data("enable", 0600, kind, &enable_file, file_data(which, 0)) ||
	    !proc_create_data("reset", 0600, kind, &reset_file, file_data(which, 0)))
		return false;
	for_each_possible_cpu(cpu) {
		snprintf(name, sizeof(name), "CPU%d", cpu);
		if (!proc_create_data(name, 0400, kind, &cpu_file, file_data(which, (u32)cpu)))
			return false;
	}
	return true;
}

int why_latency_hist_init(void)
{
	enum why_history which = 0;

	folder = proc_mkdir_mode("latency_hist", 0500, NULL);
	while (folder && which < WHY_HISTORY_NR && make_kind(which))
		which++;
	if (which == WHY_HISTORY_NR)
		return 0;
	why_latency_hist_exit();
	return -ENOMEM;
}

void why_latency_hist_exit(void)
{
	if (folder)
		remove_proc_subtree("latency_hist", NULL);
	folder = NULL;
}
