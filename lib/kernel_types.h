/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions to the running kernel's own description of its types (BTF). */
#ifndef WHY_LIB_KERNEL_TYPES_H
#define WHY_LIB_KERNEL_TYPES_H

#include "abi/line.h"

#include <stdbool.h>

struct btf;

/* The running kernel's, or NULL with errno. */
struct btf *why_kernel_types(void);
void why_kernel_types_free(struct btf *types);

/* Whether programs can be attached to the event (its type btf_trace_<event> exists). */
bool why_has_event(const struct btf *types, const char *event);

/* Whether struct `type` has a member of that name. */
bool why_has_member(const struct btf *types, const char *type, const char *name);

/* The value of `name` in enum `type`, or -1. */
s64 why_enum_value(const struct btf *types, const char *type, const char *name);

/* Where a struct has a member, in bytes; -1: not told. */
int why_member_offset(const struct btf *types, const char *type, const char *name);

/* Bytes from a CPU's run queue to (a member of) its copy of a per-CPU variable; 0: not told. */
int why_per_cpu_distance(const struct btf *types, const char *name, const char *member);

/* The same, to what include/linux/preempt.h calls preempt_count(). */
int why_preempt_count_distance(const struct btf *types);

/*
 * Finds where the kernel counts interrupts, which no symbol tells where kallsyms holds no data:
 * run queues and counts are variables of one per-CPU section. All 0 where it can't be told.
 */
void why_find_counts(const struct btf *types, struct why_count_offsets *ret);

/* Whether the kernel's own counts of interrupts can be read beside ours. */
bool why_has_counts(void);

#endif
