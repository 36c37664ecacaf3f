// SPDX-License-Identifier: GPL-2.0-only
/* `whylate watch`: tells what happened whenever something is later than allowed. */
#include "cli/limits.h"
#include "cli/measure.h"
#include "cli/options.h"
#include "cli/outbox.h"

#include "lib/follower.h"
#include "lib/machine.h"
#include "lib/names.h"
#include "lib/process.h"
#include "lib/stall_log.h"
#include "lib/stall_source.h"
#include "lib/texts.h"
#include "report/format.h"
#include "report/violation.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	STORIES_A_SECOND = 20,
	SHOWN_OFFENDERS = 10,
	MOST_SAVED = 1000,
};

/* What a task that runs has had more from one look to the next: most of the 10 ms in between. */
#define LEAST_RUN_NS 4000000ULL

/* Between two looks at the file of limits. */
#define LIMITS_NS 100000000ULL

/* Interrupts that are off for less are no story: the least that stands out here. */
#define LEAST_OFF_NS 50000ULL

/* Stories take no longer from one look at the rings to the next, which would go round. */
#define ROUND_NS 20000000ULL

static const struct option long_options[] = {
	{ "slo", required_argument, NULL, OPT_SLO },
	{ "slo-file", required_argument, NULL, OPT_SLO_FILE },
	{ "pid", required_argument, NULL, 'p' },
	{ "tid", required_argument, NULL, 't' },
	{ "comm", required_argument, NULL, OPT_COMM },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "irq", required_argument, NULL, OPT_IRQ },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "count", required_argument, NULL, 'n' },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "duration", required_argument, NULL, 'd' },
	{ "collector", required_argument, NULL, OPT_COLLECTOR },
	{ "split", required_argument, NULL, OPT_SPLIT },
	{ "irqsoff", no_argument, NULL, OPT_IRQSOFF },
	{ "save", required_argument, NULL, OPT_SAVE },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char help[] =
	"usage: whylate watch --slo KIND=TIME ... [options] [-- command ...]\n"
	"\n"
	"Watches until it is interrupted, for a time, or while a command runs. Whenever something\n"
	"is later than allowed, it tells what happened meanwhile, in parts that add up.\n"
	"\n"
	"      --slo KIND=TIME   what is allowed (whylate profile --help lists kinds); KIND=max\n"
	"                        tells of each new longest one; may be given again\n"
	"      --slo-file FILE   the same, a line each; when it changes, what it says is allowed\n"
	"  -p, --pid PID         only of this process, its later threads included\n"
	"  -t, --tid TID         only of this thread\n"
	"      --comm NAME       only of tasks of this name\n"
	"      --cgroup PATH     only of tasks of this cgroup and of those below it\n"
	"      --irq LINE        of irq.handler and irq.thread: only of this line\n"
	"      --all             of everybody (the default)\n"
	"  -n, --count N         stop after so many\n"
	"  -d, --duration TIME   how long: 10s, 5m, 24h\n"
	"      --rate N          tell of at most so many a second (default 20); all are counted\n"
	"      --collector NAME  auto, bpf or module (default auto)\n"
	"      --split PART,...  tell apart what is measured at a price: waker, switch\n"
	"      --irqsoff         tell where interrupts were off meanwhile (whylate stalls), for\n"
	"                        one more hook at each interrupt and timer's start\n"
	"      --save DIR        keep a recording of each that is told of, 1,000 at most\n"
	"      --json FILE       a line of JSON for each; - is standard output, in place of text\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit: 0 nothing was later than allowed, 1 something was, or failed, 2 usage,\n"
	"77 this machine can't do it (whylate doctor).";

static const struct verb watch = {
	.name = "watch", .letters = "p:t:n:d:h", .options = long_options, .help = help,
	.kinds = (1U << WHY_KIND_NR) - 1, .is_endless = true,
};

struct watcher {
	const struct options *o;
	struct why_measurement *m;
	struct why_watch *watch;
	struct why_limits limits;
	u64 limits_ns;		/* when their file is looked at next */
	struct why_outbox text, json;
	bool has_text, has_json;
	u64 nr_incomplete;
	u64 second_ns;		/* that the allowance is for */
	u32 nr_in_second;
	u64 nr_not_told;
	struct why_meta meta;	/* of what is saved */
	u64 nr_saved, nr_not_saved;
	struct why_error save_error;	/* the first one; nothing is saved from then on */
	cpu_set_t allowed;	/* of task allowed_pid */
	u32 allowed_pid;
	bool is_allowed_known;
	struct why_stall_source *stalls;	/* NULL: not asked for */
	struct why_stall_log *stall_log;
	u64 round_ns;		/* when the first story since the last look at the rings began */
};

/* --- which of them are told --- */

