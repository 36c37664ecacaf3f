// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/whylate: bytes between user space and what measures, nothing else. What a file set up goes
 * with it, so nothing stays hooked whatever happens to who measured.
 */
#include "kmod/device.h"

#include "kmod/collector.h"
#include "kmod/stalls.h"

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

/* Nothing copies from or to user space under it. */
static DEFINE_MUTEX(lock);

/* Who set what up; under `lock`. A file has set up one of them at most. */
static const struct file *measures, *finds_stalls;
static enum why_module_walk walk;
static u32 walk_at;

static int open_device(struct inode *inode, struct file *file)
{
	/* Who measures sees all tasks, and what the kernel's counts hold. */
	if (!perfmon_capable())
		return -EPERM;
	/* So that no mapping is ever writable. */
	return file->f_mode & FMODE_WRITE ? -EACCES : 0;
}

/* After the last mapping too. */
static int release_device(struct inode *inode, struct file *file)
{
	mutex_lock(&lock);
	if (measures == file) {
		why_collector_stop();
		WRITE_ONCE(measures, NULL);
	}
	if (finds_stalls == file) {
		why_stalls_stop();
		finds_stalls = NULL;
	}
	mutex_unlock(&lock);
	return 0;
}

/* What an ioctl takes and gives; copied without the lock, under which nothing may fault. */
union argument {
	struct why_module_event event;
	struct why_module_setup setup;
	struct why_module_cost cost;
	struct why_module_stalls stalls;
	struct why_module_stall_tally stall_tally;
	unsigned long number;
};

static long begin_walk(unsigned long which)
{
	if (which > WHY_MODULE_EXITED)
		return -EINVAL;
	walk = which;
	walk_at = 0;
	return 0;
}

static long set_up(const struct file *file, const struct why_module_setup *setup)
{
	long rc;

	if (measures || finds_stalls == file)
		return -EBUSY;
	walk_at = U32_MAX;
	rc = why_collector_setup(setup);
	if (!rc)
		smp_store_release(&measures, file);
	return rc;
}

static long find_stalls(const struct file *file, struct why_module_stalls *setup)
{
	long rc;

	if (finds_stalls || measures == file)
		return -EBUSY;
	rc = why_stalls_setup(setup);
	if (!rc)
		finds_stalls = file;
	return rc;
}

static long ask_measurement(const struct file *file, unsigned int what, union argument *a)
{
	if (measures != file)
		return -EINVAL;
	switch (what) {
	case WHY_IOC_EDGE:
		return a->number <= WHY_MODULE_END ? why_collector_edge(a->number) : -EINVAL;
	case WHY_IOC_WALK:
		return begin_walk(a->number);
	default:
		why_collector_cost(&a->cost);
		return 0;
	}
}

static long do_ioctl(const struct file *file, unsigned int what, union argument *a)
{
	switch (what) {
	case WHY_IOC_EVENT:
		return why_collector_event(&a->event);
	case WHY_IOC_SETUP:
		return set_up(file, &a->setup);
	case WHY_IOC_STALLS:
		return find_stalls(file, &a->stalls);
	case WHY_IOC_STALLS_END:
		if (finds_stalls != file)
			return -EINVAL;
		why_stalls_end();
		return 0;
	case WHY_IOC_STALL_TALLY:
		return finds_stalls == file ? why_stalls_tally(&a->stall_tally) : -EINVAL;
	default:
		return ask_measurement(file, what, a);
	}
}

/* Bytes that it takes and gives; 0: it takes a number. */
static long size_of(unsigned int what)
{
	switch (what) {
	case WHY_IOC_EVENT:
		return sizeof(struct why_module_event);
	case WHY_IOC_SETUP:
		return sizeof(struct why_module_setup);
	case WHY_IOC_COST:
		return sizeof(struct why_module_cost);
	case WHY_IOC_STALLS:
		return sizeof(struct why_module_stalls);
	case WHY_IOC_STALL_TALLY:
		return sizeof(struct why_module_stall_tally);
	case WHY_IOC_EDGE:
	case WHY_IOC_WALK:
	case WHY_IOC_STALLS_END:
		return 0;
	default:
		return -ENOTTY;
	}
}

static long ioctl_device(struct file *file, unsigned int what, unsigned long arg)
{
	union argument a = { .number = arg };
	long rc, size = size_of(what);

	if (size < 0)
		return size;
	if (size && copy_from_user(&a, (void __user *)arg, size))
		return -EFAULT;
	mutex_lock(&lock);
	rc = do_ioctl(file, what, &a);
	mutex_unlock(&lock);
	if (!rc && size && what != WHY_IOC_SETUP && copy_to_user((void __user *)arg, &a, size))
		return -EFAULT;
	return rc;
}

union record {
	union why_walk_record walk;
	struct why_stall_record stall;
};

static size_t next_record(const struct file *file, union record *record)
{
	size_t bytes = 0;

	mutex_lock(&lock);
	if (finds_stalls == file)
		bytes = why_stalls_take(&record->stall);
	else if (measures == file && walk_at != U32_MAX)
		bytes = why_collector_walk(walk, &walk_at, &record->walk);
	mutex_unlock(&lock);
	return bytes;
}

/* Whole records, as many as fit; 0 at the walk's end, or where no section was found since. */
static ssize_t read_device(struct file *file, char __user *to, size_t count, loff_t *at)
{
	union record record;
	size_t done = 0, bytes;

	if (count < sizeof(record))
		return -EINVAL;
	while (count - done >= sizeof(record)) {
		bytes = next_record(file, &record);
		if (!bytes)
			break;
		if (copy_to_user(to + done, &record, bytes))
			return -EFAULT;
		done += bytes;
		cond_resched();
	}
	return (ssize_t)done;
}

/*
 * Without our lock: the caller holds its address space's, which others may want under ours. Tables
 * that are there stay until the file's release, after this.
 */
static int mmap_device(struct file *file, struct vm_area_struct *vma)
{
	unsigned long which = vma->vm_pgoff >> (WHY_MODULE_TABLE_SHIFT - PAGE_SHIFT);
	void *table;
	size_t bytes;

	if (vma->vm_pgoff & ((1UL << (WHY_MODULE_TABLE_SHIFT - PAGE_SHIFT)) - 1))
		return -EINVAL;
	if (which >= WHY_TABLE_NR_MAPPED || smp_load_acquire(&measures) != file)
		return -EINVAL;
	table = why_collector_table(which, &bytes);
	return table ? remap_vmalloc_range(vma, table, 0) : -EINVAL;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = open_device,
	.read = read_device,
	.unlocked_ioctl = ioctl_device,
	.mmap = mmap_device,
	.release = release_device,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "whylate",
	.fops = &operations,
	.mode = 0400,
};

int why_device_init(void)
{
	return misc_register(&device);
}

void why_device_exit(void)
{
	misc_deregister(&device);
}
