/* SPDX-License-Identifier: GPL-2.0-only */
/* Turns the table of keyed rows into rows of a snapshot, with names and sums. */
#ifndef WHY_LIB_KEYED_H
#define WHY_LIB_KEYED_H

#include "lib/snapshot.h"
#include "lib/tables.h"

/*
 * Adds all rows of `t` that have a sample or an unhandled call, with their sums over CPUs, over
 * ids, and over both. With `has_names` functions get theirs from /proc/kallsyms (a while).
 * Returns 0 or -ENOMEM.
 */
int why_collect_keyed(struct why_snapshot *into, const struct why_tables *t, bool has_names);

#endif
