/* SPDX-License-Identifier: GPL-2.0-only */
/* A part of a watch's history as a recording (docs/trace-format.md) of its own. */
#ifndef WHY_LIB_WINDOW_H
#define WHY_LIB_WINDOW_H

#include "lib/history.h"
#include "lib/replay.h"
#include "lib/texts.h"

/* What a window is of; all borrowed. */
struct why_window {
	const struct why_meta *meta;		/* but for when it begins */
	const struct why_snapshot *snapshot;	/* has the lines' names */
	const struct why_history *history;
	struct why_replay *replay;		/* knows the tasks and rows */
	u64 from_ns, to_ns;
	u32 queued_pid;				/* a task that waits at the end; 0: none */
};

/* Writes the file at `path`, which is made or emptied. Returns 0, or -errno with *err. */
int why_window_save(const struct why_window *w, const char *path, struct why_error *err);

#endif
