// SPDX-License-Identifier: GPL-2.0-only
/*
 * The delays of inject.h. One of the programs is loaded at a time. All that bounds a delay is here,
 * constant since loading.
 */
#include "core/base.h"

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* A look at the clock takes 20 ns or more, and bpf_loop() does no more than 2^23. */
enum { MOST_LOOKS = 1 << 22 };

const volatile u32 wanted_cpu;
const volatile u32 own_tgid;
const volatile long own_syscall;
const volatile int own_signal;
const volatile u64 length_ns;
const volatile u64 apart_ns;		/* beginnings, at least */
const volatile u64 most;		/* delays */
const volatile u64 end_ns;		/* none begins later */

u64 made, lost, next_ns;

struct label {
	u64 begin_ns;
	u64 end_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} labels SEC(".maps");

static long is_over(u32 i, u64 *until)
{
	return bpf_ktime_get_ns() >= *until;
}

/* Only on the wanted CPU, where each hook runs alone: nothing here needs claiming. */
static __always_inline void delay(void)
{
	u64 begin = bpf_ktime_get_ns(), until = begin + length_ns;
	struct label *label;

	if (bpf_get_smp_processor_id() != wanted_cpu || begin < next_ns || begin >= end_ns ||
	    made >= most)
		return;
	next_ns = begin + apart_ns;
	made++;
	label = bpf_ringbuf_reserve(&labels, sizeof(*label), 0);
	bpf_loop(MOST_LOOKS, is_over, &until, 0);
	if (!label) {
		lost++;
		return;
	}
	label->begin_ns = begin;
	label->end_ns = bpf_ktime_get_ns();
	/* Waking whoever reads would be one more event here. */
	bpf_ringbuf_submit(label, BPF_RB_NO_WAKEUP);
}

static __always_inline u32 is_own(void)
{
	return bpf_get_current_pid_tgid() >> 32 == own_tgid;
}

SEC("perf_event")
int in_hardirq(void *ctx)
{
	delay();
	return 0;
}

/* Accounted for somebody else it may be another CPU's queue that is locked. */
SEC("tp_btf/sched_stat_runtime")
int BPF_PROG(in_rq_lock, struct task_struct *p)
{
	if (p == bpf_get_current_task_btf())
		delay();
	return 0;
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(in_softirq)
{
	if (is_own())
		delay();
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(in_syscall, struct pt_regs *regs, long id)
{
	if (is_own() && id == own_syscall)
		delay();
	return 0;
}

/* Under the lock of our own signals, which nobody else wants. */
SEC("tp_btf/signal_generate")
int BPF_PROG(in_irqs_off, int sig, void *info, struct task_struct *p)
{
	if (is_own() && sig == own_signal)
		delay();
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
