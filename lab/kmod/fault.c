// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: sections that hold up a CPU, each of a kind, with its label.
 *
 *	KIND US [@CPU]		written to /dev/fault: one section of at least US (1 to 20000)
 *				microseconds, on the writer's CPU, or in a thread bound to CPU
 *	clear			forgets the labels
 *
 *	irqsoff			interrupts off
 *	preemptoff		preemption off
 *	bhoff			softirqs off; on PREEMPT_RT it can be preempted
 *	rawlock			a raw spinlock held, interrupts off
 *	hardirq			an interrupt that takes long: irq_work's, by a message to ourselves
 *
 * The write returns when the section has ended. Reading gives a line for each, the times those that
 * were measured inside it, by CLOCK_MONOTONIC:
 *
 *	kind cpu start_ns end_ns function
 *
 * `function` is what a stack of the section names. There is room for 1024 labels; then a write is
 * refused (ENOSPC), rather than a label lost. A long threaded handler is irq_demo's (thread_us).
 */
#include <linux/bottom_half.h>
#include <linux/cpu.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "lab/kmod/command.h"

enum { MOST_US = 20000, MOST_LABELS = 1024 };

struct label {
	const struct kind *kind;
	u32 cpu;
	u64 start_ns;
	u64 end_ns;
};

struct kind {
	const char *name;
	const char *function;
	void (*make)(struct label *label, u64 ns);
};

struct order {
	const struct kind *kind;
	u32 us;
	u32 cpu;
	bool is_bound;		/* to `cpu`; else wherever the writer is */
};

/* One section at a time; under the lock all of this. */
static DEFINE_MUTEX(lock);
static struct label labels[MOST_LABELS];
static u32 nr_labels;

/* --- the sections: never inlined, for their names --- */

static __always_inline void take_up(struct label *label, u64 ns)
{
	label->cpu = smp_processor_id();
	label->start_ns = lab_now_ns();
	lab_spin_until(label->start_ns, ns);
	label->end_ns = lab_now_ns();
}

static noinline void fault_irqsoff(struct label *label, u64 ns)
{
	unsigned long flags;

	local_irq_save(flags);
	take_up(label, ns);
	local_irq_restore(flags);
}

static noinline void fault_preemptoff(struct label *label, u64 ns)
{
	preempt_disable();
	take_up(label, ns);
	preempt_enable();
}

static noinline void fault_bhoff(struct label *label, u64 ns)
{
	local_bh_disable();
	take_up(label, ns);
	local_bh_enable();
}

static DEFINE_RAW_SPINLOCK(raw_lock);

static noinline void fault_rawlock(struct label *label, u64 ns)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&raw_lock, flags);
	take_up(label, ns);
	raw_spin_unlock_irqrestore(&raw_lock, flags);
}

/* Not on a stack: the kernel may look at the work once more after it was told that it is done. */
static struct {
	struct irq_work work;
	struct label *label;
	u64 ns;
} interrupt;

static noinline void fault_hardirq(struct irq_work *unused)
{
	WARN_ON_ONCE(!in_hardirq());
	take_up(interrupt.label, interrupt.ns);
}

static void send_hardirq(struct label *label, u64 ns)
{
	interrupt.work = IRQ_WORK_INIT_HARD(fault_hardirq);
	interrupt.label = label;
	interrupt.ns = ns;
	irq_work_queue(&interrupt.work);
	irq_work_sync(&interrupt.work);
}

static const struct kind kinds[] = {
	{ "irqsoff", "fault_irqsoff", fault_irqsoff },
	{ "preemptoff", "fault_preemptoff", fault_preemptoff },
	{ "bhoff", "fault_bhoff", fault_bhoff },
	{ "rawlock", "fault_rawlock", fault_rawlock },
	{ "hardirq", "fault_hardirq", send_hardirq },
};

/* --- making one; under the lock --- */

