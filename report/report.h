/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values into bytes. Every function writes to `out` and leaves checking it (ferror) to the
 * caller; none knows where the snapshot came from.
 */
#ifndef WHY_REPORT_REPORT_H
#define WHY_REPORT_REPORT_H

#include "explain/moves.h"
#include "lib/snapshot.h"
#include "report/format.h"

#include <stdio.h>

/* The report, for a person. */
void why_report_text(FILE *out, const struct why_snapshot *s, const struct why_moves *m);

/* One kind's histogram, drawn; `width` columns. */
void why_report_hist(FILE *out, const struct why_snapshot *s, u32 kind, int width);

/* The series, a line a tick. */
void why_report_series(FILE *out, const struct why_snapshot *s);

/* The document of docs/json.md. Returns 0 or -ENOMEM. */
int why_report_json(FILE *out, const struct why_snapshot *s, const struct why_moves *m);

/* What a count is of: "softirq NET_RX", "line 36". Returns `buf`, filled in. */
const char *why_count_name(struct why_buf *buf, const struct why_count *c);

/* Where interrupts come from: "line 36 virtio1-req.0". Returns `buf`, filled in. */
const char *why_source_name(struct why_buf *buf, const struct why_snapshot *s, u32 source);

/* Parts of the text report. */
void why_text_moves(FILE *out, const struct why_snapshot *s, const struct why_moves *m);
void why_text_interrupts(FILE *out, const struct why_snapshot *s);
void why_text_lines(FILE *out, const struct why_snapshot *s);
void why_text_storms(FILE *out, const struct why_snapshot *s);
void why_text_interrupt_counts(FILE *out, const struct why_snapshot *s);
void why_text_tasks(FILE *out, const struct why_snapshot *s);
void why_text_cpus(FILE *out, const struct why_snapshot *s);
void why_text_head(FILE *out, const struct why_snapshot *s);
void why_text_losses(FILE *out, const struct why_snapshot *s);
void why_text_counts(FILE *out, const struct why_snapshot *s);

/* The account's length on one CPU: what its classes sum to. */
u64 why_account_total(const struct why_cpu *cpu);

#endif
