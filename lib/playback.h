/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording as a snapshot: read, merged by time and replayed, with the series and the windows of
 * interrupts that a live measurement has. Memory is bounded, whatever the file's length: a run of
 * events of each CPU, the tables, the living tasks.
 */
#ifndef WHY_LIB_PLAYBACK_H
#define WHY_LIB_PLAYBACK_H

#include "lib/error.h"
#include "lib/observer.h"
#include "lib/snapshot.h"

/* Which part of the recording, in ns from its beginning; 0 and ~0: all; and how much of it. */
struct why_playback_range {
	u64 from_ns;
	u64 to_ns;
	bool lengths_only;	/* neither waits' causes nor tasks, and nobody observes */
};

/*
 * Returns 0 and a snapshot for why_snapshot_free(), with its `recording` filled in; or -errno with
 * *err. `observer` sees the events; NULL: nobody does. `progress`, if not NULL, is called now and
 * then with what was read of the file, in bytes.
 */
int why_playback(const char *path, const struct why_playback_range *range,
		 const struct why_observer *observer,
		 void (*progress)(u64 done, u64 all), struct why_snapshot **ret,
		 struct why_error *err);

#endif
