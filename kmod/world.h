/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hooks' world in the kernel (hooks/world.h): arrays and the kernel's own calls. Hooks run in
 * tracepoints, so with preemption off.
 */
#ifndef WHY_KMOD_WORLD_H
#define WHY_KMOD_WORLD_H

#include "compat/order.h"
#include "compat/sleep.h"
#include "compat/task.h"
#include "kmod/tables.h"

#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#define WHY_CLOCK() ktime_get_mono_fast_ns()
#define WHY_RARE    static noinline
#define WHY_APART   static noinline
#define WHY_UNROLL
#define barrier_var(x) OPTIMIZER_HIDE_VAR(x)

/* The unit's own, whose hooks these are (kmod/unit.h). */
static struct why_session session = { .has_buckets = WHY_HAS_BUCKETS };
#define why_cfg session.cfg

/*
 * Nothing else holds a state. With a place in eight taken, more than eight tasks want the same
 * eight places once in a million times.
 */
enum { WHY_WAYS = 8 };

#define WHY_AT(name, type, table, nr)                                                              \
	static __always_inline type *name(u32 i)                                                   \
	{                                                                                          \
		return i < (nr) ? &session.table[i] : NULL;                                     \
	}

WHY_AT(cpu_of, struct why_cpu, cpus, why_cfg.nr_cpus)
WHY_AT(place_at, struct why_place, places, 1U << why_cfg.place_shift)
WHY_AT(row_at, struct why_keyed, keyed, 1U << why_cfg.keyed_shift)
WHY_AT(line_at, struct why_line, lines, WHY_LINES)
WHY_AT(line_count_at, struct why_line_count, line_counts,
       WHY_HAS_BUCKETS * why_cfg.nr_cpus * WHY_LINES)
WHY_AT(record_at, struct why_record, rings, (u64)why_cfg.nr_cpus << why_cfg.ring_shift)
WHY_AT(queued_at, struct why_queued, queued, 1U << WHY_QUEUED_SHIFT)
WHY_AT(late_at, u64, late, 1U << WHY_LATE_SHIFT)

static __always_inline u32 *whole(void)
{
	return &session.is_whole;
}

static __always_inline u32 this_cpu_id(void)
{
	return raw_smp_processor_id();
}

static __always_inline struct task_struct *this_task(void)
{
	return current;
}

static __always_inline u64 address_of(struct why_cpu *cpu, const void *p)
{
	return (unsigned long)p;
}

static __always_inline long read_kernel(void *to, u32 size, const void *from)
{
	return copy_from_kernel_nofault(to, from, size);
}

static __always_inline void read_name(void *to, u32 size, const char *from)
{
	strscpy(to, from ?: "", size);	/* a driver may give none */
}

#define each(nr, f, walk)                                                                          \
	do {                                                                                       \
		u32 each_i, each_nr = (nr);                                                        \
		for (each_i = 0; each_i < each_nr && !f(each_i, walk); each_i++)                   \
			;                                                                          \
	} while (0)

static __always_inline struct why_task *stored_state(struct task_struct *p, enum why_may_make make)
{
	return NULL;
}

/* Only its own CPU writes it, under its run queue's lock. */
static __always_inline struct why_exited *exited_of(const struct why_exited_key *key)
{
	u32 mask = (1U << session.exited_shift) - 1, i;
	struct why_module_exited *e, *mine = session.exited +
					     ((size_t)this_cpu_id() << session.exited_shift);
	u64 words[WHY_COMM_LEN / 8], at;

	memcpy(words, key->comm, sizeof(words));
	at = why_place(words[0] ^ words[1] * 31, 32);
	for (i = 0; i <= mask; i++) {
		e = &mine[(at + i) & mask];
		if (!e->exited.nr_buried)
			e->key = *key;
		if (!memcmp(&e->key, key, sizeof(*key)))
			return &e->exited;
	}
	return NULL;
}

#endif
