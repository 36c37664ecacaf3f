/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values into bytes. Every function writes to `out` and leaves checking it (ferror) to the
 * caller; none knows where the snapshot came from.
 */
#ifndef WHY_REPORT_REPORT_H
#define WHY_REPORT_REPORT_H

#include "lib/snapshot.h"

#include <stdio.h>

/* The report, for a person. */
void why_report_text(FILE *out, const struct why_snapshot *s);

/* One kind's histogram, drawn; `width` columns. */
void why_report_hist(FILE *out, const struct why_snapshot *s, u32 kind, int width);

/* The series, a line a tick. */
void why_report_series(FILE *out, const struct why_snapshot *s);

/* The document of docs/json.md. Returns 0 or -ENOMEM. */
int why_report_json(FILE *out, const struct why_snapshot *s);

/* Parts of the text report. */
void why_text_tasks(FILE *out, const struct why_snapshot *s);
void why_text_cpus(FILE *out, const struct why_snapshot *s);
void why_text_counts(FILE *out, const struct why_snapshot *s);

/* The account's length on one CPU: what its classes sum to. */
u64 why_account_total(const struct why_cpu *cpu);

#endif
