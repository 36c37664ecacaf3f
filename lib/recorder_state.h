/* SPDX-License-Identifier: GPL-2.0-only */
/* What a recorder keeps, shared by its two files. */
#ifndef WHY_LIB_RECORDER_STATE_H
#define WHY_LIB_RECORDER_STATE_H

#include "lib/lanes.h"
#include "lib/recorder.h"
#include "lib/recording.h"
#include "lib/replay.h"
#include "lib/texts.h"
#include "lib/told_tasks.h"

struct why_recorder {
	struct why_source *src;
	struct why_writer *writer;
	struct why_meta meta;
	char *path;
	u64 rotate_bytes, rotate_ns;
	u32 keep;
	struct why_lanes lanes;
	bool *told;			/* [nr_keyed] rows that the file names */
	struct why_told_tasks tasks;	/* since the last text of them */
	u64 nr_events, bytes;		/* of files that are closed, but for events */
	u32 nr_files;
	bool is_written;		/* file and writer are closed */
	/*
	 * With rotation: how CPUs and tasks stand where the file ends that goes on as another. All
	 * events before `shadow_ns` are in it.
	 */
	struct why_replay *shadow;
	u64 shadow_ns;
};

/* The shadow takes the lanes' events before `until`. Returns 0, or -errno with *err. */
int why_recorder_follow(struct why_recorder *rec, u64 until, struct why_error *err);

/* Refuses what cannot be rotated: no regular file, or one with numbered ones of another run. */
int why_recorder_check_names(const struct why_recorder *rec, struct why_error *err);

/* Whether the file has become long enough. */
bool why_recorder_is_due(const struct why_recorder *rec);

/*
 * The file ends where the shadow stands; another begins there. The lanes' events before that are
 * written. Returns 0, or -errno with *err.
 */
int why_recorder_rotate(struct why_recorder *rec, const struct why_snapshot *s,
			struct why_error *err);

/* Of recorder.c: keeps a task that is to be told of. */
int why_recorder_tell(void *recorder, const struct why_task_record *r);

/* Writes and frees `text`. */
int why_recorder_put(struct why_recorder *rec, enum why_section what, char *text,
		     struct why_error *err);

/* The tasks told of, in as many texts as it takes; then they are forgotten. */
int why_recorder_put_tasks(struct why_recorder *rec, enum why_section what, struct why_error *err);

/* META and the lines there are: how every file begins. */
int why_recorder_head(struct why_recorder *rec, u64 begin_ns, const struct why_snapshot *s,
		      struct why_error *err);
int why_recorder_no_memory(struct why_error *err);

#endif
