// SPDX-License-Identifier: GPL-2.0-only
/* `whylate profile`: measures for a time or while a command runs, then reports. */
#include "cli/measure.h"
#include "cli/options.h"
#include "report/report.h"

#include <sys/ioctl.h>
#include <unistd.h>

static const struct option long_options[] = {
	{ "duration", required_argument, NULL, 'd' },
	{ "kinds", required_argument, NULL, 'k' },
	{ "pid", required_argument, NULL, 'p' },
	{ "tid", required_argument, NULL, 't' },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "collector", required_argument, NULL, OPT_COLLECTOR },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "hist", required_argument, NULL, OPT_HIST },
	{ "series", no_argument, NULL, OPT_SERIES },
	{ "split", required_argument, NULL, OPT_SPLIT },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char help[] =
	"usage: whylate [profile] [options] [-- command ...]\n"
	"\n"
	"Measures for a time, or while a command runs, and prints a report.\n"
	"\n"
	"  -d, --duration TIME   how long: 250ms, 10s, 5m (default 10s; with a command:\n"
	"                        until it ends, or TIME if that comes first)\n"
	"  -k, --kinds KIND,...  only these latencies: irq.delivery.timer, irq.delivery.ipi,\n"
	"                        irq.handler, irq.vector, irq.thread, softirq.wait, softirq.run,\n"
	"                        work.wait, work.run, sched.wakeup, sched.preempted, sched.new,\n"
	"                        sched.run, task.response, task.relief\n"
	"  -p, --pid PID         only this process, its later threads included\n"
	"  -t, --tid TID         only this thread\n"
	"      --cgroup PATH     only tasks of this cgroup and of those below it\n"
	"      --collector NAME  auto, bpf or module (default auto)\n"
	"      --split PART,...  tell apart what is measured at a price: waker (the waker's path\n"
	"                        and the IPI's flight), switch (the scheduler itself)\n"
	"      --json FILE       write the figures as JSON; - is standard output, in place of\n"
	"                        the report\n"
	"      --hist KIND       draw this latency's histogram too\n"
	"      --series          a line a second too\n"
	"  -h, --help            this text\n"
	"      --version         whylate --version tells it\n"
	"\n"
	"Exit: 0 done, 1 failed, 2 usage, 77 this machine can't do it (whylate doctor).";

static const struct verb profile = {
	.name = "profile", .letters = "d:k:p:t:h", .options = long_options, .help = help,
	.kinds = (1U << WHY_KIND_NR) - 1,
};

static int width_of_terminal(void)
{
	struct winsize w;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_col ? 100 : w.ws_col;
}

static int report_json(const struct options *o, const struct why_measurement *m, FILE *f,
		       struct why_error *err)
{
	const struct why_snapshot *s = m->snapshot;
	int rc = why_report_json(f, s, &m->moves);

	if (!rc)
		return why_close_output(f, o->json, err);
	return why_error_set(err, WHY_EXIT_FAILED, -rc, "", "write %.200s", o->json);
}

static int report(const struct options *o, const struct why_measurement *m, FILE *json,
		  struct why_error *err)
{
	const struct why_snapshot *s = m->snapshot;
	int rc = json ? report_json(o, m, json, err) : 0;

	if (json && json == stdout)
		return rc;
	why_report_text(stdout, s, &m->moves);
	if (o->hist_kind >= 0)
		why_report_hist(stdout, s, (u32)o->hist_kind,
				width_of_terminal());
	if (o->has_series)
		why_report_series(stdout, s);
	/* A file that could not be written is no reason to keep the report back. */
	if (rc)
		return fflush(stdout), rc;
	return why_close_output(stdout, "-", err);
}

static int run(const struct options *o, struct why_error *err)
{
	struct why_measurement m = {
		.ops = &why_source_bpf, .request = o->request, .duration_ns = o->duration_ns,
		.command = o->command,
	};
	FILE *json = NULL;
	int rc = why_measure_prepare(&m, o->json, &json, err);

	if (!rc)
		rc = why_measure(&m, err);
	/* The report does not wait for the programs to be taken out of the kernel. */
	if (!rc) {
		why_measure_release(&m);
		rc = report(o, &m, json, err);
	}
	why_measure_close(&m);
	return rc;
}

int cmd_profile(int argc, char **argv)
{
	struct options o;
	struct why_error err = { 0 };

	if (why_options_parse(&o, &profile, argc, argv, &err))
		return why_complain(&err);
	if (o.is_help) {
		puts(help);
		return why_finish_output();
	}
	return run(&o, &err) ? why_complain(&err) : WHY_EXIT_DONE;
}
