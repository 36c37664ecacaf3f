/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One measurement: hooks on events, edges on CPUs, walks over tasks. Called by one thread at a
 * time, which may sleep (device.c holds a mutex), but for what says otherwise.
 */
#ifndef WHY_KMOD_COLLECTOR_H
#define WHY_KMOD_COLLECTOR_H

#include "abi/module.h"

#include <linux/types.h>

/* Looks for the events in the running kernel: once, at load. */
void why_collector_init(void);

/* Fills in name and whether it exists; -ENOENT: no such index. */
int why_collector_event(struct why_module_event *e);

/* Makes the tables and hooks the events asked for. Returns 0 or -errno, then with nothing left. */
int why_collector_setup(const struct why_module_setup *setup);

/* Unhooks and frees, if there is anything. No hook runs when it returns. */
void why_collector_stop(void);

/* Runs an edge on each CPU. Returns 0, or -EAGAIN where one found no good instant. */
int why_collector_edge(enum why_module_edge edge);

/*
 * The next task (or row of dead ones) of a walk that stands at *at, 0 at first: its record in *ret.
 * Returns the record's bytes, 0 at the end.
 */
size_t why_collector_walk(enum why_module_walk walk, u32 *at, union why_walk_record *ret);

/* A table that was made and its bytes; NULL: it was not. */
void *why_collector_table(enum why_module_table which, size_t *ret_bytes);

/* Samples the hooks' own time, or stops to; and what they took so far. */
void why_collector_cost(struct why_module_cost *cost);

#endif
