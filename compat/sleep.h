/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the system call a task blocks in is a pause until a time of its own. Numbers are the
 * architecture's (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h);
 * they never change. 32-bit tasks on a 64-bit kernel use other numbers and are left out.
 */
#ifndef WHY_COMPAT_SLEEP_H
#define WHY_COMPAT_SLEEP_H

#include "compat/task.h"

#if defined(__TARGET_ARCH_x86)
enum {
	WHY_NR_read = 0,
	WHY_NR_poll = 7,
	WHY_NR_select = 23,
	WHY_NR_nanosleep = 35,
	WHY_NR_clock_nanosleep = 230,
	WHY_NR_epoll_wait = 232,
	WHY_NR_pselect6 = 270,
	WHY_NR_ppoll = 271,
	WHY_NR_epoll_pwait = 281,
	WHY_NR_epoll_pwait2 = 441,
};
#define WHY_SYSCALL(regs) ((s64)(regs)->orig_ax)
#define WHY_ARG1(regs)	  ((regs)->di)
#define WHY_ARG3(regs)	  ((regs)->dx)
#define WHY_ARG4(regs)	  ((regs)->r10)
#define WHY_ARG5(regs)	  ((regs)->r8)
#elif defined(__TARGET_ARCH_arm64)
enum {
	WHY_NR_poll = -1000,
	WHY_NR_select = -1001,
	WHY_NR_epoll_wait = -1002,
	WHY_NR_epoll_pwait = 22,
	WHY_NR_read = 63,
	WHY_NR_pselect6 = 72,
	WHY_NR_ppoll = 73,
	WHY_NR_nanosleep = 101,
	WHY_NR_clock_nanosleep = 115,
	WHY_NR_epoll_pwait2 = 441,
};
#define WHY_SYSCALL(r) ((s64)(r)->syscallno)
#define WHY_ARG1(r)    ((r)->regs[0])
#define WHY_ARG3(r)    ((r)->regs[2])
#define WHY_ARG4(r)    ((r)->regs[3])
#define WHY_ARG5(r)    ((r)->regs[4])
#endif

/* A timeout in milliseconds that is neither "at once" nor "for ever". */
static __always_inline u32 why_is_pause_ms(u64 arg)
{
	return (int)arg > 0;
}

/* Whether a task asleep in this call pauses until a time of its own; reads are another matter. */
static __always_inline u32 why_compat_is_timed(struct pt_regs *regs)
{
	s64 nr = WHY_SYSCALL(regs);

	if (nr == WHY_NR_clock_nanosleep || nr == WHY_NR_nanosleep)
		return 1;
	if (nr == WHY_NR_epoll_wait || nr == WHY_NR_epoll_pwait)
		return why_is_pause_ms(WHY_ARG4(regs));
	if (nr == WHY_NR_poll)
		return why_is_pause_ms(WHY_ARG3(regs));
	if (nr == WHY_NR_select || nr == WHY_NR_pselect6)
		return WHY_ARG5(regs) != 0;
	if (nr == WHY_NR_ppoll)
		return WHY_ARG3(regs) != 0;
	return nr == WHY_NR_epoll_pwait2 && WHY_ARG4(regs) != 0;
}

/*
 * Whether file descriptor `fd` of `p` is a timerfd: its file's operation is the kernel's
 * timerfd_read_iter, or timerfd_read where it has no iterator (fs/timerfd.c), whose address user
 * space took from kallsyms.
 */
static __always_inline u32 why_compat_is_timerfd(struct task_struct *p, u32 fd, u64 timerfd_read)
{
	u64 iter, read;

	if (!timerfd_read)
		return 0;
	why_compat_read_ops(p, fd, &iter, &read);
	return iter == timerfd_read || read == timerfd_read;
}

/* Whether `p`, asleep, pauses until a time of its own. Kernel threads have no call to look at. */
static __always_inline u32 why_compat_sleeps_on_timer(struct task_struct *p, u64 timerfd_read)
{
	struct pt_regs *regs;

	if (p->flags & WHY_COMPAT_PF_KTHREAD || why_compat_is_32bit(p))
		return 0;
	regs = why_compat_regs(p);
	if (WHY_SYSCALL(regs) == WHY_NR_read)
		return why_compat_is_timerfd(p, (u32)WHY_ARG1(regs), timerfd_read);
	return why_compat_is_timed(regs);
}

#endif
