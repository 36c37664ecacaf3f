/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The limits that a watch holds latencies to: those of its command line, for good, and those of a
 * file, which may change meanwhile.
 */
#ifndef WHY_CLI_LIMITS_H
#define WHY_CLI_LIMITS_H

#include "lib/capability.h"
#include "lib/collector.h"
#include "lib/error.h"
#include "lib/watch.h"

#include <stdio.h>
#include <sys/stat.h>

enum { WHY_LIMITS_FOUND = 64 };

/* Stays where it is: what was found points into itself. */
struct why_limits {
	const struct why_collector_ops *collector;	/* set before why_limits_begin() */
	struct why_slo slos[WHY_WATCH_SLOS];	/* each keeps its place; in force or not */
	size_t nr, nr_fixed;			/* the first are the command line's */
	const char *path;			/* of the file, borrowed; NULL: none */
	struct stat file;			/* as it was when it was read last */
	struct why_capability found[WHY_LIMITS_FOUND];	/* what can be measured here */
	size_t nr_found;
};

/* Those of the command line, then the file's where there is one. Returns 0, or -errno with *err. */
int why_limits_begin(struct why_limits *l, const struct why_slo *slos, size_t nr,
		     const char *path, struct why_error *err);

/*
 * Where the file is another than it was, reads it again: 1, and those it does not have are off;
 * 0: it is the same, gone, or was written to in the last 50 ms; -errno with *err: all stay as
 * they were.
 */
int why_limits_look(struct why_limits *l, struct why_error *err);

/* "sched.wakeup > 100 us, task.relief > all before"; those in force. */
void why_limits_print(FILE *out, const struct why_limits *l);

#endif
