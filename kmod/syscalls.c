// SPDX-License-Identifier: GPL-2.0-only
/* The table of traced system calls: see syscalls.h. */
#include "kmod/syscalls.h"

#include <linux/module.h>
#include <linux/mutex.h>

enum { MAX_INSTANCES = 1 << 16 };

/*
 * A call holds an instance until it returns, so a read or a futex holds one for as long as it
 * sleeps, and every thread of the machine may. A usual machine has some hundred threads asleep in
 * the one call that most of them sleep in; 1024 takes about 100 KiB a call.
 */
static unsigned int syscall_instances;
module_param(syscall_instances, uint, 0400);
MODULE_PARM_DESC(syscall_instances, "calls of each kind under way that can be timed; those over it "
				    "are counted as missed (default 1024 + 4 for each CPU)");

/* Both under `lock`. Entries stay until unload. */
static DEFINE_MUTEX(lock);
static struct why_syscall_probe *table[WHY_SYSCALLS_MAX];
static u32 nr_traced;

static struct why_syscall_probe *find(const char *name)
{
	u32 i;

	for (i = 0; i < nr_traced; i++)
		if (!strcmp(table[i]->name, name))
			return table[i];
	return NULL;
}

static struct why_syscall_probe *make(const char *name)
{
	struct why_syscall_probe *t = why_syscall_probe_make();

	if (t)
		strscpy(t->name, name, sizeof(t->name));
	return t;
}

/* Enters the table only when it is hooked. */
static int add(const char *name)
{
	struct why_syscall_probe *t;
	int rc;

	if (nr_traced == WHY_SYSCALLS_MAX)
		return -ENOSPC;
	t = make(name);
	if (!t)
		return -ENOMEM;
	rc = why_syscall_probe_enable(t, syscall_instances);
	if (rc)
		why_syscall_probe_free(t);
	else
		table[nr_traced++] = t;
	return rc;
}

int why_syscalls_enable(const char *name)
{
	struct why_syscall_probe *t;
	int rc;

	mutex_lock(&lock);
	t = find(name);
	rc = t ? why_syscall_probe_enable(t, syscall_instances) : add(name);
	mutex_unlock(&lock);
	return rc;
}

int why_syscalls_disable(const char *name)
{
	struct why_syscall_probe *t;

	mutex_lock(&lock);
	t = find(name);
	if (t)
		why_syscall_probe_disable(t);
	mutex_unlock(&lock);
	return t ? 0 : -ENOENT;
}

/* `were_off`: a bit for each. */
static void disable_those(u64 were_off, u32 below)
{
	u32 i;

	for (i = 0; i < below; i++)
		if (were_off >> i & 1)
			why_syscall_probe_disable(table[i]);
}

int why_syscalls_enable_all(void)
{
	u64 were_off = 0;
	int rc = 0;
	u32 i;

	BUILD_BUG_ON(WHY_SYSCALLS_MAX > 64);
	mutex_lock(&lock);
	for (i = 0; i < nr_traced && !rc; i++) {
		were_off |= (u64)!table[i]->is_on << i;
		rc = why_syscall_probe_enable(table[i], syscall_instances);
	}
	if (rc)
		disable_those(were_off, i);
	mutex_unlock(&lock);
	return rc;
}

int why_syscalls_disable_all(void)
{
	mutex_lock(&lock);
	disable_those(U64_MAX, nr_traced);
	mutex_unlock(&lock);
	return 0;
}

int why_syscalls_reset(void)
{
	u32 i;

	mutex_lock(&lock);
	why_syscall_probe_new_epoch();
	for (i = 0; i < nr_traced; i++)
		why_syscall_probe_reset(table[i]);
	mutex_unlock(&lock);
	return 0;
}

void why_syscalls_each(void (*show)(const struct why_syscall_probe *t, void *arg), void *arg)
{
	u32 i;

	mutex_lock(&lock);
	for (i = 0; i < nr_traced; i++)
		show(table[i], arg);
	mutex_unlock(&lock);
}

u32 why_syscalls_nr(void)
{
	return READ_ONCE(nr_traced);
}

int why_syscalls_init(void)
{
	static const char *const names[] = { "read", "mmap", "futex", "openat" };
	u32 i;

	if (syscall_instances > MAX_INSTANCES)
		return -ERANGE;
	if (!syscall_instances)
		syscall_instances = 1024 + 4 * nr_cpu_ids;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		table[i] = make(names[i]);
		if (!table[i]) {
			why_syscalls_exit();
			return -ENOMEM;
		}
		nr_traced++;
	}
	return 0;
}

void why_syscalls_exit(void)
{
	while (nr_traced)
		why_syscall_probe_free(table[--nr_traced]);
}
