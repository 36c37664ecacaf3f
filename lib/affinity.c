// SPDX-License-Identifier: GPL-2.0-only
/* One thread's CPUs: see affinity.h. */
#include "lib/affinity.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CPUS = 8192 };	/* CONFIG_NR_CPUS at its most, x86 and arm64 */

struct why_affinity {
	size_t size;	/* 0: not to be had, and left alone */
	unsigned char set[MOST_CPUS / 8];
};

struct why_affinity *why_affinity_save(void)
{
	struct why_affinity *a = calloc(1, sizeof(*a));

	if (a && !sched_getaffinity(0, sizeof(a->set), (cpu_set_t *)a->set))
		a->size = sizeof(a->set);
	return a;
}

void why_affinity_avoid(const struct why_affinity *saved, u32 cpu)
{
	unsigned char others[MOST_CPUS / 8];

	memcpy(others, saved->set, sizeof(others));
	CPU_CLR_S(cpu, sizeof(others), (cpu_set_t *)others);
	if (saved->size)
		sched_setaffinity(0, saved->size, (cpu_set_t *)others);
}

void why_affinity_restore(struct why_affinity *saved)
{
	if (saved && saved->size)
		sched_setaffinity(0, saved->size, (cpu_set_t *)saved->set);
	free(saved);
}
