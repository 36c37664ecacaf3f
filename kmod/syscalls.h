/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The traced system calls: the table of them, and what is done to it. /proc/syscall-trace
 * (kmod/syscall_file.c) is the way in.
 */
#ifndef WHY_KMOD_SYSCALLS_H
#define WHY_KMOD_SYSCALLS_H

#include "kmod/syscall_probe.h"

enum { WHY_SYSCALLS_MAX = 64 };

/* The four that are always listed, off. Nothing is hooked. Returns 0 or -errno, then with none. */
int why_syscalls_init(void);
void why_syscalls_exit(void);

/*
 * All take effect whole or not at all, may sleep, and may be called by any number of threads.
 * `name`: [a-z0-9_], at most WHY_SYSCALL_NAME_LEN.
 *
 * enable:  0, also if it was on; -ENOENT: the kernel has no such call; -ENOSPC: the table is full;
 *	    else why its function can not be probed
 * disable: 0, also if it was off; -ENOENT: it is not in the table
 */
int why_syscalls_enable(const char *name);
int why_syscalls_disable(const char *name);
int why_syscalls_enable_all(void);
int why_syscalls_disable_all(void);
int why_syscalls_reset(void);

/* Shows each in the order in which they were added, all under one lock. */
void why_syscalls_each(void (*show)(const struct why_syscall_probe *t, void *arg), void *arg);

u32 why_syscalls_nr(void);

#endif
