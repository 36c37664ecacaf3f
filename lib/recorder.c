// SPDX-License-Identifier: GPL-2.0-only
/* Recording: see recorder.h. */
#include "lib/recorder.h"

#include "lib/machine.h"
#include "lib/order.h"
#include "lib/pack.h"
#include "lib/recording.h"
#include "lib/texts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef WHY_VERSION
#define WHY_VERSION "unknown"
#endif

#define MS 1000000ULL

enum { BATCH = 2048 };

/*
 * A hook that is interrupted between its clock and its place in the ring comes late by as long as
 * the interrupt takes; and who dies now loses no more than this.
 */
static const u64 hold_ns = 2 * MS, flush_ns = 1000 * MS;
static const u64 shortest_pause_ns = 1 * MS, longest_pause_ns = 100 * MS;

/* One CPU's way from ring to file. */
struct lane {
	struct why_order order;
	u64 lost;		/* not yet told in the file */
	u64 flushed_ns;		/* when a run was last written */
};

struct why_recorder {
	const struct why_source_ops *ops;
	struct why_source *src;
	struct why_writer *writer;
	char command[256];
	u32 nr_cpus;
	struct lane *lanes;		/* [nr_cpus] */
	struct why_event *batch;	/* [BATCH] */
	bool *told;			/* [nr_keyed] rows that the file names */
	struct why_task_record *tasks;	/* [nr_tasks] as told since the last text of them */
	size_t nr_tasks;
	u64 pause_ns;
	u64 nr_events, lost, bytes;
	bool is_written;		/* file and writer are closed */
};

static int no_memory(struct why_error *err)
{
	return why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "record");
}

int why_recorder_new(const char *path, const char *command, struct why_recorder **ret,
		     struct why_error *err)
{
	struct why_recorder *rec = calloc(1, sizeof(*rec));
	int rc;

	if (!rec)
		return no_memory(err);
	snprintf(rec->command, sizeof(rec->command), "%s", command);
	rec->pause_ns = shortest_pause_ns;
	rec->batch = calloc(BATCH, sizeof(*rec->batch));
	rc = rec->batch ? why_writer_open(path, &rec->writer, err) : no_memory(err);
	if (rc) {
		rec->writer = NULL;
		why_recorder_free(rec);
		return rc;
	}
	*ret = rec;
	return 0;
}

void why_recorder_free(struct why_recorder *rec)
{
	struct why_error ignored;
	u32 i;

	if (!rec)
		return;
	/* Given up: what is there opens up to its last whole section. */
	if (rec->writer && !rec->is_written)
		why_writer_close(rec->writer, &ignored);
	for (i = 0; rec->lanes && i < rec->nr_cpus; i++)
		why_order_free(&rec->lanes[i].order);
	free(rec->lanes);
	free(rec->batch);
	free(rec->told);
	free(rec->tasks);
	free(rec);
}

int why_recorder_tell(void *recorder, const struct why_task_record *r)
{
	struct why_recorder *rec = recorder;
	size_t nr = rec->nr_tasks;
	struct why_task_record *tasks = rec->tasks;

	if (!(nr & (nr - 1))) {
		tasks = realloc(tasks, (nr ? 2 * nr : 1) * sizeof(*tasks));
		if (!tasks)
			return -ENOMEM;
		rec->tasks = tasks;
	}
	tasks[rec->nr_tasks++] = *r;
	return 0;
}

/* Writes and frees `text`. */
static int put_text(struct why_recorder *rec, enum why_section what, char *text,
		    struct why_error *err)
{
	int rc = text ? why_writer_text(rec->writer, what, text, err) : no_memory(err);

	free(text);
	return rc;
}

static u64 realtime_of(u64 monotonic_ns)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (u64)t.tv_sec * 1000 * MS + (u64)t.tv_nsec - (why_now_ns() - monotonic_ns);
}

static char *meta_of(const struct why_recorder *rec, const struct why_snapshot *s, u32 nr_keyed)
{
	struct why_meta m = {
		.begin_ns = s->begin_ns, .begin_realtime_ns = realtime_of(s->begin_ns),
		.nr_cpus = s->nr_cpus, .kinds = s->kinds, .is_rt = why_is_rt(),
		.has_split_waker = s->has_split_waker, .has_split_switch = s->has_split_switch,
	};

	while (1U << m.keyed_shift < nr_keyed)
		m.keyed_shift++;
	snprintf(m.version, sizeof(m.version), "%s", WHY_VERSION);
	snprintf(m.hostname, sizeof(m.hostname), "%s", s->hostname);
	snprintf(m.kernel, sizeof(m.kernel), "%s", s->kernel);
	snprintf(m.collector, sizeof(m.collector), "%s", s->collector);
	snprintf(m.command, sizeof(m.command), "%s", rec->command);
	return why_meta_text(&m);
}

/* The tasks told of since the last time, and the cgroups there are. */
static char *take_tasks(struct why_recorder *rec)
{
	char *text = why_tasks_text(rec->tasks, rec->nr_tasks, rec->ops->cgroups(rec->src));

	rec->nr_tasks = 0;
	return text;
}

