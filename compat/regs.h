/* SPDX-License-Identifier: GPL-2.0-only */
/* What an interrupt's saved registers say, by architecture (arch/ * /include/asm/ptrace.h). */
#ifndef WHY_COMPAT_REGS_H
#define WHY_COMPAT_REGS_H

#include "compat/vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* user_mode(): whether it interrupted user space. 0 too where they can't be read. */
static __always_inline u32 why_compat_is_user(const struct pt_regs *regs)
{
	u64 state = 0;

#if defined(__TARGET_ARCH_x86)
	bpf_core_read(&state, sizeof(regs->cs), &regs->cs);
	return (state & 3) == 3;
#elif defined(__TARGET_ARCH_arm64)
	bpf_core_read(&state, sizeof(state), &regs->pstate);
	return (state & 0xf) == 0;
#endif
}

#endif
