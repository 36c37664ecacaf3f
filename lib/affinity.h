/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the calling thread may run, changed for a while: sched_setaffinity(2). */
#ifndef WHY_LIB_AFFINITY_H
#define WHY_LIB_AFFINITY_H

#include "core/base.h"

struct why_affinity;

/* The thread's CPUs as they are now. NULL without memory. */
struct why_affinity *why_affinity_save(void);

/* Leaves CPU `cpu` for any other of the saved ones; stays where there is none. */
void why_affinity_avoid(const struct why_affinity *saved, u32 cpu);

/* As it was saved. Frees it; NULL does nothing. */
void why_affinity_restore(struct why_affinity *saved);

#endif
