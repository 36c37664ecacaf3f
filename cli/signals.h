/* SPDX-License-Identifier: GPL-2.0-only */
/* The signals that end a measurement: held, so that they end it in order. */
#ifndef WHY_CLI_SIGNALS_H
#define WHY_CLI_SIGNALS_H

#include "cli/child.h"
#include "core/base.h"

#include <signal.h>
#include <stdbool.h>

struct why_signals {
	sigset_t held;		/* blocked, and waited for */
	sigset_t before;	/* what was blocked */
};

/*
 * From here on these signals wait for us, but for those that whoever started us had ignored (as
 * nohup does). An ignored SIGCHLD would never tell of the command's end.
 */
void why_hold_signals(struct why_signals *ret);

/* What came until now was meant for the measurement; whoever interrupts from here on ends us. */
void why_release_signals(const struct why_signals *s);

/*
 * Sleeps until `until_ns` (CLOCK_MONOTONIC) or a signal; true if that ends the measurement: the
 * command has ended (`child` may be none), or we are to end.
 */
bool why_wait_until(const struct why_signals *s, struct why_child *child, u64 until_ns);

#endif
