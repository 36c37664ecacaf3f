/* SPDX-License-Identifier: GPL-2.0-only */
/* Sections with interrupts or preemption off, into text and JSON. */
#ifndef WHY_REPORT_STALLS_H
#define WHY_REPORT_STALLS_H

#include "lib/stalls.h"

#include <stdio.h>

/* For a person. Leaves checking `out` to the caller. */
void why_stalls_text(FILE *out, const struct why_stalls *s);

/* The document of docs/json.md, `version` of the program in it. Returns 0 or -ENOMEM. */
int why_stalls_json(FILE *out, const struct why_stalls *s, const char *version);

#endif
