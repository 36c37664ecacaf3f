/* SPDX-License-Identifier: GPL-2.0-only */
/* The report of a snapshot, wherever it is from: as text, as JSON, or both. */
#ifndef WHY_CLI_PRESENT_H
#define WHY_CLI_PRESENT_H

#include "cli/options.h"
#include "explain/moves.h"

#include <stdio.h>

/*
 * Writes what `o` asks for to standard output and to `json` (may be NULL, or standard output
 * itself, in place of the report), which is closed. Returns 0, or -errno with *err filled in.
 */
int why_present(const struct options *o, const struct why_snapshot *s, const struct why_moves *m,
		FILE *json, struct why_error *err);

/* The JSON alone. */
int why_present_json(const struct options *o, const struct why_snapshot *s,
		     const struct why_moves *m, FILE *f, struct why_error *err);

#endif
