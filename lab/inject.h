/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ground truth: makes one kind of delay on one CPU, again and again, and says when each began and
 * ended. Runs programs of its own at hooks that no measurement uses, so that what is measured is
 * the delay and not the hook; or is the task that takes the CPU itself.
 *
 *	hardirq		a timer's interrupt: perf's cpu-clock event, while a task runs there
 *	rq-lock		interrupts off, the run queue locked: sched_stat_runtime of the running
 *			task, inside update_curr(), kernel/sched/fair.c
 *	softirq		NET_RX, interrupts on: netif_receive_skb of a datagram of our own
 *	syscall		a system call's entry, preemption off: sys_enter of a getppid() of ours
 *	irqs-off	interrupts off in task context: signal_generate of an ignored signal to
 *			ourselves, inside do_send_sig_info(), kernel/signal.c; not on PREEMPT_RT
 *	fifo		a task of SCHED_FIFO, priority 50
 *	task		a task of SCHED_OTHER, nice 0
 *	niced		the same, nice 19
 *	throttled	a cgroup of our own that spends its quota in each period: the hole in its
 *			task's time
 *	affinity	"trapped", woken while a task of SCHED_FIFO has the one CPU it may use
 *	inversion	"victim" (fifo 80) wants a mutex of "holder" (fifo 10), which computes for
 *			so long; "between" (fifo 50) computes for half as long
 *	boost		the same mutex, with priority inheritance: "between" has to wait
 *	convoy		four tasks compute in turn, a quarter of it each, under one mutex
 *	forks		children that exit at once, one after the other
 *	flood		datagrams over loopback, one after the other
 *
 * A delay is no longer than WHY_INJECT_MOST_NS. The CPU is left to others for as long after it, or
 * for half as long where the next comes early. It is the kernel's programs that stop after the last
 * one or at the end, whatever becomes of us. A task's
 * label is from its first look at the clock to its last; it may not have had the CPU all the time.
 */
#ifndef WHY_LAB_INJECT_H
#define WHY_LAB_INJECT_H

#include "core/base.h"
#include "lib/error.h"

enum why_inject_kind {
	WHY_INJECT_HARDIRQ,
	WHY_INJECT_RQ_LOCK,
	WHY_INJECT_SOFTIRQ,	/* from here on we take part, on that CPU */
	WHY_INJECT_SYSCALL,
	WHY_INJECT_IRQS_OFF,
	WHY_INJECT_FIFO,	/* from here on as a task, without a program in the kernel */
	WHY_INJECT_TASK,
	WHY_INJECT_NICED,
	WHY_INJECT_THROTTLED,
	WHY_INJECT_AFFINITY,
	WHY_INJECT_INVERSION,
	WHY_INJECT_BOOST,
	WHY_INJECT_CONVOY,
	WHY_INJECT_FORKS,
	WHY_INJECT_FLOOD,
	WHY_INJECT_NR,
};

#define WHY_INJECT_MOST_NS 20000000ULL

/* As users write them. */
extern const char *const why_inject_names[WHY_INJECT_NR];

struct why_injection {
	u32 kind;	/* enum why_inject_kind */
	u32 cpu;
	u64 length_ns;	/* of each */
	u64 every_ns;	/* from the beginning of one to that of the next, about */
	u64 count;	/* 0: until the end */
	u64 duration_ns;
};

/* One that was made, by CLOCK_MONOTONIC on its CPU. */
struct why_inject_label {
	u64 begin_ns;
	u64 end_ns;
};

/*
 * Injects until `count` were made, `duration_ns` has passed, `tell` returns other than 0, or one of
 * SIGINT, SIGTERM and SIGHUP, which the caller has blocked, waits (it goes on waiting). `tell` is
 * called for each delay, by a thread of its own, within some 10 ms; not after the return. *ret_lost
 * is how many there was no room to tell of. Returns 0, or -errno with *err. The caller's thread may
 * move to the CPU and change its priority.
 */
int why_inject(const struct why_injection *what,
	       int (*tell)(void *arg, const struct why_inject_label *label), void *arg,
	       u64 *ret_lost, struct why_error *err);

#endif
