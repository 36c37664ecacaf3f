/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's counts of interrupts beside ours, between the edges of a measurement. */
#ifndef WHY_LIB_COUNTS_H
#define WHY_LIB_COUNTS_H

#include "lib/snapshot.h"
#include "lib/tables.h"

/* After the end. `offsets`: what of the kernel's could be read. Returns 0 or -ENOMEM. */
int why_collect_counts(struct why_snapshot *into, const struct why_tables *t,
		       const struct why_count_offsets *offsets);

/* Sums up again, once what the CPUs' counts are is known from elsewhere, or `why` it is not. */
void why_counts_sum(struct why_snapshot *s);

/* The reason of ours that `text` is, or one that says so. */
const char *why_counts_reason(const char *text);

#endif
