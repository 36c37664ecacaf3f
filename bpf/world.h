/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hooks' world in eBPF (hooks/world.h): maps and helpers. Per-CPU state is an array sized to
 * the machine before loading and mapped by user space, indexed by CPU number so that a waker can
 * read its target's account. Hot paths touch no hash map.
 */
#ifndef WHY_BPF_WORLD_H
#define WHY_BPF_WORLD_H

#include "bpf/late.h"
#include "compat/order.h"
#include "compat/sleep.h"
#include "compat/task.h"

#include <bpf/bpf_tracing.h>

#define WHY_CLOCK() bpf_ktime_get_ns()

#define WHY_RARE static __noinline

/* A global function: the verifier follows it once, from unknown arguments. */
#define WHY_APART __noinline
/* 6.1's verifier knows some loops for endless by their layout. */
#define WHY_UNROLL _Pragma("unroll")

enum { WHY_WAYS = 4 };

/* A program reads only what its hook is given. */
#define EVENT_HRTIMER_START_MORE

/* Set before loading; what it rules out is dead code to the verifier. */
const volatile struct why_config why_cfg = {};

/* Sized before loading, mapped by user space, or both. */
#define WHY_ARRAY(name, type_, nr, flags)                                                          \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(map_flags, flags);                                                          \
		__uint(max_entries, nr);                                                           \
		__type(key, u32);                                                                  \
		__type(value, type_);                                                              \
	} name SEC(".maps")

WHY_ARRAY(why_cpus, struct why_cpu, 1, BPF_F_MMAPABLE);
WHY_ARRAY(why_places, struct why_place, 1, 0);
WHY_ARRAY(why_keyed, struct why_keyed, 1, BPF_F_MMAPABLE);
WHY_ARRAY(why_lines, struct why_line, WHY_LINES, BPF_F_MMAPABLE);
WHY_ARRAY(why_line_counts, struct why_line_count, WHY_LINES, BPF_F_MMAPABLE);
WHY_ARRAY(why_rings, struct why_record, 1, BPF_F_MMAPABLE);
WHY_ARRAY(why_queued, struct why_queued, 1 << WHY_QUEUED_SHIFT, 0);

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct why_task);
} why_tasks SEC(".maps");

/* Written only when a task dies. Each CPU adds to its own copy; user space adds them up. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct why_exited_key);
	__type(value, struct why_exited);
} why_exited SEC(".maps");

u32 why_whole;

static __always_inline u32 *whole(void)
{
	return &why_whole;
}

#define WHY_AT(name, type, map)                                                                    \
	static __always_inline type *name(u32 i)                                                   \
	{                                                                                          \
		return bpf_map_lookup_elem(&map, &i);                                              \
	}

WHY_AT(cpu_of, struct why_cpu, why_cpus)
WHY_AT(place_at, struct why_place, why_places)
WHY_AT(row_at, struct why_keyed, why_keyed)
WHY_AT(line_at, struct why_line, why_lines)
WHY_AT(line_count_at, struct why_line_count, why_line_counts)
WHY_AT(record_at, struct why_record, why_rings)
WHY_AT(queued_at, struct why_queued, why_queued)

static __always_inline u32 this_cpu_id(void)
{
	return bpf_get_smp_processor_id();
}

static __always_inline struct task_struct *this_task(void)
{
	return bpf_get_current_task_btf();
}

static __always_inline long read_kernel(void *to, u32 size, const void *from)
{
	return bpf_probe_read_kernel(to, size, from);
}

static __always_inline void read_name(void *to, u32 size, const char *from)
{
	bpf_probe_read_kernel_str(to, size, from);
}

/* A helper's loop, which the verifier follows once. */
#define each(nr, f, walk) bpf_loop(nr, f, walk, 0)

/*
 * An address as a number, which the verifier lets nobody compute with: through memory that an
 * interrupt's hook on this CPU may use as well. 0 if that happened again and again.
 */
static __always_inline u64 address_of(struct why_cpu *cpu, const void *p)
{
	u64 address, copy;
	u32 i;

	for (i = 0; i < 4; i++) {
		WHY_STORE(cpu->address, (u64)p);
		copy = address = WHY_LOAD(cpu->address);
		barrier_var(copy);	/* or the compiler returns `p`, knowing them equal */
		if (copy == (u64)p)
			return address;
	}
	return 0;
}

/*
 * A task's own storage. At a fork PREEMPT_RT's kmalloc is forbidden, and under the run queue's
 * lock the page allocator is: there it takes storage that comes from a cache made for hooks.
 */
static __always_inline struct why_task *stored_state(struct task_struct *p, enum why_may_make make)
{
	u64 flags = 0;

	if (make == WHY_MAKE_AT_LEISURE ||
	    (make == WHY_MAKE_AT_FORK && (why_cfg.has_storage_cache || !why_cfg.is_rt)) ||
	    (make == WHY_MAKE_LATE && why_cfg.has_storage_cache && !why_cfg.is_rt))
		flags = BPF_LOCAL_STORAGE_GET_F_CREATE;
	return bpf_task_storage_get(&why_tasks, p, 0, flags);
}

/* Not on the stack, which is 512 bytes for a program and what it calls. */
static const struct why_exited nobody;

static __always_inline struct why_exited *exited_of(const struct why_exited_key *key)
{
	struct why_exited *e = bpf_map_lookup_elem(&why_exited, key);

	if (e)
		return e;
	bpf_map_update_elem(&why_exited, key, &nobody, BPF_NOEXIST);
	return bpf_map_lookup_elem(&why_exited, key);
}

#endif