static bool is_time_up(void *arg)
{
	struct watcher *w = arg;
	u64 now = why_now_ns();

	w->round_ns = w->round_ns ?: now;
	return now - w->round_ns >= ROUND_NS;
}

static bool wants(void *arg, u32 slo, const struct why_sample *s)
{
	struct watcher *w = arg;

	(void)slo;
	/* A turn is heard of after it ended, so times may run back. */
	if ((s64)(s->end_ns - w->second_ns) >= 1000000000) {
		w->second_ns = s->end_ns;
		w->nr_in_second = 0;
	}
	if (w->nr_in_second < (w->o->rate ?: STORIES_A_SECOND) && !is_time_up(w)) {
		w->nr_in_second++;
		return true;
	}
	w->nr_not_told++;
	return false;
}

static void put(struct watcher *w, struct why_outbox *box, const struct why_telling *t,
		bool is_json)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return;
	if (is_json)
		why_report_violation_json(f, t);
	else
		why_report_violation(f, t);
	if (!fclose(f) && !why_outbox_put(box, text, n))
		w->nr_not_told++;
	free(text);
}

/* Its window as a recording; again, whole, where it was told of while it lasted. */
static void save(struct watcher *w, const struct why_violation *v)
{
	char path[4096];
	bool is_again;

	if (w->save_error.what[0] || w->nr_saved == MOST_SAVED) {
		w->nr_not_saved++;
		return;
	}
	snprintf(path, sizeof(path), "%s/%06llu-%s.why", w->o->save, v->nr,
		 why_kind_names[v->kind]);
	is_again = !access(path, F_OK);
	if (why_watch_save(w->watch, v, &w->meta, w->m->snapshot, path, &w->save_error)) {
		w->nr_not_saved++;
		why_complain(&w->save_error);
	} else {
		w->nr_saved += !is_again;
	}
}

static void take_violation(void *arg, struct why_violation *v)
{
	struct watcher *w = arg;
	struct why_story story;
	struct why_telling t = { v, &story, w->m->snapshot };
	struct why_error ignored;

	w->nr_incomplete += !v->is_complete;
	if (w->stalls && !why_stall_source_take(w->stalls, &ignored))
		why_stall_log_find(w->stall_log, v);
	if (!why_story_tell(v, &story)) {
		if (w->has_text)
			put(w, &w->text, &t, false);
		if (w->has_json)
			put(w, &w->json, &t, true);
		why_story_free(&story);
	}
	if (w->o->save)
		save(w, v);
	why_violation_free(v);
	free(v);
}

/* By sched_getaffinity(2), asked once a task: a violation's CPUs come one after the other. */
static enum why_allowed is_allowed(void *arg, u32 pid, u32 cpu)
{
	struct watcher *w = arg;

	if (!cpu || w->allowed_pid != pid) {
		w->allowed_pid = pid;
		w->is_allowed_known = !sched_getaffinity((pid_t)pid, sizeof(w->allowed),
							 &w->allowed);
	}
	if (!w->is_allowed_known || cpu >= CPU_SETSIZE)
		return WHY_ALLOWED_UNKNOWN;
	return CPU_ISSET(cpu, &w->allowed) ? WHY_ALLOWED : WHY_ALLOWED_NOT;
}

static int look_for_stalls(struct watcher *w, struct why_error *err)
{
	struct why_stall_request request = { .by = w->m->collector, .over_ns = LEAST_OFF_NS,
					     .is_irqs_only = true, .take = why_stall_log_add };

	request.arg = w->stall_log = why_stall_log_new();
	if (!w->stall_log)
		return why_error_set(err, WHY_EXIT_UNABLE, errno, "leave --irqsoff out",
				     "read /proc/kallsyms");
	return why_stall_source_open(&request, &w->stalls, err);
}

/* --- events --- */

static int begin(void *arg, struct why_replay *r, u32 nr_cpus, u64 now)
{
	struct watcher *w = arg;
	struct why_watch_config config = {
		.slos = w->limits.slos, .nr_slos = w->limits.nr, .watched = w->o->watched,
		.most = w->o->count, .nr_cpus = nr_cpus, .history_shift = WHY_WATCH_HISTORY_SHIFT,
		.wants = wants, .is_time_up = is_time_up, .is_allowed = is_allowed,
		.take = take_violation, .arg = w,
	};

	(void)now;
	why_meta_describe(&w->meta, w->m->snapshot, why_replay_tables(r)->nr_keyed);
	snprintf(w->meta.command, sizeof(w->meta.command), "whylate watch");
	w->watch = why_watch_new(&config, r);
	if (w->watch)
		fprintf(stderr, "whylate: watching\n");
	return w->watch ? 0 : -ENOMEM;
}

