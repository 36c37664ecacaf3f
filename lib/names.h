/* SPDX-License-Identifier: GPL-2.0-only */
/* What users call the core's enums: kinds, causes, classes, losses. Value header: no source. */
#ifndef WHY_LIB_NAMES_H
#define WHY_LIB_NAMES_H

#include "core/cpu.h"

extern const char *const why_kind_names[WHY_KIND_NR];
extern const char *const why_cause_names[WHY_CAUSE_NR];
extern const char *const why_vector_names[WHY_VECTOR_NR];
extern const char *const why_softirq_names[WHY_SOFTIRQ_NR];
extern const char *const why_loss_names[WHY_LOSS_NR];
extern const char *const why_loss_texts[WHY_LOSS_NR];

/* The kind called `name` (`n` bytes of it), or -1. */
int why_kind_by_name(const char *name, unsigned int n);

#endif
