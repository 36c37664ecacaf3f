/* SPDX-License-Identifier: GPL-2.0-only */
/* The core in user space, driven line by line: four CPUs, eight tasks. */
#ifndef WHY_TEST_WORLD_H
#define WHY_TEST_WORLD_H

#include "core/cpu.h"

#include <stddef.h>

struct world {
	struct why_cpu cpus[4];
	struct why_task tasks[8];
};

static struct world *the_world;

static inline struct why_cpu *world_cpu(u32 i)
{
	return i < 4 ? &the_world->cpus[i] : NULL;
}

static inline struct why_task *world_task(u32 i)
{
	return i < 8 ? &the_world->tasks[i] : NULL;
}

#define VEC_CPU(i)  world_cpu(i)
#define VEC_TASK(i) world_task(i)
#include "test/vectors/op.h"

static inline void world_apply(struct world *w, const struct vec_op *o)
{
	the_world = w;
	vec_apply(o);
}

#endif
