// SPDX-License-Identifier: GPL-2.0-only
/* `whylate profile`: measures for a time or while a command runs, then reports. */
#include "cli/child.h"
#include "cli/profile_options.h"
#include "lib/cgroup.h"
#include "lib/machine.h"
#include "lib/process.h"
#include "report/report.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MS 1000000ULL
#define SECOND 1000000000ULL

struct profile {
	struct profile_options options;
	const struct why_source_ops *ops;
	struct why_source *source;
	struct why_snapshot *snapshot;
	struct why_child child;
	sigset_t signals;	/* blocked, and waited for */
	sigset_t signals_before;
};

static u64 earlier(u64 a, u64 b)
{
	return a < b ? a : b;
}

static bool is_subject_gone(const struct profile *p)
{
	if (p->options.request.subject == WHY_SUBJECT_TGID)
		return why_process_is_gone(p->options.request.pid);
	return p->options.request.subject == WHY_SUBJECT_TID &&
	       why_thread_is_gone(p->options.request.pid);
}

/* Sleeps until `until` or a signal; true if that signal ends the measurement. */
static bool wait_until(struct profile *p, u64 until)
{
	u64 now = why_now_ns(), left = until > now ? until - now : 0;
	struct timespec t = { (time_t)(left / SECOND), (long)(left % SECOND) };
	int signal = sigtimedwait(&p->signals, NULL, &t);

	if (signal == SIGCHLD)
		return why_child_has_ended(&p->child);
	return signal > 0;
}

/*
 * The measurement itself: wakes for ticks of the series, for the two ends of the cost sample, ten
 * times a second where the subject may be gone, and to show progress on a terminal.
 */
static int measure(struct profile *p, struct why_error *err)
{
	u64 begin = why_now_ns(), length = p->options.duration_ns, end = begin + length;
	u64 tick = p->options.has_series ? begin + SECOND : ~0ULL, look = ~0ULL, now, until;
	u64 sample = begin + earlier(length / 4, 500 * MS);
	u64 show = begin + SECOND;
	bool is_over = false, is_sampling = false;
	int rc = 0;

	if (length == ~0ULL)
		end = ~0ULL;
	if (p->options.request.pid)
		look = begin;
	for (now = begin; !rc && !is_over && now < end; now = why_now_ns()) {
		if (now >= tick) {
			rc = p->ops->tick(p->source, p->snapshot, err);
			while (tick <= now)
				tick += SECOND;
		}
		if (now >= sample) {
			is_sampling = !is_sampling;
			p->ops->sample_cost(p->source, is_sampling);
			sample = is_sampling ? now + earlier(length / 20, 100 * MS) : ~0ULL;
		}
		if (now >= look) {
			is_over = is_subject_gone(p);
			look = now + 100 * MS;
		}
		if (now >= show) {
			why_progress("measuring", now - begin, length);
			show += SECOND;
		}
		until = earlier(earlier(end, tick), earlier(sample, look));
		until = earlier(until, isatty(STDERR_FILENO) ? show : ~0ULL);
		is_over = is_over || wait_until(p, until);
	}
	why_progress(NULL, 0, 0);
	p->ops->sample_cost(p->source, false);
	return rc;
}

static int width_of_terminal(void)
{
	struct winsize w;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_col ? 100 : w.ws_col;
}

static int report_json(const struct profile *p, FILE *f, struct why_error *err)
{
	int rc = why_report_json(f, p->snapshot);

	if (!rc)
		return why_close_output(f, p->options.json, err);
	return why_error_set(err, WHY_EXIT_FAILED, -rc, "", "write %.200s", p->options.json);
}

static int report(const struct profile *p, FILE *json, struct why_error *err)
{
	int rc = json ? report_json(p, json, err) : 0;

	if (json && json == stdout)
		return rc;
	why_report_text(stdout, p->snapshot);
	if (p->options.hist_kind >= 0)
		why_report_hist(stdout, p->snapshot, (u32)p->options.hist_kind,
				width_of_terminal());
	if (p->options.has_series)
		why_report_series(stdout, p->snapshot);
	/* A file that could not be written is no reason to keep the report back. */
	if (rc)
		return fflush(stdout), rc;
	return why_close_output(stdout, "-", err);
}

