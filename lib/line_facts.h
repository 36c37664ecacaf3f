/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc says of the lines that a measurement has met: names, chips, affinity as it changes. */
#ifndef WHY_LIB_LINE_FACTS_H
#define WHY_LIB_LINE_FACTS_H

#include "lib/snapshot.h"

/*
 * Reads /proc/interrupts and /proc/irq for every line in into->line_of_place; a change of affinity
 * since the last call is counted as a move. What can't be read stays as it was. 0 or -ENOMEM.
 */
int why_line_facts_update(struct why_snapshot *into);

#endif
