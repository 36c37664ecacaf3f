// SPDX-License-Identifier: GPL-2.0-only
/* `whylate explain`: the stories in a recording. */
#include "cli/options.h"

#include "lib/names.h"
#include "report/report.h"
#include "report/violation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WORST = 10, HISTORY_SHIFT = 19 /* 8 MiB a CPU */ };

static const struct option long_options[] = {
	{ "slo", required_argument, NULL, OPT_SLO },
	{ "at", required_argument, NULL, OPT_AT },
	{ "worst", required_argument, NULL, OPT_WORST },
	{ "pid", required_argument, NULL, 'p' },
	{ "tid", required_argument, NULL, 't' },
	{ "comm", required_argument, NULL, OPT_COMM },
	{ "irq", required_argument, NULL, OPT_IRQ },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char help[] =
	"usage: whylate explain [options] FILE\n"
	"\n"
	"Tells what happened while something in a recording was late, in parts that add up.\n"
	"\n"
	"      --slo KIND=TIME   what counts as late (whylate profile --help lists kinds); may be\n"
	"                        given again (default: any wait for a CPU)\n"
	"      --worst N         how many of the worst to tell of (default 10)\n"
	"      --at TIME         only what was late at that time after the recording began\n"
	"  -p, --pid PID         only of this process\n"
	"  -t, --tid TID         only of this thread\n"
	"      --comm NAME       only of tasks of this name\n"
	"      --irq LINE        only of this line\n"
	"      --json FILE       a line of JSON for each; - is standard output, in place of text\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit: 0 done, 1 failed (no recording, or nothing in it can be read), 2 usage.";

static const struct verb explain = {
	.name = "explain", .letters = "p:t:h", .options = long_options, .help = help,
	.kinds = (1U << WHY_KIND_NR) - 1, .takes_file = true,
};

/* The worst so far, in no order. */
struct worst {
	const struct options *o;
	struct why_watch *watch;
	struct why_violation **kept;	/* [o->worst + 1] */
	u32 nr;
	u64 begin_ns;
};

/* How bad: its length, by the limit where there is one. */
static double badness(const struct options *o, u32 slo, u64 ns)
{
	return (double)ns / (double)(o->slos[slo].limit_ns ?: 1);
}

static double badness_of(const struct worst *w, u32 i)
{
	return badness(w->o, w->kept[i]->slo, w->kept[i]->end_ns - w->kept[i]->begin_ns);
}

static u32 least_of(const struct worst *w)
{
	u32 i, least = 0;

	for (i = 1; i < w->nr; i++)
		if (badness_of(w, i) < badness_of(w, least))
			least = i;
	return least;
}

static bool wants(void *arg, u32 slo, const struct why_sample *s)
{
	const struct worst *w = arg;
	u64 at = w->begin_ns + w->o->at_ns;

	if (w->o->at_ns != ~0ULL && (s->begin_ns > at || s->end_ns < at))
		return false;
	return w->nr < w->o->worst ||
	       badness(w->o, slo, s->end_ns - s->begin_ns) > badness_of(w, least_of(w));
}

static void drop(struct why_violation *v)
{
	why_violation_free(v);
	free(v);
}

static void keep(void *arg, struct why_violation *v)
{
	struct worst *w = arg;
	u32 least;

	w->kept[w->nr++] = v;
	if (w->nr <= w->o->worst)
		return;
	least = least_of(w);
	drop(w->kept[least]);
	w->kept[least] = w->kept[--w->nr];
}

static int begin(void *arg, struct why_replay *r, u32 nr_cpus, u64 now)
{
	struct worst *w = arg;
	struct why_watch_config config = {
		.slos = w->o->slos, .nr_slos = w->o->nr_slos, .watched = w->o->watched,
		.nr_cpus = nr_cpus, .history_shift = HISTORY_SHIFT,
		.wants = wants, .take = keep, .arg = w,
	};

	w->begin_ns = now;
	w->watch = why_watch_new(&config, r);
	return w->watch ? 0 : -ENOMEM;
}

static int take(void *arg, const struct why_event *events, size_t n)
{
	struct worst *w = arg;

	return why_watch_take(w->watch, events, n);
}

static int end(void *arg, u64 now)
{
	struct worst *w = arg;

	return why_watch_overdue(w->watch, now, NULL, NULL) ?: why_watch_end(w->watch);
}

static int by_time(const void *a, const void *b)
{
	const struct why_violation *l = *(struct why_violation *const *)a,
				   *r = *(struct why_violation *const *)b;

	return (l->begin_ns > r->begin_ns) - (l->begin_ns < r->begin_ns);
}

static void print_counts(FILE *out, const struct worst *w, u32 kinds)
{
	struct why_buf count, limit;
	const struct why_slo *slo;
	size_t i;

	for (i = 0; i < w->o->nr_slos; i++) {
		slo = &w->o->slos[i];
		fprintf(out, "%s > %s: %s\n", why_kind_names[slo->kind],
			slo->limit_ns ? why_format_ns(&limit, slo->limit_ns) : "all before",
			kinds >> slo->kind & 1 ?
				why_format_count(&count, why_watch_count(w->watch, (u32)i)) :
				"n/a (it was not recorded)");
	}
	if (w->nr)
		fprintf(out, "the worst %u, in order of time:\n\n", w->nr);
}

static int print(const struct worst *w, const struct why_snapshot *s, FILE *json)
{
	bool is_text = !w->o->json || strcmp(w->o->json, "-");
	struct why_telling t = { .snapshot = s };
	struct why_story story;
	int rc = 0;
	u32 i;

	if (is_text) {
		why_text_head(stdout, s);
		print_counts(stdout, w, s->kinds);
	}
	for (i = 0; !rc && i < w->nr; i++) {
		rc = why_story_tell(w->kept[i], &story);
		if (rc)
			break;
		t.violation = w->kept[i];
		t.story = &story;
		if (is_text)
			why_report_violation(stdout, &t);
		if (json)
			rc = why_report_violation_json(json, &t);
		why_story_free(&story);
	}
	return rc;
}

static void progress(u64 done, u64 all)
{
	why_progress_part("reading", done, all);
}

static int present(struct worst *w, const struct why_snapshot *s, struct why_error *err)
{
	FILE *json = NULL;
	int rc;

	if (w->o->json) {
		json = why_open_output(w->o->json, err);
		if (!json)
			return -1;
	}
	qsort(w->kept, w->nr, sizeof(*w->kept), by_time);
	rc = print(w, s, json);
	if (rc)
		why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "explain %.200s", w->o->file);
	if (json && why_close_output(json, w->o->json, err))
		rc = -1;
	return rc ?: why_close_output(stdout, "-", err);
}