int why_recorder_begin(struct why_recorder *rec, const struct why_source_ops *ops,
		       struct why_source *src, const struct why_snapshot *described,
		       struct why_error *err)
{
	u32 nr_keyed = ops->tables(src)->nr_keyed;
	u64 begin = described->begin_ns;
	int rc;

	rec->ops = ops;
	rec->src = src;
	rec->nr_cpus = described->nr_cpus;
	rec->lanes = calloc(rec->nr_cpus, sizeof(*rec->lanes));
	rec->told = calloc(nr_keyed, sizeof(*rec->told));
	if (!rec->lanes || !rec->told)
		return no_memory(err);
	rc = put_text(rec, WHY_SECTION_META, meta_of(rec, described, nr_keyed), err);
	if (!rc)
		rc = put_text(rec, WHY_SECTION_TASKS, take_tasks(rec), err);
	if (!rc)
		rc = put_text(rec, WHY_SECTION_TICK,
			      why_tick_text(begin, ops->pressure(src), described), err);
	return rc;
}

/* Takes all that CPU `cpu` has in its ring. Returns the events, or -errno. */
static long take_ring(struct why_recorder *rec, u32 cpu)
{
	struct lane *lane = &rec->lanes[cpu];
	u64 lost = 0;
	long all = 0;
	size_t n;
	int rc;

	do {
		n = rec->ops->drain(rec->src, cpu, rec->batch, BATCH, &lost);
		rc = why_order_add(&lane->order, rec->batch, n);
		if (rc)
			return rc;
		all += (long)n;
	} while (n);
	lane->lost += lost;
	rec->lost += lost;
	return all;
}

/* Writes a CPU's events before `until`: whole runs, and the rest where that has waited long. */
static int put_events(struct why_recorder *rec, u32 cpu, u64 now, u64 until,
		      struct why_error *err)
{
	struct lane *lane = &rec->lanes[cpu];
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
	why_order_drop(&lane->order, n);
	return 0;
}

/* Rows are named before the first event that is about them is written. */
static int put_rows(struct why_recorder *rec, struct why_error *err)
{
	int rc;
	char *text = why_rows_text(rec->ops->tables(rec->src), rec->told, &rc);

	if (rc)
		return no_memory(err);
	return text ? put_text(rec, WHY_SECTION_ROWS, text, err) : 0;
}

/* Rings are looked at when they may be a quarter full. */
static void set_pause(struct why_recorder *rec, u64 most)
{
	u64 quarter = rec->ops->ring_size(rec->src) / 4;

	if (most > quarter)
		rec->pause_ns /= 2;
	else if (most < quarter / 2)
		rec->pause_ns *= 2;
	if (rec->pause_ns < shortest_pause_ns)
		rec->pause_ns = shortest_pause_ns;
	if (rec->pause_ns > longest_pause_ns)
		rec->pause_ns = longest_pause_ns;
}

static int drain(struct why_recorder *rec, bool is_last, struct why_error *err)
{
	u64 now = why_now_ns(), most = 0;
	u32 cpu;
	long n;
	int rc = 0;

	for (cpu = 0; cpu < rec->nr_cpus; cpu++) {
		n = take_ring(rec, cpu);
		if (n < 0)
			return no_memory(err);
		if ((u64)n > most)
			most = (u64)n;
	}
	rc = put_rows(rec, err);
	for (cpu = 0; !rc && cpu < rec->nr_cpus; cpu++)
		rc = put_events(rec, cpu, now, is_last ? ~0ULL : now - hold_ns, err);
	set_pause(rec, most);
	return rc;
}

int why_recorder_drain(struct why_recorder *rec, u64 *ret_pause_ns, struct why_error *err)
{
	int rc = drain(rec, false, err);

	*ret_pause_ns = rec->pause_ns;
	return rc;
}

int why_recorder_tick(struct why_recorder *rec, const struct why_snapshot *s,
		      struct why_error *err)
{
	const struct why_tick *t = &s->ticks[s->nr_ticks - 1];

	return put_text(rec, WHY_SECTION_TICK,
			why_tick_text(t->at_ns + t->span_ns, rec->ops->pressure(rec->src), s), err);
}

int why_recorder_end(struct why_recorder *rec, const struct why_snapshot *s,
		     struct why_error *err)
{
	int rc = drain(rec, true, err);

	if (!rc)
		rc = put_text(rec, WHY_SECTION_FINAL,
			      why_final_text(s, rec->tasks, rec->nr_tasks,
					     rec->ops->cgroups(rec->src)),
			      err);
	if (rc)
		return rc;
	rec->is_written = true;
	rec->bytes = why_writer_bytes(rec->writer);
	return why_writer_close(rec->writer, err);
}

u64 why_recorder_bytes(const struct why_recorder *rec)
{
	return rec->is_written ? rec->bytes : why_writer_bytes(rec->writer);
}

u64 why_recorder_events(const struct why_recorder *rec)
{
	return rec->nr_events;
}

u64 why_recorder_lost(const struct why_recorder *rec)
{
	return rec->lost;
}
