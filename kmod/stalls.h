/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections with interrupts or preemption off, for user space: hooks, and rings of what they found.
 * Called by one thread at a time, which may sleep (device.c holds a mutex).
 */
#ifndef WHY_KMOD_STALLS_H
#define WHY_KMOD_STALLS_H

#include "abi/module.h"

#include <linux/types.h>

/* Looks for the events in the running kernel: once, at load. */
void why_stalls_init(void);

/* Fills in what this kernel can, and begins. Returns 0 or -errno, then with nothing left. */
int why_stalls_setup(struct why_module_stalls *setup);
bool why_stalls_are_set_up(void);

/* Ends: no hook runs when it returns; what was found may still be taken. Twice does no harm. */
void why_stalls_end(void);

/* Ends and frees, if there is anything. */
void why_stalls_stop(void);

/* The next section that was found, of any CPU. Returns its bytes; 0: none now. */
size_t why_stalls_take(struct why_stall_record *ret);

/* What a CPU counted; -ENOENT: there is no such CPU. */
int why_stalls_tally(struct why_module_stall_tally *t);

#endif
