// SPDX-License-Identifier: GPL-2.0-only
/*
 * Going on in another file: see recorder.h. The shadow is a replay of what has been recorded, so
 * that each file can begin with how everything stands: the records that a measurement begins with.
 */
#include "lib/recorder_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int take_shadow(void *arg, const struct why_event *events, size_t n)
{
	why_replay_take(arg, events, n);
	return 0;
}

int why_recorder_follow(struct why_recorder *rec, u64 until, struct why_error *err)
{
	int rc = why_lanes_follow(&rec->lanes, until, take_shadow, rec->shadow);

	rec->shadow_ns = until;
	return rc || why_replay_is_short(rec->shadow) ? why_recorder_no_memory(err) : 0;
}

bool why_recorder_is_due(const struct why_recorder *rec)
{
	if (!rec->shadow || rec->shadow_ns <= rec->meta.begin_ns)
		return false;
	if (rec->rotate_bytes && why_writer_bytes(rec->writer) >= rec->rotate_bytes)
		return true;
	return rec->rotate_ns && rec->shadow_ns - rec->meta.begin_ns >= rec->rotate_ns;
}

/* What a lane has before `at` is written; with it `last`, if not NULL. */
static int put_rest(struct why_recorder *rec, u32 cpu, u64 at, const struct why_event *last,
		    struct why_error *err)
{
	struct why_lane *lane = &rec->lanes.lane[cpu];
	size_t n = why_order_ready(&lane->order, at);
	int rc = n || lane->lost ? why_writer_events(rec->writer, cpu, lane->order.events, n,
						      lane->lost, err) :
				   0;

	if (!rc)
		rc = why_writer_events(rec->writer, cpu, last, 1, 0, err);
	rec->nr_events += n;
	lane->lost = 0;
	why_lane_drop(lane, n);
	return rc;
}

/* The file ends here, as a measurement that ends; but for what is the whole one's alone. */
static int end_file(struct why_recorder *rec, const struct why_snapshot *s, u64 at,
		    struct why_error *err)
{
	struct why_snapshot part = *s;
	struct why_event end;
	u32 cpu;
	int rc = 0;

	for (cpu = 0; !rc && cpu < rec->meta.nr_cpus; cpu++) {
		end = why_event_of(cpu, at, WHY_RECORD_END, 0);
		if (why_replay_tables(rec->shadow)->cpus[cpu].phase == WHY_PHASE_ACTIVE)
			rc = put_rest(rec, cpu, at, &end, err);
	}
	part.end_ns = at;
	if (!rc)
		rc = why_recorder_put(rec, WHY_SECTION_FINAL, why_final_text(&part, false), err);
	rec->bytes += why_writer_bytes(rec->writer);
	rec->is_written = true;
	return why_writer_close(rec->writer, err) ?: rc;
}

static char *numbered(const struct why_recorder *rec, u32 n)
{
	size_t room = strlen(rec->path) + 16;
	char *name = malloc(room);

	if (name)
		snprintf(name, room, n ? "%s.%u" : "%s", rec->path, n);
	return name;
}

int why_recorder_check_names(const struct why_recorder *rec, struct why_error *err)
{
	char *first = numbered(rec, 1);
	struct stat st;
	int rc = 0;

	if (!first)
		return why_recorder_no_memory(err);
	if (!lstat(rec->path, &st) && !S_ISREG(st.st_mode))
		rc = why_error_set(err, WHY_EXIT_FAILED, 0, "name a file, or leave --rotate out",
				   "rotate %.200s: it is no regular file", rec->path);
	else if (!lstat(first, &st))
		rc = why_error_set(err, WHY_EXIT_FAILED, EEXIST, "move it away, or give another -o",
				   "rotate %.200s: %.200s", rec->path, first);
	free(first);
	return rc;
}

/* One step: `n` becomes `n + 1`. */
static int shift_file(const struct why_recorder *rec, u32 n, struct why_error *err)
{
	char *from = numbered(rec, n), *to = numbered(rec, n + 1);
	int rc = from && to ? 0 : why_recorder_no_memory(err);

	if (!rc && rename(from, to))
		rc = why_error_set(err, WHY_EXIT_FAILED, errno, "", "rotate %.200s to %.200s",
				   from, to);
	free(from);
	free(to);
	return rc;
}

/* path becomes path.1, that path.2 and so on; the one that is too many is overwritten. */
static int shift_files(const struct why_recorder *rec, struct why_error *err)
{
	u32 n = rec->nr_files;
	int rc = 0;

	if (rec->keep && n > rec->keep)
		n = rec->keep;
	while (!rc && n--)
		rc = shift_file(rec, n, err);
	return rc;
}

/* How everything stands, as the events that tell of it at a beginning. */
static int put_state(struct why_recorder *rec, u64 at, struct why_error *err)
{
	const struct why_cpu *cpus = why_replay_tables(rec->shadow)->cpus;
	struct why_event *e;
	size_t nr = 0;
	u32 cpu;
	int rc = 0;

	for (cpu = 0; !rc && cpu < rec->meta.nr_cpus; cpu++) {
		if (cpus[cpu].phase != WHY_PHASE_ACTIVE)
			continue;
		e = why_replay_states(rec->shadow, cpu, at, &nr);
		rc = e ? why_writer_events(rec->writer, cpu, e, nr, 0, err) :
			 why_recorder_no_memory(err);
		free(e);
	}
	return rc;
}

int why_recorder_rotate(struct why_recorder *rec, const struct why_snapshot *s,
			struct why_error *err)
{
	u64 at = rec->shadow_ns;
	int rc = end_file(rec, s, at, err);

	if (rc)
		return rc;
	rc = shift_files(rec, err);
	if (rc)
		return rc;
	rec->nr_files++;
	rc = why_writer_open(rec->path, &rec->writer, err);
	if (rc)
		return rc;
	rec->is_written = false;
	memset(rec->told, 0, why_replay_tables(rec->shadow)->nr_keyed * sizeof(*rec->told));
	rc = why_replay_tell(rec->shadow, why_recorder_tell, rec) ?
		     why_recorder_no_memory(err) :
		     why_recorder_head(rec, at, s, err);
	return rc ?: put_state(rec, at, err);
}
