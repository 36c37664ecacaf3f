/* SPDX-License-Identifier: GPL-2.0-only */
/* One measurement from a source, by whatever verb: begun, ticked, ended, as a snapshot. */
#ifndef WHY_CLI_MEASURE_H
#define WHY_CLI_MEASURE_H

#include "cli/cli.h"
#include "cli/signals.h"
#include "explain/moves.h"
#include "lib/taker.h"

struct why_measurement {
	const struct why_collector_ops *collector;
	struct why_request request;
	u64 duration_ns;	/* ~0: until the command ends */
	char **command;		/* NULL: none */
	bool is_output_taken;	/* what the command prints goes to standard error */
	/* Called once a second while it lasts, after the tick; NULL: progress is shown instead. */
	void (*show)(struct why_measurement *m, u64 done_ns);
	const struct why_taker *taker;	/* of every event, borrowed; NULL: none */
	struct why_source *source;
	struct why_snapshot *snapshot;	/* the figures, after why_measure() */
	struct why_moves moves;		/* and what moved with its worst seconds */
	struct why_child child;
	struct why_signals signals;
};

/*
 * The collector asked for, or (NULL) the first that this machine can: eBPF, else the module, and
 * then says so on standard error. Where none can: eBPF, whose probe() tells why.
 */
const struct why_collector_ops *why_choose_collector(const struct why_collector_ops *asked);

/*
 * Refuses everything that can be refused, before anything is loaded or the file `json` (may be
 * NULL) is overwritten, and opens that. From here on SIGINT, SIGTERM and SIGHUP wait for
 * why_measure(), which they end early.
 */
int why_measure_prepare(struct why_measurement *m, const char *json, FILE **ret_json,
			struct why_error *err);

/* Measures, into m->snapshot. */
int why_measure(struct why_measurement *m, struct why_error *err);

/* Whoever interrupts from here on means to end the report. */
void why_measure_release(struct why_measurement *m);

/* Takes everything out of the kernel; the snapshot is gone. */
void why_measure_close(struct why_measurement *m);

#endif
