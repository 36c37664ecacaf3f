/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The function that serves a system call, by its name.
 *
 * fact				kernels			commit		how probed
 * __x64_sys_NAME		4.17 and later		d5a00528b58c	CONFIG_X86_64
 * __arm64_sys_NAME		4.19 and later		4378a7d4be30	CONFIG_ARM64
 * sys_NAME			where an architecture wraps none (CONFIG_ARCH_HAS_SYSCALL_WRAPPER)
 *
 * 32-bit tasks on a 64-bit kernel come by other functions (__ia32_sys_NAME, __arm64_compat_...).
 */
#ifndef WHY_COMPAT_SYSCALL_NAMES_H
#define WHY_COMPAT_SYSCALL_NAMES_H

#include "core/base.h"

#include <linux/string.h>

#if defined(CONFIG_X86_64)
#define WHY_COMPAT_SYSCALL_PREFIX "__x64_sys_"
#elif defined(CONFIG_ARM64)
#define WHY_COMPAT_SYSCALL_PREFIX "__arm64_sys_"
#else
#define WHY_COMPAT_SYSCALL_PREFIX "sys_"
#endif

/*
 * Calls whose functions are named otherwise, on both: arch/x86/entry/syscalls/syscall_64.tbl and
 * include/uapi/asm-generic/unistd.h, for as long as Linux has had them.
 */
static inline const char *why_compat_syscall_function(const char *name)
{
	static const char *const others[][2] = {
		{ "stat", "newstat" },	{ "lstat", "newlstat" }, { "fstat", "newfstat" },
		{ "uname", "newuname" }, { "umount2", "umount" }, { "sendfile", "sendfile64" },
	};
	u32 i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(name, others[i][0]))
			return others[i][1];
	return name;
}

#endif
