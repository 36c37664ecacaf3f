/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One traced system call: a kretprobe on its function while it is on, and what each CPU counted.
 * A call counts when it returns, on the CPU where it returns. Knows no file and no table.
 *
 * All but the handlers in syscall_probe.c run in process context, one at a time: kmod/syscalls.c
 * holds its mutex.
 */
#ifndef WHY_KMOD_SYSCALL_PROBE_H
#define WHY_KMOD_SYSCALL_PROBE_H

#include "core/syscall_stats.h"

#include <linux/kprobes.h>
#include <linux/seqlock.h>

enum { WHY_SYSCALL_NAME_LEN = 32 };

/*
 * Written by its CPU alone, in the return handler, so with preemption off and never by two at once
 * (no interrupt makes a system call); read by any, again if `seq` has moved.
 */
struct why_syscall_cpu {
	seqcount_t seq;
	u64 epoch;	/* of all below: nothing, if a reset was since */
	u64 nr_untimed;	/* calls that ended before they began: clocks of two CPUs may differ */
	struct why_syscall_stats stats;
};

struct why_syscall_probe {
	char name[WHY_SYSCALL_NAME_LEN + 1];
	bool is_on;
	struct why_syscall_cpu __percpu *cpus;
	struct kretprobe probe;
	u64 missed_before;	/* since the reset, while it was on earlier */
	u64 missed_mark;	/* the kernel's count at the reset */
};

/* Sum over all CPUs since the last reset. */
struct why_syscall_sum {
	struct why_syscall_stats stats;
	u64 nr_missed;
};

/* A traced call, off, with no name; NULL: no memory. */
struct why_syscall_probe *why_syscall_probe_make(void);

/* Turns it off too. May be NULL. */
void why_syscall_probe_free(struct why_syscall_probe *t);

/*
 * Hooks it, for at most `nr_instances` calls at a time that have not returned yet. Returns 0, also
 * if it was on; -ENOENT: the kernel has no such call; or whatever its probe could not be set for.
 */
int why_syscall_probe_enable(struct why_syscall_probe *t, u32 nr_instances);

/* Sleeps until no handler runs any more. Counts stay. No harm if it is off. */
void why_syscall_probe_disable(struct why_syscall_probe *t);

/* All calls' counts begin again, but for those missed. */
void why_syscall_probe_new_epoch(void);

/* This call's count of those missed begins again. */
void why_syscall_probe_reset(struct why_syscall_probe *t);

void why_syscall_probe_sum(const struct why_syscall_probe *t, struct why_syscall_sum *ret);

#endif
