// SPDX-License-Identifier: GPL-2.0-only
/* `whylate profile`: measures for a time or while a command runs, then reports. */
#include "cli/measure.h"
#include "cli/options.h"
#include "cli/present.h"

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

static int run(const struct options *o, struct why_error *err)
{
	struct why_measurement m = {
		.collector = why_choose_collector(o->collector), .request = o->request,
		.duration_ns = o->duration_ns,
		.command = o->command,
	};
	FILE *json = NULL;
	int rc = why_measure_prepare(&m, o->json, &json, err);

	if (!rc)
		rc = why_measure(&m, err);
	/* The report does not wait for the programs to be taken out of the kernel. */
	if (!rc) {
		why_measure_release(&m);
		rc = why_present(o, m.snapshot, &m.moves, json, err);
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
