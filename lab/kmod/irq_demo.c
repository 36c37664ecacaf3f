// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of which everything is known: a driver for QEMU's `edu` device, which raises its
 * interrupt when a register is written. So the instant of the assertion is known, which no other
 * hardware tells, and each handler writes down its own beginning and end.
 *
 *	raise N [GAP_US]	written to /dev/irq_demo: N interrupts, each GAP_US after the thread
 *				has handled the one before
 *
 * Reading /dev/irq_demo gives a line for each of the last `raise`, by CLOCK_MONOTONIC in ns:
 *
 *	seq asserted hard hard_end thread done cpu
 *
 *	asserted  hard      hard_end   thread           done
 *	   |       |============|         |===============|
 *	 write   hard handler, on `cpu`   threaded handler
 *
 * hard_us and thread_us, parameters, are for how long each handler takes up its CPU.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/preempt.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>

#include "lab/kmod/command.h"

/* QEMU's docs/specs/edu.rst. */
enum edu {
	EDU_VENDOR = 0x1234,
	EDU_DEVICE = 0x11e8,
	EDU_IRQ_STATUS = 0x24,
	EDU_IRQ_RAISE = 0x60,
	EDU_IRQ_ACK = 0x64,
};

/* All of it at most is 70 s: the kernel complains of who waits for a lock for 120. */
enum { MOST_INTERRUPTS = 1000, MOST_GAP_US = 50000, MOST_HANDLER_US = 10000 };
/* After that long no interrupt comes any more. */
enum { TIMEOUT_S = 5 };

struct record {
	u64 asserted_ns;
	u64 hard_ns;
	u64 hard_end_ns;
	u64 thread_ns;
	u64 done_ns;
	u32 cpu;
};

static struct {
	struct mutex lock;	/* writers, readers, and the device's coming and going */
	struct pci_dev *pdev;	/* under the lock; NULL: no device */
	void __iomem *regs;	/* the handlers' too: from before they are connected to after */
	/* The raiser gives it, the hard handler takes it: an interrupt nobody raised finds none. */
	struct record *raised;
	struct record *taken;	/* from the hard handler to the thread that it wakes */
	struct completion done;	/* the thread has written the last of its record */
	u32 nr;			/* under the lock: records that are complete */
	struct record records[MOST_INTERRUPTS];
} demo = {
	.lock = __MUTEX_INITIALIZER(demo.lock),
	.done = COMPLETION_INITIALIZER(demo.done),
};

/* --- parameters: read whenever a handler runs --- */

static unsigned int hard_us;
static unsigned int thread_us;

static int set_handler_us(const char *text, const struct kernel_param *param)
{
	return param_set_uint_minmax(text, param, 0, MOST_HANDLER_US);
}

static const struct kernel_param_ops handler_us_ops = {
	.set = set_handler_us,
	.get = param_get_uint,
};

module_param_cb(hard_us, &handler_us_ops, &hard_us, 0600);
MODULE_PARM_DESC(hard_us, "how long the hard handler takes up its CPU, at most 10000");
module_param_cb(thread_us, &handler_us_ops, &thread_us, 0600);
MODULE_PARM_DESC(thread_us, "how long the threaded handler takes up its CPU, at most 10000");

/* --- handlers --- */

static irqreturn_t handle_hard(int irq, void *unused)
{
	u64 begin_ns = lab_now_ns();
	struct record *record;
	u32 status = ioread32(demo.regs + EDU_IRQ_STATUS);

	WARN_ON_ONCE(!in_hardirq());
	if (!status)
		return IRQ_NONE;
	iowrite32(status, demo.regs + EDU_IRQ_ACK);
	record = xchg(&demo.raised, NULL);
	if (!record)
		return IRQ_HANDLED;
	record->hard_ns = begin_ns;
	record->cpu = smp_processor_id();
	demo.taken = record;
	lab_spin_until(begin_ns, READ_ONCE(hard_us) * (u64)NSEC_PER_USEC);
	record->hard_end_ns = lab_now_ns();
	return IRQ_WAKE_THREAD;
}

static irqreturn_t handle_thread(int irq, void *unused)
{
	struct record *record = demo.taken;

	record->thread_ns = lab_now_ns();
	lab_spin_until(record->thread_ns, READ_ONCE(thread_us) * (u64)NSEC_PER_USEC);
	record->done_ns = lab_now_ns();
	complete(&demo.done);
	return IRQ_HANDLED;
}

/* --- raising; under the lock --- */

/* Interrupts are off so that nothing comes between the look at the clock and the write. */
static void assert_interrupt(struct record *record)
{
	unsigned long flags;

	xchg(&demo.raised, record);
	local_irq_save(flags);
	record->asserted_ns = lab_now_ns();
	iowrite32(1, demo.regs + EDU_IRQ_RAISE);
	local_irq_restore(flags);
}

/* For an interrupt that didn't come in time: it must not come later into another's record. */
static void give_up_interrupt(void)
{
	iowrite32(~0, demo.regs + EDU_IRQ_ACK);
	xchg(&demo.raised, NULL);
	synchronize_irq(pci_irq_vector(demo.pdev, 0));
}

static int raise_one(struct record *record)
{
	memset(record, 0, sizeof(*record));
	reinit_completion(&demo.done);
	assert_interrupt(record);
	if (wait_for_completion_timeout(&demo.done, TIMEOUT_S * HZ))
		return 0;
	give_up_interrupt();
	return -ETIMEDOUT;
}

static int raise_all(u32 nr, u32 gap_us)
{
	int err;

	if (!demo.pdev)
		return -ENODEV;
	for (demo.nr = 0; demo.nr < nr; demo.nr++) {
		if (demo.nr && gap_us)
			usleep_range(gap_us, gap_us + 1);
		if (signal_pending(current))
			return -EINTR;
		err = raise_one(&demo.records[demo.nr]);
		if (err)
			return err;
	}
	return 0;
}

