/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The limits that a watch holds latencies to: those of its command line, for good, and those of a
 * file, which may change meanwhile.
 */
#ifndef WHY_CLI_LIMITS_H
#define WHY_CLI_LIMITS_H

#include "lib/error.h"
#include "lib/watch.h"

#include <stdio.h>
#include <sys/types.h>
#include <time.h>

struct why_limits {
	struct why_slo slos[WHY_WATCH_SLOS];	/* each keeps its place; in force or not */
	size_t nr, nr_fixed;			/* the first are the command line's */
	const char *path;			/* of the file, borrowed; NULL: none */
	struct timespec changed;		/* the file that was read last: when, and which */
	ino_t file;
	off_t size;
};

/* Those of the command line, then the file's where there is one. Returns 0, or -errno with *err. */
int why_limits_begin(struct why_limits *l, const struct why_slo *slos, size_t nr,
		     const char *path, struct why_error *err);

/*
 * Where the file is another than it was, reads it again: 1, and those it does not have are off;
 * 0: it is the same, or gone; -errno with *err: all stay as they were.
 */
int why_limits_look(struct why_limits *l, struct why_error *err);

/* "sched.wakeup > 100 us, task.relief > all before"; those in force. */
void why_limits_print(FILE *out, const struct why_limits *l);

#endif
