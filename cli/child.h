/* SPDX-License-Identifier: GPL-2.0-only */
/* The command after "--": started, held until the measurement has begun, awaited. */
#ifndef WHY_CLI_CHILD_H
#define WHY_CLI_CHILD_H

#include "lib/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct why_child {
	pid_t pid;	/* 0: none, or gone */
	int go_fd;	/* writing here lets it run */
	int failed_fd;	/* it writes errno here if it can't be run */
};

/* Forks a child that waits. */
int why_child_prepare(struct why_child *c, char **argv, bool is_output_taken,
		      struct why_error *err);

/* Lets it run `argv`. Fails if it could not be run. */
int why_child_release(struct why_child *c, char **argv, struct why_error *err);

/* Whether it has ended (and reaps it). */
bool why_child_has_ended(struct why_child *c);

/* Ends a child that still runs: SIGTERM, as perf stat does when its time is up. */
void why_child_end(struct why_child *c);

#endif
