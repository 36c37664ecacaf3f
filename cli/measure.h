/* SPDX-License-Identifier: GPL-2.0-only */
/* One measurement from a source, by whatever verb: begun, ticked, ended, as a snapshot. */
#ifndef WHY_CLI_MEASURE_H
#define WHY_CLI_MEASURE_H

#include "cli/child.h"
#include "cli/cli.h"

#include <signal.h>

struct why_measurement {
	const struct why_source_ops *ops;
	struct why_request request;
	u64 duration_ns;	/* ~0: until the command ends */
	char **command;		/* NULL: none */
	/* Called once a second while it lasts, after the tick; NULL: progress is shown instead. */
	void (*show)(struct why_measurement *m, u64 done_ns);
	struct why_source *source;
	struct why_snapshot *snapshot;	/* the figures, after why_measure() */
	struct why_child child;
	sigset_t signals;	/* blocked, and waited for */
	sigset_t signals_before;
};

/* Refuses a subject that is not there and a machine that can't, before anything is loaded. */
int why_measure_check(struct why_measurement *m, struct why_error *err);

/* Measures. From why_measure_hold() on SIGINT, SIGTERM and SIGHUP end it early. */
int why_measure_hold(struct why_measurement *m, struct why_error *err);
int why_measure(struct why_measurement *m, struct why_error *err);

/* Whoever interrupts from here on means to end the report. */
void why_measure_release(struct why_measurement *m);

/* Takes everything out of the kernel; the snapshot is gone. */
void why_measure_close(struct why_measurement *m);

#endif