/* --- /dev/irq_demo --- */

static int parse_raise(char *text, u32 *ret_nr, u32 *ret_gap_us)
{
	const char *verb = strsep(&text, " ");
	int err;

	if (strcmp(verb, "raise"))
		return -EINVAL;
	err = lab_take_number(&text, 1, MOST_INTERRUPTS, ret_nr);
	if (!err && text)
		err = lab_take_number(&text, 0, MOST_GAP_US, ret_gap_us);
	return !err && text ? -EINVAL : err;
}

static ssize_t write_command(struct file *file, const char __user *from, size_t bytes,
			     loff_t *pos)
{
	char text[LAB_COMMAND_BYTES];
	u32 nr, gap_us = 0;
	int err;

	err = lab_read_command(text, from, bytes);
	if (err)
		return err;
	err = parse_raise(text, &nr, &gap_us);
	if (err)
		return err;
	if (mutex_lock_interruptible(&demo.lock))
		return -EINTR;
	err = raise_all(nr, gap_us);
	mutex_unlock(&demo.lock);
	return err ? err : bytes;
}

static void show_record(struct seq_file *out, u32 seq, const struct record *r)
{
	seq_printf(out, "%u %llu %llu %llu %llu %llu %u\n", seq, r->asserted_ns, r->hard_ns,
		   r->hard_end_ns, r->thread_ns, r->done_ns, r->cpu);
}

static int show_records(struct seq_file *out, void *unused)
{
	u32 i;

	if (mutex_lock_interruptible(&demo.lock))
		return -EINTR;
	for (i = 0; i < demo.nr; i++)
		show_record(out, i, &demo.records[i]);
	mutex_unlock(&demo.lock);
	return 0;
}

static int open_records(struct inode *inode, struct file *file)
{
	file->private_data = NULL;	/* misc_open()'s; seq_open() wants none */
	return single_open(file, show_records, NULL);
}

static const struct file_operations demo_fops = {
	.owner = THIS_MODULE,
	.open = open_records,
	.read = seq_read,
	.write = write_command,
	.llseek = seq_lseek,
	.release = single_release,
};

static struct miscdevice demo_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &demo_fops,
	.mode = 0600,
};

/* --- the device; under the lock --- */

static int map_registers(struct pci_dev *pdev)
{
	int err = pci_enable_device(pdev);

	if (err)
		return err;
	err = pci_request_regions(pdev, KBUILD_MODNAME);
	if (err)
		goto disable;
	demo.regs = pci_iomap(pdev, 0, 0);
	if (demo.regs)
		return 0;
	err = -ENOMEM;
	pci_release_regions(pdev);
disable:
	pci_disable_device(pdev);
	return err;
}

static void unmap_registers(struct pci_dev *pdev)
{
	pci_iounmap(pdev, demo.regs);
	pci_release_regions(pdev);
	pci_disable_device(pdev);
}

/*
 * MSI, so that the line is nobody else's; the message is a write to memory, hence the master.
 * IRQF_ONESHOT is for kernels that force threads (PREEMPT_RT, threadirqs): a line that has it keeps
 * its hard handler hard.
 */
static int connect_interrupt(struct pci_dev *pdev)
{
	int err;

	pci_set_master(pdev);
	err = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI);
	if (err < 0)
		goto clear;
	err = request_threaded_irq(pci_irq_vector(pdev, 0), handle_hard, handle_thread,
				   IRQF_ONESHOT, KBUILD_MODNAME, &demo);
	if (!err)
		return 0;
	pci_free_irq_vectors(pdev);
clear:
	pci_clear_master(pdev);
	return err;
}

static void disconnect_interrupt(struct pci_dev *pdev)
{
	free_irq(pci_irq_vector(pdev, 0), &demo);
	pci_free_irq_vectors(pdev);
	pci_clear_master(pdev);
}

static int attach(struct pci_dev *pdev)
{
	int err;

	if (demo.pdev)
		return -EBUSY;
	err = map_registers(pdev);
	if (err)
		return err;
	err = connect_interrupt(pdev);
	if (err)
		goto unmap;
	demo.pdev = pdev;
	return 0;
unmap:
	unmap_registers(pdev);
	return err;
}

static void detach(struct pci_dev *pdev)
{
	demo.pdev = NULL;
	disconnect_interrupt(pdev);
	unmap_registers(pdev);
}

static int probe_device(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int err;

	mutex_lock(&demo.lock);
	err = attach(pdev);
	mutex_unlock(&demo.lock);
	return err;
}

static void remove_device(struct pci_dev *pdev)
{
	mutex_lock(&demo.lock);
	detach(pdev);
	mutex_unlock(&demo.lock);
}

static const struct pci_device_id demo_ids[] = {
	{ PCI_DEVICE(EDU_VENDOR, EDU_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, demo_ids);

static struct pci_driver demo_driver = {
	.name = KBUILD_MODNAME,
	.id_table = demo_ids,
	.probe = probe_device,
	.remove = remove_device,
};

/* --- the module --- */

static int __init demo_init(void)
{
	int err = pci_register_driver(&demo_driver);

	if (err)
		return err;
	err = misc_register(&demo_misc);
	if (err)
		goto unregister;
	return 0;
unregister:
	pci_unregister_driver(&demo_driver);
	return err;
}

static void __exit demo_exit(void)
{
	misc_deregister(&demo_misc);
	pci_unregister_driver(&demo_driver);
}

module_init(demo_init);
module_exit(demo_exit);
MODULE_DESCRIPTION("Interrupts of QEMU's edu device whose every instant is known");
MODULE_LICENSE("GPL");