/*
 * From here on these signals wait for us, but for those that whoever started us had ignored (as
 * nohup does). An ignored SIGCHLD would never tell of the command's end.
 */
static void hold_signals(struct profile *p)
{
	static const int ours[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old;
	size_t i;

	sigemptyset(&p->signals);
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!sigaction(ours[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaddset(&p->signals, ours[i]);
	signal(SIGCHLD, SIG_DFL);
	sigaddset(&p->signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &p->signals, &p->signals_before);
}

/* Whoever interrupts the report means to end it; the kernel takes the programs out. */
static void release_signals(struct profile *p)
{
	struct timespec at_once = {};

	/* What came as the measurement ended was meant for that. */
	while (sigtimedwait(&p->signals, NULL, &at_once) > 0)
		;
	sigprocmask(SIG_SETMASK, &p->signals_before, NULL);
}

static int run_measurement(struct profile *p, struct why_error *err)
{
	int rc = p->ops->open(&p->options.request, &p->source, err);

	if (rc)
		return rc;
	p->snapshot = why_snapshot_new(p->ops->nr_cpus(p->source));
	if (!p->snapshot)
		return why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "keep the figures");
	rc = p->ops->start(p->source, err);
	if (!rc && p->options.command)
		rc = why_child_release(&p->child, p->options.command, err);
	if (!rc)
		rc = measure(p, err);
	if (!rc)
		rc = p->ops->freeze(p->source, err);
	if (!rc && p->options.has_series)
		rc = p->ops->tick(p->source, p->snapshot, err);
	if (!rc)
		rc = p->ops->snapshot(p->source, p->snapshot, err);
	/* Not before its tasks have been looked at. */
	why_child_end(&p->child);
	return rc;
}

static int check_subject(const struct profile *p, struct why_error *err)
{
	u32 pid = p->options.request.pid, process;
	struct why_cgroup cgroup;

	if (p->options.request.subject == WHY_SUBJECT_CGROUP)
		return why_cgroup_find(p->options.request.cgroup, &cgroup, err);
	if (is_subject_gone(p))
		return why_error_set(err, WHY_EXIT_FAILED, ESRCH, "ps -e lists the processes",
				     "measure %u", pid);
	process = p->options.request.subject == WHY_SUBJECT_TGID ? why_process_of(pid) : 0;
	if (!process || process == pid)
		return 0;
	return why_error_set(err, WHY_EXIT_FAILED, 0, "-t measures one thread, -p its process",
			     "-p %u: a thread of process %u", pid, process);
}

/* Everything that can be refused is, before anything is loaded or a file is overwritten. */
static int prepare(struct profile *p, FILE **ret_json, struct why_error *err)
{
	int rc = check_subject(p, err);

	if (!rc)
		rc = p->ops->probe(err);
	if (!rc && p->options.request.split_switch && !p->ops->has_event("sched_entry_tp"))
		rc = why_error_set(err, WHY_EXIT_UNABLE, 0, "leave --split switch out",
				   "tell the scheduler's own time apart: "
				   "this kernel has no sched_entry_tp event (6.17 and later)");
	if (rc)
		return rc;
	if (p->options.json) {
		*ret_json = why_open_output(p->options.json, err);
		if (!*ret_json)
			return -1;
	}
	hold_signals(p);
	return p->options.command ? why_child_prepare(&p->child, p->options.command, err) : 0;
}

int cmd_profile(int argc, char **argv)
{
	struct profile p = { .ops = &why_source_bpf };
	struct why_error err = { 0 };
	FILE *json = NULL;
	int rc;

	if (profile_options_parse(&p.options, argc, argv, &err))
		return why_complain(&err);
	if (p.options.is_help) {
		profile_options_help();
		return why_finish_output();
	}
	rc = prepare(&p, &json, &err);
	if (!rc)
		rc = run_measurement(&p, &err);
	/* The report does not wait for the programs to be taken out of the kernel. */
	if (!rc) {
		release_signals(&p);
		rc = report(&p, json, &err);
	}
	p.ops->close(p.source);
	why_snapshot_free(p.snapshot);
	return rc ? why_complain(&err) : WHY_EXIT_DONE;
}
