/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc/syscall-trace, for root alone. docs/module.md says what it holds and takes. Where the
 * kernel has no kretprobes there is no such file.
 */
#ifndef WHY_KMOD_SYSCALL_FILE_H
#define WHY_KMOD_SYSCALL_FILE_H

#ifdef CONFIG_KRETPROBES

int why_syscall_file_init(void);
void why_syscall_file_exit(void);

#else

static inline int why_syscall_file_init(void)
{
	return 0;
}

static inline void why_syscall_file_exit(void)
{
}

#endif

#endif
