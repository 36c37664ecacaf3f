// SPDX-License-Identifier: GPL-2.0-only
/* The least a program on a switch or a waking can cost here: nothing, and one look at the clock. */
#include "compat/vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

__u64 seen_ns;

SEC("tp_btf/sched_switch")
int BPF_PROG(floor_nothing)
{
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(floor_clock)
{
	seen_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sched_waking")
int BPF_PROG(floor_waking)
{
	seen_ns = bpf_ktime_get_ns();
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
