// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any sections (sections.h), explained: every latency is too long, and every story must add up, in
 * pieces that follow each other.
 */
#include "lib/playback.h"
#include "lib/watch.h"
#include "report/violation.h"

#include "sections.h"

enum { MOST_STORIES = 64 };

static struct why_slo slos[WHY_KIND_NR];
static struct why_watch *watch;
static struct why_violation *found[MOST_STORIES];
static size_t nr_found;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool wants(void *arg, u32 slo, const struct why_sample *s)
{
	(void)arg, (void)slo, (void)s;
	return nr_found < MOST_STORIES;
}

static void take_violation(void *arg, struct why_violation *v)
{
	u64 at = v->begin_ns;
	size_t i;

	(void)arg;
	for (i = 0; i < v->spans.nr; i++) {
		if (v->spans.span[i].begin_ns != at || v->spans.span[i].end_ns <= at)
			abort();
		at = v->spans.span[i].end_ns;
	}
	if (at != v->end_ns)
		abort();
	if (nr_found < MOST_STORIES) {
		found[nr_found++] = v;
		return;
	}
	why_violation_free(v);
	free(v);
}

static int begin(void *arg, struct why_replay *r, u32 nr_cpus, u64 now)
{
	/* Rings so short that they go round. */
	struct why_watch_config config = {
		.slos = slos, .nr_slos = WHY_KIND_NR, .watched = { .irq = -1 }, .nr_cpus = nr_cpus,
		.history_shift = 6, .wants = wants, .take = take_violation,
	};
	u32 kind;

	(void)arg, (void)now;
	for (kind = 0; kind < WHY_KIND_NR; kind++)
		slos[kind] = (struct why_slo){ kind, 1, false };
	watch = why_watch_new(&config, r);
	return watch ? 0 : -1;
}

static int take(void *arg, const struct why_event *events, size_t n)
{
	(void)arg;
	return why_watch_take(watch, events, n);
}

static int end(void *arg, u64 now)
{
	(void)arg;
	return why_watch_overdue(watch, now, NULL, NULL) || why_watch_end(watch);
}

/* Tells it, and holds its sum. */
static void tell(const struct why_violation *v, const struct why_snapshot *s, FILE *out)
{
	struct why_story story;
	struct why_telling t = { v, &story, s };
	u64 sum = 0;
	size_t i;

	if (why_story_tell(v, &story))
		abort();
	for (i = 0; i < story.nr; i++)
		sum += story.culprits[i].ns;
	if (sum > story.latency_ns || story.latency_ns - sum != story.unexplained_ns)
		abort();
	why_report_violation(out, &t);
	why_report_violation_json(out, &t);
	why_story_free(&story);
}

static void forget(void)
{
	while (nr_found) {
		why_violation_free(found[--nr_found]);
		free(found[nr_found]);
	}
	why_watch_free(watch);
	watch = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct why_playback_range range = { .to_ns = ~0ULL };
	struct why_observer observer = { begin, take, NULL, end, NULL, NULL };
	struct why_snapshot *s = NULL;
	struct why_error err;
	char path[64], *text = NULL;
	size_t i, room = 0;
	FILE *out;
	int fd;

	fd = size ? write_sections(path, data + 1, size - 1) : -1;
	if (fd < 0)
		return 0;
	if (!why_playback(path, &range, &observer, NULL, &s, &err)) {
		out = open_memstream(&text, &room);
		for (i = 0; out && i < nr_found; i++)
			tell(found[i], s, out);
		if (out)
			fclose(out);
		free(text);
		why_snapshot_free(s);
	}
	forget();
	close(fd);
	return 0;
}
