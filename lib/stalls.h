/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections with interrupts or preemption off that were found, and which code they are: a value.
 * Value header: no source.
 */
#ifndef WHY_LIB_STALLS_H
#define WHY_LIB_STALLS_H

#include "abi/stall.h"

#include <stdbool.h>
#include <stddef.h>

extern const char *const why_stall_kind_names[WHY_STALL_KIND_NR];

/* One section. */
struct why_stall_section {
	struct why_stall stall;
	u32 cpu;
	u32 irq;	/* where stall.handler is a device's */
	u32 pid;
	u32 stack;	/* in why_stalls.stacks; ~0: not kept */
	u64 function;
	u32 group;	/* in why_stalls.groups, once they are named */
	char comm[WHY_COMM_LEN];
};

struct why_stall_stack {
	u32 nr;
	u64 frames[WHY_STALL_FRAMES];
};

/* Sections of the same code, the most time first. */
struct why_stall_group {
	u32 kind;		/* enum why_stall_kind */
	bool is_exact;		/* its length is known: an interrupt's handler */
	u64 count;
	u64 least_ns, most_ns;	/* all together */
	u32 worst;		/* in why_stalls.sections: the longest */
	char **names;		/* [nr_names] of the code, innermost first */
	u32 nr_names;
};

struct why_stalls {
	const char *collector;	/* its name */
	u32 nr_cpus;
	u64 over_ns, period_ns;	/* of the probe; 0: none */
	u64 begin_ns, end_ns;
	bool has_preempt;
	struct why_stall_tally tally;		/* of all CPUs, but for its times: see below */
	double timer_share_max;	/* of a CPU's time in the timer's interrupt, where it was most */
	struct why_stall_section *sections;
	size_t nr_sections, sections_room;
	u64 nr_left_out;	/* sections beyond what is kept */
	u64 nr_stackless;	/* sections whose stack is beyond what is kept */
	u64 nr_in_user;		/* late in user mode, where interrupts are on: told as none */
	bool is_held_back;	/* the probe was, somewhere or some time */
	struct why_stall_stack *stacks;
	size_t nr_stacks, stacks_room;
	u32 *places;		/* of stacks by hash, + 1 */
	struct why_stall_group *groups;
	size_t nr_groups;
};

/*
 * Takes one section in. One that ends with the last of its CPU is the same one, seen by something
 * else that it made late: what both say of its length holds. Returns 0 or -ENOMEM.
 */
int why_stalls_add(struct why_stalls *s, const struct why_stall_record *r);

/*
 * The code of one, its first functions: "f < g < h", cut to `size` bytes. Returns `ret`, filled in;
 * NULL: it was user mode, where interrupts are on. `symbols`: lib/symbols.h.
 */
struct why_symbols;
const char *why_stall_code(char *ret, size_t size, const struct why_symbols *symbols,
			   const struct why_stall_record *r);

/*
 * Names and groups what was taken in; drops what turns out to have been in user mode. `symbols` are
 * those of the beginning: what is no longer there at the end has its name by them. 0 or -errno.
 */
int why_stalls_name(struct why_stalls *s, const struct why_symbols *symbols);

/* Whether every section of over_ns + period_ns is found: the probe was not held back. */
bool why_stalls_is_probed(const struct why_stalls *s);

/* Frees what is in it. */
void why_stalls_free(struct why_stalls *s);

/* How many sections with interrupts off are known by what came late, not as handlers. */
u64 why_stalls_observed(const struct why_stalls *s);

/*
 * The share of those that are none but the machine's lateness, as it showed in user mode, where
 * interrupts are on: expected, 0 to 1; below 0: too little was due in user mode to tell.
 */
double why_stalls_false(const struct why_stalls *s);

#endif
