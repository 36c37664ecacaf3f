// SPDX-License-Identifier: GPL-2.0-only
/* Recording: see recorder.h. */
#include "lib/machine.h"
#include "lib/pack.h"
#include "lib/recorder_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000000ULL

/*
 * A hook that is interrupted between its clock and its place in the ring comes late by as long as
 * the interrupt takes; and who dies now loses no more than this.
 */
static const u64 hold_ns = 2 * MS, shadow_hold_ns = 100 * MS, flush_ns = 1000 * MS;
static const u64 longest_pause_ns = 100 * MS;

int why_recorder_no_memory(struct why_error *err)
{
	return why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "record");
}

static int prepare(struct why_recorder *rec, const struct why_recorder_config *config,
		   struct why_error *err)
{
	snprintf(rec->meta.command, sizeof(rec->meta.command), "%s", config->command);
	rec->rotate_bytes = config->rotate_bytes;
	rec->rotate_ns = config->rotate_ns;
	rec->keep = config->keep;
	rec->nr_files = 1;
	rec->path = strdup(config->path);
	if (!rec->path)
		return why_recorder_no_memory(err);
	if ((config->rotate_bytes || config->rotate_ns) && why_recorder_check_names(rec, err))
		return -1;
	return why_writer_open(config->path, &rec->writer, err);
}

int why_recorder_new(const struct why_recorder_config *config, struct why_recorder **ret,
		     struct why_error *err)
{
	struct why_recorder *rec = calloc(1, sizeof(*rec));
	int rc = rec ? prepare(rec, config, err) : why_recorder_no_memory(err);

	if (rc && rec) {
		rec->writer = NULL;
		why_recorder_free(rec);
	}
	if (!rc)
		*ret = rec;
	return rc;
}

void why_recorder_free(struct why_recorder *rec)
{
	struct why_error ignored;

	if (!rec)
		return;
	/* Given up: what is there opens up to its last whole section. */
	if (rec->writer && !rec->is_written && !why_writer_bytes(rec->writer))
		why_writer_abandon(rec->writer);
	else if (rec->writer && !rec->is_written)
		why_writer_close(rec->writer, &ignored);
	why_lanes_free(&rec->lanes);
	why_replay_free(rec->shadow);
	free(rec->path);
	free(rec->told);
	why_told_tasks_free(&rec->tasks);
	free(rec);
}

int why_recorder_tell(void *recorder, const struct why_task_record *r)
{
	return why_told_tasks_add(&((struct why_recorder *)recorder)->tasks, r);
}

int why_recorder_put(struct why_recorder *rec, enum why_section what, char *text,
		     struct why_error *err)
{
	int rc = text ? why_writer_text(rec->writer, what, text, err) : why_recorder_no_memory(err);

	free(text);
	return rc;
}

int why_recorder_put_tasks(struct why_recorder *rec, enum why_section what, struct why_error *err)
{
	const struct why_cgroup_map *cgroups = why_source_cgroups(rec->src);
	size_t part, nr = why_tasks_parts(rec->tasks.nr, cgroups);
	int rc = 0;

	for (part = 0; !rc && part < nr; part++)
		rc = why_recorder_put(rec, what,
				      why_tasks_text(rec->tasks.task, rec->tasks.nr, cgroups,
						     part),
				      err);
	rec->tasks.nr = 0;
	return rc;
}

int why_recorder_head(struct why_recorder *rec, u64 begin_ns, const struct why_snapshot *s,
		      struct why_error *err)
{
	int rc;

	why_meta_begin(&rec->meta, begin_ns);
	rc = why_recorder_put(rec, WHY_SECTION_META, why_meta_text(&rec->meta), err);
	rc = rc ?: why_recorder_put_tasks(rec, WHY_SECTION_TASKS, err);
	if (!rc)
		rc = why_recorder_put(rec, WHY_SECTION_TICK,
				      why_tick_text(begin_ns, why_source_pressure(rec->src), s),
				      err);
	return rc;
}

/* The shadow knows the tasks that there are. */
static int begin_shadow(struct why_recorder *rec)
{
	struct why_replay_config config = {
		.nr_cpus = rec->meta.nr_cpus, .keyed_shift = rec->meta.keyed_shift,
		.kinds = rec->meta.kinds, .is_rt = rec->meta.is_rt,
	};
	size_t i;

	if (!rec->rotate_bytes && !rec->rotate_ns)
		return 0;
	rec->shadow = why_replay_new(&config);
	if (!rec->shadow)
		return -ENOMEM;
	for (i = 0; i < rec->tasks.nr; i++)
		why_replay_name(rec->shadow, &rec->tasks.task[i]);
	return 0;
}

