/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last sections with interrupts off, by their code, for whoever asks what an interval had of
 * them. Owner: one thread.
 */
#ifndef WHY_LIB_STALL_LOG_H
#define WHY_LIB_STALL_LOG_H

#include "abi/stall.h"
#include "lib/violation.h"

struct why_stall_log;

/* Names the code by /proc/kallsyms as it is now. NULL with errno. why_stall_log_free() it. */
struct why_stall_log *why_stall_log_new(void);
void why_stall_log_free(struct why_stall_log *log);

/* Keeps one, in place of the oldest; a handler is none that a story does not have. Returns 0. */
int why_stall_log_add(void *log, const struct why_stall_record *r);

/* Fills in v->offs with those that CPUs on the violation's way were in meanwhile, longest first. */
void why_stall_log_find(const struct why_stall_log *log, struct why_violation *v);

#endif
