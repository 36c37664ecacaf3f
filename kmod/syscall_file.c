// SPDX-License-Identifier: GPL-2.0-only
/* Text to and from the table of traced system calls (kmod/syscalls.h), nothing else. */
#include "kmod/syscall_file.h"

#include "kmod/syscalls.h"

#include <linux/capability.h>
#include <linux/math64.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#define FILE_NAME "syscall-trace"

enum {
	LINE_BYTES = 24 * 21 + WHY_SYSCALL_NAME_LEN,	/* 24 columns, none above 20 digits */
	COMMAND_BYTES = sizeof("disable ") + WHY_SYSCALL_NAME_LEN,	/* with its newline */
};

static void show_header(struct seq_file *to)
{
	u32 i;

	seq_printf(to, "%-16s %-5s %10s %15s %10s %10s %12s %8s", "#name", "state", "count",
		   "total_ns", "avg_ns", "min_ns", "max_ns", "missed");
	for (i = 0; i < WHY_SYSCALL_BUCKETS; i++)
		seq_printf(to, " %7lluns", why_syscall_low(i));
	seq_putc(to, '\n');
}

/* What no call has is not known: never 0. */
static void show_times(struct seq_file *to, const struct why_tally *t)
{
	if (t->count)
		seq_printf(to, " %10llu %10llu %12llu", div64_u64(t->sum_ns, t->count), t->min_ns,
			   t->max_ns);
	else
		seq_printf(to, " %10s %10s %12s", "-", "-", "-");
}

static void show_line(const struct why_syscall_probe *t, void *arg)
{
	struct seq_file *to = arg;
	struct why_syscall_sum sum;
	u32 i;

	why_syscall_probe_sum(t, &sum);
	seq_printf(to, "%-16s %-5s %10llu %15llu", t->name, t->is_on ? "on" : "off",
		   sum.stats.tally.count, sum.stats.tally.sum_ns);
	show_times(to, &sum.stats.tally);
	seq_printf(to, " %8llu", sum.nr_missed);
	for (i = 0; i < WHY_SYSCALL_BUCKETS; i++)
		seq_printf(to, " %9llu", sum.stats.bucket[i]);
	seq_putc(to, '\n');
}

static int show(struct seq_file *to, void *unused)
{
	show_header(to);
	why_syscalls_each(show_line, to);
	return 0;
}

/* Room for all of it, so that one read is one moment. */
static int open_file(struct inode *inode, struct file *file)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return single_open_size(file, show, NULL, (why_syscalls_nr() + 2) * LINE_BYTES);
}

static bool is_name(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return length && length <= WHY_SYSCALL_NAME_LEN && !text[length];
}

static const struct {
	const char *verb;
	int (*one)(const char *name);
	int (*all)(void);
} verbs[] = {
	{ "enable ", why_syscalls_enable, why_syscalls_enable_all },
	{ "disable ", why_syscalls_disable, why_syscalls_disable_all },
};

/* `text`: one command, without its newline. */
static int run(const char *text)
{
	const char *name;
	size_t i;

	if (!strcmp(text, "reset"))
		return why_syscalls_reset();
	for (i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (!strstarts(text, verbs[i].verb))
			continue;
		name = text + strlen(verbs[i].verb);
		if (!strcmp(name, "all"))
			return verbs[i].all();
		return is_name(name) ? verbs[i].one(name) : -EINVAL;
	}
	return -EINVAL;
}

static ssize_t write_file(struct file *file, const char __user *from, size_t bytes, loff_t *at)
{
	char text[COMMAND_BYTES + 1];
	int rc;

	if (bytes > COMMAND_BYTES)
		return -E2BIG;
	if (copy_from_user(text, from, bytes))
		return -EFAULT;
	text[bytes] = '\0';
	if (strlen(text) != bytes)
		return -EINVAL;
	if (bytes && text[bytes - 1] == '\n')
		text[bytes - 1] = '\0';
	rc = run(text);
	return rc ? rc : (ssize_t)bytes;
}

static const struct proc_ops operations = {
	.proc_open = open_file,
	.proc_read = seq_read,
	.proc_write = write_file,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

int why_syscall_file_init(void)
{
	int rc = why_syscalls_init();

	if (rc)
		return rc;
	if (proc_create(FILE_NAME, 0600, NULL, &operations))
		return 0;
	why_syscalls_exit();
	return -ENOMEM;
}

/* Nobody is in the file any more when its entry is gone. */
void why_syscall_file_exit(void)
{
	remove_proc_entry(FILE_NAME, NULL);
	why_syscalls_exit();
}