static int begin(void *arg, struct why_source *src,
		 const struct why_snapshot *described, struct why_error *err)
{
	struct why_recorder *rec = arg;
	u32 nr_keyed = why_source_tables(src)->nr_keyed;

	rec->src = src;
	why_meta_describe(&rec->meta, described, nr_keyed);
	rec->told = calloc(nr_keyed, sizeof(*rec->told));
	if (!rec->told || why_lanes_init(&rec->lanes, src, longest_pause_ns) ||
	    begin_shadow(rec))
		return why_recorder_no_memory(err);
	return why_recorder_head(rec, described->begin_ns, described, err);
}

/* Writes a CPU's events before `until`: whole runs, and the rest where that has waited long. */
static int put_events(struct why_recorder *rec, u32 cpu, u64 now, u64 until,
		      struct why_error *err)
{
	struct why_lane *lane = &rec->lanes.lane[cpu];
	size_t n = why_order_ready(&lane->order, until);
	int rc;

	if (until != ~0ULL && now - lane->flushed_ns < flush_ns)
		n -= n % WHY_PACK_EVENTS;
	if (!n && !lane->lost)
		return 0;
	rc = why_writer_events(rec->writer, cpu, lane->order.events, n, lane->lost, err);
	if (rc)
		return rc;
	lane->lost = 0;
	lane->flushed_ns = now;
	rec->nr_events += n;
	why_lane_drop(lane, n);
	return 0;
}

/* Rows are named before the first event that is about them is written. */
static int put_rows(struct why_recorder *rec, struct why_error *err)
{
	int rc;
	char *text = why_rows_text(why_source_tables(rec->src), rec->told, &rc);

	if (rc)
		return why_recorder_no_memory(err);
	return text ? why_recorder_put(rec, WHY_SECTION_ROWS, text, err) : 0;
}

static int put_all(struct why_recorder *rec, u64 now, u64 until, struct why_error *err)
{
	u32 cpu;
	int rc = put_rows(rec, err);

	for (cpu = 0; !rc && cpu < rec->meta.nr_cpus; cpu++)
		rc = put_events(rec, cpu, now, until, err);
	return rc;
}

static int take_all(struct why_recorder *rec, u64 now, u64 until, struct why_error *err)
{
	int rc = why_lanes_fill(&rec->lanes) ? why_recorder_no_memory(err) : 0;

	if (!rc && rec->shadow)
		rc = why_recorder_follow(rec, until, err);
	return rc ?: put_all(rec, now, until, err);
}

static int drain(void *arg, u64 *ret_pause_ns, struct why_error *err)
{
	struct why_recorder *rec = arg;
	u64 now = why_now_ns();
	/* What comes later than that changes its time; with a shadow, its place among all CPUs'. */
	int rc = take_all(rec, now, now - (rec->shadow ? shadow_hold_ns : hold_ns), err);

	*ret_pause_ns = rec->lanes.pause_ns;
	return rc;
}

static int tick(void *arg, const struct why_snapshot *s, struct why_error *err)
{
	struct why_recorder *rec = arg;
	const struct why_tick *t = &s->ticks[s->nr_ticks - 1];
	bool is_due = why_recorder_is_due(rec);
	/* A file's last tick is where it ends, and the next one's first. */
	u64 at = is_due ? rec->shadow_ns : t->at_ns + t->span_ns;
	int rc = why_recorder_put(rec, WHY_SECTION_TICK,
				  why_tick_text(at, why_source_pressure(rec->src), s), err);

	return rc || !is_due ? rc : why_recorder_rotate(rec, s, err);
}

static int end(void *arg, const struct why_snapshot *s, struct why_error *err)
{
	struct why_recorder *rec = arg;
	int rc = take_all(rec, why_now_ns(), ~0ULL, err);
	bool is_whole = rec->nr_files == 1;
	size_t i;

	rc = rc ?: why_recorder_put_tasks(rec, WHY_SECTION_FINAL, err);
	for (i = 0; !rc && is_whole && i < s->nr_counts; i += WHY_TEXT_COUNTS)
		rc = why_recorder_put(rec, WHY_SECTION_FINAL, why_counts_text(s, i), err);
	rc = rc ?: why_recorder_put(rec, WHY_SECTION_FINAL, why_final_text(s, is_whole), err);
	if (rc)
		return rc;
	rec->is_written = true;
	rec->bytes += why_writer_bytes(rec->writer);
	return why_writer_close(rec->writer, err);
}

struct why_taker why_recorder_taker(struct why_recorder *rec)
{
	return (struct why_taker){ why_recorder_tell, begin, drain, tick, end, NULL, rec };
}

u64 why_recorder_bytes(const struct why_recorder *rec)
{
	return rec->bytes + (rec->is_written ? 0 : why_writer_bytes(rec->writer));
}

u64 why_recorder_events(const struct why_recorder *rec)
{
	return rec->nr_events;
}

u64 why_recorder_lost(const struct why_recorder *rec)
{
	return rec->lanes.lost;
}

u32 why_recorder_files(const struct why_recorder *rec)
{
	return rec->nr_files;
}
