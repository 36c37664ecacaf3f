// SPDX-License-Identifier: GPL-2.0-only
/* The core, loaded into the kernel, taking one line of a vector a run. */
#include "compat/vmlinux.h"

#include "core/account.c"
#include "core/cpu.c"
#include "core/hist.c"
#include "core/wait.c"

#include <bpf/bpf_helpers.h>


struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, struct why_cpu);
} vec_cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct why_task);
} vec_tasks SEC(".maps");

static __always_inline struct why_cpu *cpu_at(u32 i)
{
	return bpf_map_lookup_elem(&vec_cpus, &i);
}

static __always_inline struct why_task *task_at(u32 i)
{
	return bpf_map_lookup_elem(&vec_tasks, &i);
}

#define VEC_CPU(i)  cpu_at(i)
#define VEC_TASK(i) task_at(i)
#include "test/vectors/op.h"

SEC("syscall")
int apply_line(struct vec_op *ctx)
{
	struct vec_op o = *ctx;

	vec_apply(&o);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
