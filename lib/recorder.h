/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What writes a measurement to a file while it lasts: drains the rings, brings each CPU's events
 * into order, and appends them in runs, with the texts beside them.
 *
 *	new -> begin -> (drain, tick)* -> end -> free
 *
 * One thread at a time. All return 0, or -errno with *err filled in.
 */
#ifndef WHY_LIB_RECORDER_H
#define WHY_LIB_RECORDER_H

#include "lib/source.h"

struct why_recorder;

/* `path` is created or emptied. `command`: the line that recorded; borrowed until begin(). */
int why_recorder_new(const char *path, const char *command, struct why_recorder **ret,
		     struct why_error *err);

/* For why_request.tell, with the recorder as its argument. */
int why_recorder_tell(void *recorder, const struct why_task_record *r);

/* The measurement has begun; `described` is by ops->describe(). */
int why_recorder_begin(struct why_recorder *rec, const struct why_source_ops *ops,
		       struct why_source *src, const struct why_snapshot *described,
		       struct why_error *err);

/* Takes what the rings have. To be called again after *ret_pause_ns, by which they fill. */
int why_recorder_drain(struct why_recorder *rec, u64 *ret_pause_ns, struct why_error *err);

/* After a tick of the series, the last of `s`. */
int why_recorder_tick(struct why_recorder *rec, const struct why_snapshot *s,
		      struct why_error *err);

/* After the measurement's freeze() and snapshot(): the rest, and the file's end. */
int why_recorder_end(struct why_recorder *rec, const struct why_snapshot *s,
		     struct why_error *err);

/* So far. */
u64 why_recorder_bytes(const struct why_recorder *rec);
u64 why_recorder_events(const struct why_recorder *rec);
u64 why_recorder_lost(const struct why_recorder *rec);

void why_recorder_free(struct why_recorder *rec);

#endif
