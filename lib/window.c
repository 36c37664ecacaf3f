// SPDX-License-Identifier: GPL-2.0-only
/* A window of a history as a file: see window.h. */
#include "lib/window.h"

#include "lib/recording.h"
#include "lib/told_tasks.h"

#include <errno.h>
#include <stdlib.h>

static int no_memory(const char *path, struct why_error *err)
{
	return why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "save %.200s", path);
}

static int keep(void *arg, const struct why_task_record *r)
{
	return why_told_tasks_add(arg, r);
}

/* Writes and frees `text`. */
static int put(struct why_writer *file, enum why_section what, char *text, const char *path,
	       struct why_error *err)
{
	int rc = text ? why_writer_text(file, what, text, err) : no_memory(path, err);

	free(text);
	return rc;
}

static int put_tasks(const struct why_window *w, struct why_writer *file, const char *path,
		     struct why_error *err)
{
	struct why_told_tasks t = { 0 };
	size_t part;
	int rc = why_replay_tell(w->replay, keep, &t) ? no_memory(path, err) : 0;

	for (part = 0; !rc && part < why_tasks_parts(t.nr, NULL); part++)
		rc = put(file, WHY_SECTION_TASKS, why_tasks_text(t.task, t.nr, NULL, part), path,
			 err);
	why_told_tasks_free(&t);
	return rc;
}

/* That a wait goes on at the end only the kernel knows for sure. */
static int put_queued(const struct why_window *w, struct why_writer *file, const char *path,
		      struct why_error *err)
{
	struct why_task_record r = { .pid = w->queued_pid, .is_queued = 1 };

	if (!w->queued_pid)
		return 0;
	return put(file, WHY_SECTION_FINAL, why_tasks_text(&r, 1, NULL, 0), path, err);
}

static int put_rows(const struct why_window *w, struct why_writer *file, const char *path,
		    struct why_error *err)
{
	const struct why_tables *tables = why_replay_tables(w->replay);
	bool *told = calloc(tables->nr_keyed, sizeof(*told));
	char *text = NULL;
	int rc = -ENOMEM;

	if (told)
		text = why_rows_text(tables, told, &rc);
	free(told);
	if (rc)
		return no_memory(path, err);
	return text ? put(file, WHY_SECTION_ROWS, text, path, err) : 0;
}

static int put_events(const struct why_window *w, struct why_writer *file, u32 cpu,
		      const char *path, struct why_error *err)
{
	size_t n;
	struct why_event *e = why_history_events(w->history, cpu, w->from_ns, w->to_ns, &n);
	int rc = e ? 0 : no_memory(path, err);

	if (!rc && n)
		rc = why_writer_events(file, cpu, e, n, 0, err);
	free(e);
	return rc;
}

static int put_all(const struct why_window *w, struct why_writer *file, const char *path,
		   struct why_error *err)
{
	struct why_meta meta = *w->meta;
	struct why_snapshot part = *w->snapshot;
	u32 cpu;
	int rc;

	why_meta_begin(&meta, w->from_ns);
	part.begin_ns = w->from_ns;
	part.end_ns = w->to_ns;
	rc = put(file, WHY_SECTION_META, why_meta_text(&meta), path, err);
	rc = rc ?: put_tasks(w, file, path, err);
	rc = rc ?: put_rows(w, file, path, err);
	for (cpu = 0; !rc && cpu < meta.nr_cpus; cpu++)
		rc = put_events(w, file, cpu, path, err);
	rc = rc ?: put_queued(w, file, path, err);
	return rc ?: put(file, WHY_SECTION_FINAL, why_final_text(&part, false), path, err);
}

int why_window_save(const struct why_window *w, const char *path, struct why_error *err)
{
	struct why_error ignored;
	struct why_writer *file;
	int rc = why_writer_open(path, &file, err);

	if (rc)
		return rc;
	rc = put_all(w, file, path, err);
	return why_writer_close(file, rc ? &ignored : err) ?: rc;
}