static int take(void *arg, const struct why_event *events, size_t n)
{
	return why_watch_take(((struct watcher *)arg)->watch, events, n);
}

/*
 * Whether a task that seems to wait or to run does. Events of it may be hidden; but one that waits
 * gets no CPU time from one look to the next, and one that runs does: a tick lies between them.
 */
static bool is_so(void *arg, const struct why_sample *s, u64 *note)
{
	u64 run_ns = why_thread_run_ns(s->pid), before = *note;

	(void)arg;
	if (run_ns == ~0ULL)
		return false;
	*note = run_ns + 1;
	if (!before)
		return false;
	return s->kind < WHY_KIND_NR_WAITS ? run_ns + 1 == before :
	       s->kind == WHY_KIND_RUN	   ? run_ns + 1 >= before + LEAST_RUN_NS :
					     true;
}

/* What was in force until now, and is from now on, in order of events. */
static void tell_change(struct watcher *w, u64 now)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f;

	fprintf(stderr, "whylate: +%.6f s: ",
		((double)now - (double)w->m->snapshot->begin_ns) / 1e9);
	why_limits_print(stderr, &w->limits);
	fputs(" from now on\n", stderr);
	f = w->has_json ? open_memstream(&text, &n) : NULL;
	if (!f)
		return;
	fprintf(f, "{\"limits\": \"");
	why_limits_print(f, &w->limits);
	fprintf(f, "\", \"at_ns\": %llu}\n", now);
	if (!fclose(f))
		why_outbox_put(&w->json, text, n);
	free(text);
}

static void look_at_limits(struct watcher *w, u64 now)
{
	struct why_error err = { 0 };
	int rc;

	if (now < w->limits_ns)
		return;
	w->limits_ns = now + LIMITS_NS;
	rc = why_limits_look(&w->limits, &err);
	if (rc < 0)
		why_complain(&err);
	if (rc <= 0)
		return;
	why_watch_change(w->watch, w->limits.slos, w->limits.nr);
	tell_change(w, now);
}

static int look(void *arg, u64 now)
{
	struct watcher *w = arg;
	struct why_error ignored;
	int rc;

	look_at_limits(w, now);
	rc = why_watch_overdue(w->watch, now, is_so, w);

	why_outbox_pump(&w->text);
	why_outbox_pump(&w->json);
	w->round_ns = 0;
	if (w->stalls)
		why_stall_source_take(w->stalls, &ignored);
	return rc;
}

static int end(void *arg, u64 now)
{
	struct watcher *w = arg;

	return why_watch_overdue(w->watch, now, is_so, w) ?: why_watch_end(w->watch);
}

static bool is_done(void *arg)
{
	const struct watcher *w = arg;

	bool is_read = (w->has_text && !w->text.error) || (w->has_json && !w->json.error);

	return !is_read || why_watch_is_done(w->watch);
}

/* --- what came of it --- */

static void print_offenders(FILE *out, const struct watcher *w)
{
	size_t n = 0, i;
	struct why_offender *o = why_watch_offenders(w->watch, &n);
	struct why_buf count;
	char comm[64];

	for (i = 0; o && i < n && i < SHOWN_OFFENDERS; i++)
		fprintf(out, "  %10s  %s:%u\n", why_format_count(&count, o[i].violations),
			o[i].pid ? why_format_name(comm, sizeof(comm), o[i].comm) : "others",
			o[i].pid);
	if (n > SHOWN_OFFENDERS)
		fprintf(out, "  %10s  %zu more\n", "", n - SHOWN_OFFENDERS);
	free(o);
}

static void print_end(FILE *out, const struct watcher *w, u64 lost)
{
	const struct why_snapshot *s = w->m->snapshot;
	struct why_buf count, events, limit, ns;
	const struct why_slo *slo;
	size_t i;

	fprintf(out, "whylate: watched %s events in %s, lost %s\n",
		why_format_count(&events, s->overhead.events),
		why_format_ns(&ns, s->end_ns - s->begin_ns), why_format_count(&count, lost));
	for (i = 0; i < w->limits.nr; i++) {
		slo = &w->limits.slos[i];
		fprintf(out, "  %10s  %s > %s%s\n",
			why_format_count(&count, why_watch_count(w->watch, (u32)i)),
			why_kind_names[slo->kind],
			slo->limit_ns ? why_format_ns(&limit, slo->limit_ns) : "all before",
			slo->is_off ? ", while that was a limit" : "");
	}
	print_offenders(out, w);
	if (w->nr_not_told + why_watch_skipped(w->watch))
		fprintf(out, "  %10s  were counted but not told of\n",
			why_format_count(&count, w->nr_not_told + why_watch_skipped(w->watch)));
	if (w->nr_saved)
		fprintf(out, "  %10s  recordings in %s\n", why_format_count(&count, w->nr_saved),
			w->o->save);
	if (w->nr_not_saved)
		fprintf(out, "  %10s  were not saved\n",
			why_format_count(&count, w->nr_not_saved));
	if (w->stalls && why_stall_source_lost(w->stalls))
		fprintf(out, "  %10s  sections with interrupts off were lost\n",
			why_format_count(&count, why_stall_source_lost(w->stalls)));
	if (w->nr_incomplete)
		fprintf(out, "  %10s  were told of with a window that is not complete\n",
			why_format_count(&count, w->nr_incomplete));
}

