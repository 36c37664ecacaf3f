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

#include "lib/taker.h"

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

/* Its verbs, to be called while it lives. */
struct why_taker why_recorder_taker(struct why_recorder *rec);

/* So far, in all files. */
u64 why_recorder_bytes(const struct why_recorder *rec);
u64 why_recorder_events(const struct why_recorder *rec);
u64 why_recorder_lost(const struct why_recorder *rec);
u32 why_recorder_files(const struct why_recorder *rec);

void why_recorder_free(struct why_recorder *rec);

#endif
