/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel facts the eBPF programs rely on, by hand, so that a reviewer sees all of them. Field
 * offsets are those of the running kernel (CO-RE); a field that some kernels lack is asked for
 * in compat/task.h, never assumed. Kept to what is used; order and neighbours mean nothing.
 */
#ifndef WHY_COMPAT_VMLINUX_H
#define WHY_COMPAT_VMLINUX_H

#include "core/base.h"

typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef s64 __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
typedef int pid_t;

enum { false = 0, true = 1 };

/* include/uapi/linux/bpf.h */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};
enum { BPF_F_NO_PREALLOC = 1, BPF_F_MMAPABLE = 1 << 10 };
enum { BPF_ANY = 0, BPF_NOEXIST = 1 };
enum { BPF_RB_NO_WAKEUP = 1 };
enum { BPF_LOCAL_STORAGE_GET_F_CREATE = 1 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct rq {
	u64 nr_switches;
};

struct cfs_rq {
	struct rq *rq;
};

struct sched_entity {
	struct cfs_rq *cfs_rq;
};

struct thread_info {
	unsigned long flags;
	u32 status;
	u32 cpu;
};

struct kernfs_node {
	u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
	int level;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct css_set {
	struct cgroup_subsys_state *subsys[16];
	struct cgroup *dfl_cgrp;
};

struct file_operations {
	void *read;
	void *read_iter;
};

struct file {
	const struct file_operations *f_op;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

typedef struct {
	int counter;
} atomic_t;

struct qspinlock {
	atomic_t val;
};

typedef struct qspinlock arch_spinlock_t;

struct raw_spinlock {
	arch_spinlock_t raw_lock;
};

typedef struct raw_spinlock raw_spinlock_t;

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	unsigned int flags;
	int on_cpu;
	unsigned int on_rq;	/* signed int before 6.18; libbpf widens unsigned loads only */
	int prio;
	unsigned int policy;
	struct sched_entity se;
	pid_t pid;
	pid_t tgid;
	int exit_state;
	char comm[16];
	struct css_set *cgroups;
	struct files_struct *files;
	unsigned long nvcsw;
	raw_spinlock_t pi_lock;
};

struct irqaction {
	struct irqaction *next;
	struct task_struct *thread;
	const char *name;
};

struct irq_data {
	unsigned int irq;
};

struct irq_desc {
	struct irq_data irq_data;
	void *kstat_irqs;
};

struct timerqueue_node {
	s64 expires;
};

struct hrtimer_clock_base {
	unsigned int index;
};

struct hrtimer {
	struct timerqueue_node node;
	void *function;
	struct hrtimer_clock_base *base;
};

struct cpumask {
	unsigned long bits[1];
};

struct work_struct {
	void *func;
};

struct pool_workqueue;
struct linux_binprm;
typedef void (*work_func_t)(struct work_struct *work);
typedef s64 ktime_t;
enum hrtimer_mode { WHY_COMPAT_HRTIMER_MODE_ABS };

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long di, si, dx, r10, r8, r9;
	unsigned long orig_ax;
	unsigned long cs;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	u64 regs[31];
};
struct pt_regs {
	u64 regs[31];
	u64 pstate;
	int syscallno;
};
#endif

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id;
	u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

#endif