static void make_section(const struct order *order)
{
	struct label *label = &labels[nr_labels];

	label->kind = order->kind;
	order->kind->make(label, order->us * (u64)NSEC_PER_USEC);
	nr_labels++;
}

struct task_there {
	struct kthread_work work;
	const struct order *order;
};

static void make_section_there(struct kthread_work *work)
{
	make_section(container_of(work, struct task_there, work)->order);
}

/* The worker's end waits for its work, and for the last instruction of its thread. */
static int make_on_online_cpu(const struct order *order)
{
	struct task_there there = { .order = order };
	struct kthread_worker *worker = kthread_create_worker_on_cpu(order->cpu, 0, "fault");

	if (IS_ERR(worker))
		return PTR_ERR(worker);
	kthread_init_work(&there.work, make_section_there);
	kthread_queue_work(worker, &there.work);
	kthread_destroy_worker(worker);
	return 0;
}

static int make_bound(const struct order *order)
{
	int err;

	cpus_read_lock();
	err = cpu_online(order->cpu) ? make_on_online_cpu(order) : -ENXIO;
	cpus_read_unlock();
	return err;
}

static int carry_out(const struct order *order)
{
	if (nr_labels == MOST_LABELS)
		return -ENOSPC;
	if (order->is_bound)
		return make_bound(order);
	make_section(order);
	return 0;
}

/* --- /dev/fault --- */

static const struct kind *find_kind(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

/* "@CPU", if there is more, and no more after it. */
static int parse_place(char *text, struct order *order)
{
	int err;

	if (!text)
		return 0;
	if (*text++ != '@')
		return -EINVAL;
	order->is_bound = true;
	err = lab_take_number(&text, 0, nr_cpu_ids - 1, &order->cpu);
	return !err && text ? -EINVAL : err;
}

static int parse_order(char *text, struct order *ret_order)
{
	struct order order = { .kind = find_kind(strsep(&text, " ")) };
	int err;

	if (!order.kind)
		return -EINVAL;
	err = lab_take_number(&text, 1, MOST_US, &order.us);
	if (!err)
		err = parse_place(text, &order);
	if (!err)
		*ret_order = order;
	return err;
}

static int obey(char *text)
{
	struct order order;
	int err;

	if (!strcmp(text, "clear")) {
		nr_labels = 0;
		return 0;
	}
	err = parse_order(text, &order);
	return err ? err : carry_out(&order);
}

static ssize_t write_command(struct file *file, const char __user *from, size_t bytes,
			     loff_t *pos)
{
	char text[LAB_COMMAND_BYTES];
	int err;

	err = lab_read_command(text, from, bytes);
	if (err)
		return err;
	if (mutex_lock_interruptible(&lock))
		return -EINTR;
	err = obey(text);
	mutex_unlock(&lock);
	return err ? err : bytes;
}

static int show_labels(struct seq_file *out, void *unused)
{
	const struct label *l;

	if (mutex_lock_interruptible(&lock))
		return -EINTR;
	for (l = labels; l < labels + nr_labels; l++)
		seq_printf(out, "%s %u %llu %llu %s\n", l->kind->name, l->cpu, l->start_ns,
			   l->end_ns, l->kind->function);
	mutex_unlock(&lock);
	return 0;
}

static int open_labels(struct inode *inode, struct file *file)
{
	file->private_data = NULL;	/* misc_open()'s; seq_open() wants none */
	return single_open(file, show_labels, NULL);
}

static const struct file_operations fault_fops = {
	.owner = THIS_MODULE,
	.open = open_labels,
	.read = seq_read,
	.write = write_command,
	.llseek = seq_lseek,
	.release = single_release,
};

static struct miscdevice fault_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &fault_fops,
	.mode = 0600,
};

module_misc_device(fault_misc);
MODULE_DESCRIPTION("Sections of known length that hold up a CPU, for tests");
MODULE_LICENSE("GPL");
