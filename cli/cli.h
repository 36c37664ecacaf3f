/* SPDX-License-Identifier: GPL-2.0-only */
/* What the commands share. cli/ is the only room that prints and exits. */
#ifndef WHY_CLI_CLI_H
#define WHY_CLI_CLI_H

#include "lib/error.h"
#include "lib/source.h"

#include <stdbool.h>
#include <stdio.h>

/* Prints "whylate: what: why (hint)" on one line of standard error; returns the exit code. */
int why_complain(const struct why_error *err);

/* "250us", "1.5ms", "2s", "1m", "1h" into ns. Returns 0, or fills in a usage error. */
int why_parse_duration(const char *text, u64 *ret_ns, struct why_error *err);

/* A comma-separated list of kinds into 1 << kind. */
int why_parse_kinds(const char *text, u32 *ret_kinds, struct why_error *err);

/* "KIND=TIME" or "KIND=max". */
struct why_slo;
int why_parse_slo(const char *text, struct why_slo *ret, struct why_error *err);

/* The number of an interrupt's line. */
int why_parse_line(const char *text, int *ret, struct why_error *err);

/* A pid or tid: a whole number above 0. */
int why_parse_pid(const char *text, u32 *ret_pid, struct why_error *err);

/* "100M", "1G", "64k" (powers of 1024) into bytes, or else a duration. */
int why_parse_size_or_duration(const char *text, u64 *ret_bytes, u64 *ret_ns,
			       struct why_error *err);

/* A whole number from 1 to 1000000. */
int why_parse_count(const char *text, u32 *ret, struct why_error *err);

/* Opens `path` for writing; "-" is standard output. NULL with *err filled in. */
FILE *why_open_output(const char *path, struct why_error *err);

/* Closes it (flushes standard output) and turns any write error into *err. */
int why_close_output(FILE *f, const char *path, struct why_error *err);

/*
 * Says on a terminal's standard error how far something long is: "what, done of whole"; ~0 where
 * nobody knows how long it takes. NULL takes it away again. Elsewhere nothing.
 */
void why_progress(const char *what, u64 done_ns, u64 whole_ns);

/* The same of something whose length is known in other units: in per cent, once a per cent. */
void why_progress_part(const char *what, u64 done, u64 whole);

/* Ends a command that only printed: the exit code, with a complaint if that failed. */
int why_finish_output(void);

/* In a child: signals as they were when whylate was started. */
void why_restore_signals(void);

/* The commands: argv[0] is the verb. They return the exit code. */
int cmd_profile(int argc, char **argv);
int cmd_irq(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_stalls(int argc, char **argv);
int cmd_lab(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

#endif
