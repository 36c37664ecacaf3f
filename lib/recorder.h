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

/* What is recorded where; borrowed until why_recorder_new() returns. */
struct why_recorder_config {
	const char *path;	/* created or emptied; "-" is standard output */
	const char *command;	/* the line that recorded */
	/*
	 * From so many bytes, or so long (0: never), the file goes on as a new one: path is always
	 * the newest, path.1 the one before; of those `keep` are kept (0: all). Each can be read
	 * alone: it begins as a measurement that begins then. No event is lost in between.
	 */
	u64 rotate_bytes;
	u64 rotate_ns;
	u32 keep;
};

int why_recorder_new(const struct why_recorder_config *config, struct why_recorder **ret,
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

/* So far, in all files. */
u64 why_recorder_bytes(const struct why_recorder *rec);
u64 why_recorder_events(const struct why_recorder *rec);
u64 why_recorder_lost(const struct why_recorder *rec);
u32 why_recorder_files(const struct why_recorder *rec);

void why_recorder_free(struct why_recorder *rec);

#endif