static int run(const struct options *o, struct why_error *err)
{
	struct worst w = { .o = o, .kept = calloc((size_t)o->worst + 1, sizeof(*w.kept)) };
	struct why_observer observer = { begin, take, NULL, end, NULL, &w };
	struct why_snapshot *s = NULL;
	int rc = w.kept ? why_playback(o->file, &o->range, &observer, progress, &s, err) :
			  why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "explain");

	why_progress(NULL, 0, 0);
	rc = rc ?: present(&w, s, err);
	while (w.nr)
		drop(w.kept[--w.nr]);
	why_watch_free(w.watch);
	why_snapshot_free(s);
	free(w.kept);
	return rc;
}

/* What was not said: any wait for a CPU is late, the worst of them are told. */
static void complete(struct options *o)
{
	if (!o->nr_slos) {
		o->slos[o->nr_slos++] = (struct why_slo){ WHY_KIND_WAKEUP, 1, false };
		o->slos[o->nr_slos++] = (struct why_slo){ WHY_KIND_PREEMPTED, 1, false };
	}
	if (!o->worst)
		o->worst = WORST;
	if (o->request.subject == WHY_SUBJECT_TGID)
		o->watched.tgid = o->request.pid;
	if (o->request.subject == WHY_SUBJECT_TID)
		o->watched.pid = o->request.pid;
}

int cmd_explain(int argc, char **argv)
{
	struct options o;
	struct why_error err = { 0 };

	if (why_options_parse(&o, &explain, argc, argv, &err))
		return why_complain(&err);
	if (o.is_help) {
		puts(help);
		return why_finish_output();
	}
	complete(&o);
	return run(&o, &err) ? why_complain(&err) : WHY_EXIT_DONE;
}
