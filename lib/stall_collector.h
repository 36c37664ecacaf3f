/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is of one collector alone where sections with interrupts or preemption off are looked for.
 * lib/stall_source.h makes a source of it. All return 0, or -errno with *err filled in where there
 * is one. One thread at a time.
 */
#ifndef WHY_LIB_STALL_COLLECTOR_H
#define WHY_LIB_STALL_COLLECTOR_H

#include "lib/error.h"
#include "lib/stall_source.h"

struct why_stall_collector;

struct why_stall_collector_ops {
	/*
	 * Hooks, and starts the probe. *ret_has_preempt: sections with preemption off are found
	 * too. Sections of before `begin` are the hooks' own.
	 */
	int (*open)(const struct why_stall_request *request, u32 nr_cpus,
		    struct why_stall_collector **ret, bool *ret_has_preempt, struct why_error *err);
	/* Gives each section found since; `take` returns 0, or what ends it. */
	int (*take)(struct why_stall_collector *c,
		    int (*take)(void *arg, const struct why_stall_record *r), void *arg);
	/* Whether a CPU's probe did not come as often as it was asked for, in `length_ns`. */
	bool (*is_held_back)(struct why_stall_collector *c, u64 length_ns);
	/* Unhooks; what was found may still be taken. Twice does no harm. */
	void (*end)(struct why_stall_collector *c);
	/* What a CPU counted so far, and since when (0: it had no event). */
	void (*tally)(struct why_stall_collector *c, u32 cpu, struct why_stall_tally *ret,
		      u64 *ret_begin_ns);
	/* NULL is fine. */
	void (*close)(struct why_stall_collector *c);
};

extern const struct why_stall_collector_ops why_stalls_bpf;
extern const struct why_stall_collector_ops why_stalls_module;

#endif
