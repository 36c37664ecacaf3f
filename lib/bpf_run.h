/* SPDX-License-Identifier: GPL-2.0-only */
/* What the eBPF source does with programs and maps, whichever they are. */
#ifndef WHY_LIB_BPF_RUN_H
#define WHY_LIB_BPF_RUN_H

#include "abi/task.h"

#include <stdbool.h>
#include <stddef.h>

struct bpf_map;
struct bpf_object;
struct bpf_program;

/* The event a program is for, or NULL: it is run by hand. */
const char *why_bpf_event(const struct bpf_program *p);

/* Maps `nr` elements of a map, to be read; NULL with errno. *ret_size is for why_bpf_unmap(). */
void *why_bpf_map(struct bpf_map *map, size_t element, size_t nr, size_t *ret_size);
void why_bpf_unmap(void *p, size_t size);

/*
 * Each online CPU runs `here`, by an interrupt but for the one that asks; for each offline one
 * `offline` (or NULL) runs on this one. A program that
 * answers other than 0 met a bad instant and is run again. Returns 0 or -errno.
 */
int why_bpf_run_edges(u32 nr_cpus, const struct bpf_program *here,
		      const struct bpf_program *offline);

/* Walks all tasks; `take` gets each record as it comes, or is NULL. Returns 0, -errno or take's. */
int why_bpf_walk_tasks(const struct bpf_program *p,
		       int (*take)(void *arg, const struct why_task_record *r), void *arg);

struct why_bpf_cost {
	u64 runs;
	u64 run_ns;
};

/* Runs and run time of an object's programs so far, as the kernel counts them. */
struct why_bpf_cost why_bpf_cost(struct bpf_object *obj);

/*
 * How often the kernel left out a run because the program was running on that CPU already, and the
 * events where: their names with blanks between, as many as there is room for.
 */
u64 why_bpf_misses(struct bpf_object *obj, char *ret_in, size_t room);

#endif
