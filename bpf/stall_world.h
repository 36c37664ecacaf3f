/* SPDX-License-Identifier: GPL-2.0-only */
/* The world of hooks/stalls.c in eBPF (hooks/stall_world.h): maps and helpers. */
#ifndef WHY_BPF_STALL_WORLD_H
#define WHY_BPF_STALL_WORLD_H

#include "bpf/late.h"
#include "compat/regs.h"
#include "compat/task.h"

#include <bpf/bpf_tracing.h>

#define WHY_CLOCK() bpf_ktime_get_ns()
#define WHY_RARE    static __noinline

#define EVENT_HRTIMER_START_MORE

const volatile struct why_stall_config why_cfg = {};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct why_stall_cpu);
} why_stall_cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 21);
} why_stall_records SEC(".maps");

#define WHY_PER_CPU(name, type_)                                                                   \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                           \
		__uint(max_entries, 1);                                                            \
		__type(key, u32);                                                                  \
		__type(value, type_);                                                              \
	} name SEC(".maps")

WHY_PER_CPU(why_asked, struct why_asked);
WHY_PER_CPU(why_longest, struct why_longest);

static const u32 zero;

static __always_inline struct why_stall_cpu *cpu_of(u32 id)
{
	return bpf_map_lookup_elem(&why_stall_cpus, &id);
}

static __always_inline struct why_asked *asked_here(void)
{
	return bpf_map_lookup_elem(&why_asked, &zero);
}

static __always_inline struct why_longest *longest_here(void)
{
	return bpf_map_lookup_elem(&why_longest, &zero);
}

static __always_inline u32 this_cpu_id(void)
{
	return bpf_get_smp_processor_id();
}

static __always_inline struct task_struct *this_task(void)
{
	return bpf_get_current_task_btf();
}

/* Which the verifier lets nobody compute with: through memory. */
static __always_inline u64 address_of(struct why_longest *l, const void *p)
{
	WHY_STORE(l->address, (u64)p);
	return WHY_LOAD(l->address);
}

static __always_inline u64 per_cpu(int offset, u32 size)
{
	u64 value = 0, queue = (u64)why_compat_rq(this_task());

	if (queue && offset)
		bpf_probe_read_kernel(&value, size, (void *)(queue + offset));
	return value;
}

static __always_inline u64 stolen_here(void)
{
	return per_cpu(why_cfg.steal, 8);
}

static __always_inline u32 preempt_count_here(void)
{
	return (u32)per_cpu(why_cfg.preempt_count, 4);
}

static __always_inline u32 is_user_here(void)
{
	return why_compat_is_user((const struct pt_regs *)per_cpu(why_cfg.irq_regs, 8));
}

static __always_inline u32 frames_of(void *ctx, u64 *frames)
{
	long n = bpf_get_stack(ctx, frames, WHY_STALL_FRAMES * sizeof(*frames), 0);

	return n > 0 ? (u32)n / sizeof(*frames) : 0;
}

static __always_inline void name_this(char *comm)
{
	bpf_get_current_comm(comm, WHY_COMM_LEN);
}

static __always_inline struct why_stall_record *reserve_record(void)
{
	return bpf_ringbuf_reserve(&why_stall_records, sizeof(struct why_stall_record), 0);
}

/* Waking whoever reads would be one more interrupt here. */
static __always_inline void keep_record(struct why_stall_record *r)
{
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

#endif
