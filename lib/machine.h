/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc and /sys say of this machine. */
#ifndef WHY_LIB_MACHINE_H
#define WHY_LIB_MACHINE_H

#include "core/base.h"

#include <stdbool.h>

/* Highest possible CPU number + 1 (/sys/devices/system/cpu/possible), or -errno. */
int why_nr_possible_cpus(void);

/* Tasks that there are now, threads included (/proc/loadavg), or -errno. */
int why_nr_tasks(void);

/* Sets is_online[0..nr_cpus) from /sys/devices/system/cpu/online. Returns 0 or -errno. */
int why_online_cpus(bool *is_online, u32 nr_cpus);

/* Stolen time per CPU in ns (/proc/stat, in steps of 10 ms); has[i] where there is one. */
int why_steal_ns(u64 *steal_ns, bool *has, u32 nr_cpus);

/* CLOCK_MONOTONIC. */
u64 why_now_ns(void);

/* Whether the kernel is PREEMPT_RT (/sys/kernel/realtime). */
bool why_is_rt(void);

/* Whether this process may use eBPF: CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN are effective. */
bool why_has_capabilities(void);

/* Microseconds so far in which some task waited for a CPU (/proc/pressure/cpu); 0 or -errno. */
int why_psi_cpu_some_us(u64 *ret_us);

/*
 * About how many events a recorder of everything would have had since boot, on all CPUs: a switch
 * and a waking for each of the kernel's context switches, entry and exit of each interrupt and
 * softirq (/proc/stat). 0: not told.
 */
u64 why_kernel_events(void);

/* Address of a function in /proc/kallsyms, or 0. */
u64 why_kernel_symbol(const char *name);

#endif