/* Whether anything was later than a limit that was given. */
static bool is_exceeded(const struct watcher *w)
{
	size_t i;

	for (i = 0; i < w->limits.nr; i++)
		if (w->limits.slos[i].limit_ns && why_watch_count(w->watch, (u32)i))
			return true;
	return false;
}

/* A directory, made if need be, without the recordings of another run. */
static int check_save(const char *path, struct why_error *err)
{
	struct dirent *e;
	DIR *dir;
	int rc = 0;

	if (mkdir(path, 0777) && errno != EEXIST)
		return why_error_set(err, WHY_EXIT_FAILED, errno, "",
				     "make the directory %.200s", path);
	dir = opendir(path);
	if (!dir || access(path, W_OK))
		rc = why_error_set(err, WHY_EXIT_FAILED, errno, "", "save into %.200s", path);
	while (!rc && (e = readdir(dir)))
		if (strstr(e->d_name, ".why"))
			rc = why_error_set(err, WHY_EXIT_FAILED, EEXIST,
					   "move them away, or give another directory",
					   "save into %.200s: recordings", path);
	if (dir)
		closedir(dir);
	return rc;
}

static int check(const struct options *o, struct why_limits *l, struct why_error *err)
{
	int rc = l->collector->probe(err);

	rc = rc ?: why_limits_begin(l, o->slos, o->nr_slos, o->slo_file, err);
	return rc || !o->save ? rc : check_save(o->save, err);
}

/* Stories come between: no line shows progress. Nor is a series kept, however long it takes. */
static void show_nothing(struct why_measurement *m, u64 done_ns)
{
	(void)done_ns;
	why_snapshot_clear_series(m->snapshot);
}

static int run(const struct options *o, struct why_error *err)
{
	struct why_measurement m = {
		.collector = why_choose_collector(o->collector), .request = o->request,
		.duration_ns = o->duration_ns,
		.command = o->command, .is_output_taken = true, .show = show_nothing,
	};
	struct watcher w = { .o = o, .m = &m, .limits.collector = m.collector };
	struct why_observer observer = { begin, take, look, end, is_done, &w };
	struct why_follower *follower = why_follower_new(&observer);
	struct why_taker taker;
	FILE *json = NULL;
	int rc = check(o, &w.limits, err);

	if (!rc && !follower)
		rc = why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "watch");
	rc = rc ?: why_measure_prepare(&m, o->json, &json, err);
	taker = why_follower_taker(follower);

	w.has_json = json != NULL;
	w.has_text = !json || json != stdout;
	why_outbox_init(&w.text, stdout, "standard output");
	if (json)
		why_outbox_init(&w.json, json, o->json);
	m.request.ring_shift = WHY_WATCH_RING_SHIFT;
	m.request.events_only = true;
	m.taker = &taker;
	if (!rc && o->has_irqsoff)
		rc = look_for_stalls(&w, err);
	rc = rc ?: why_measure(&m, err);
	if (!rc) {
		why_measure_release(&m);
		rc = why_outbox_end(&w.text, err) | (json ? why_outbox_end(&w.json, err) : 0);
		print_end(stderr, &w, why_follower_lost(follower));
	}
	if (!rc && (w.save_error.what[0] || is_exceeded(&w)))
		rc = WHY_EXIT_FAILED;
	why_stall_source_close(w.stalls);
	why_stall_log_free(w.stall_log);
	why_watch_free(w.watch);
	why_measure_close(&m);
	why_follower_free(follower);
	return rc;
}

int cmd_watch(int argc, char **argv)
{
	struct options o;
	struct why_error err = { 0 };
	int rc;

	if (why_options_parse(&o, &watch, argc, argv, &err))
		return why_complain(&err);
	if (o.is_help) {
		puts(help);
		return why_finish_output();
	}
	if (!o.nr_slos && !o.slo_file) {
		why_error_set(&err, WHY_EXIT_USAGE, 0, "--slo sched.wakeup=200us, for one",
			      "watch: no limit was given");
		return why_complain(&err);
	}
	rc = run(&o, &err);
	return err.what[0] ? why_complain(&err) : rc;
}
