// SPDX-License-Identifier: GPL-2.0-only
/* `whylate record`: measures into a file. */
#include "cli/measure.h"
#include "cli/options.h"
#include "cli/present.h"
#include "report/format.h"

#include <string.h>

enum { RING_SHIFT = 16 };	/* 1 MiB a CPU */

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "duration", required_argument, NULL, 'd' },
	{ "kinds", required_argument, NULL, 'k' },
	{ "pid", required_argument, NULL, 'p' },
	{ "tid", required_argument, NULL, 't' },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "collector", required_argument, NULL, OPT_COLLECTOR },
	{ "split", required_argument, NULL, OPT_SPLIT },
	{ "rotate", required_argument, NULL, OPT_ROTATE },
	{ "keep", required_argument, NULL, OPT_KEEP },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char help[] =
	"usage: whylate record [options] [-- command ...]\n"
	"\n"
	"Records every event until it is interrupted, for a time, or while a command runs.\n"
	"whylate report FILE makes the report of it.\n"
	"\n"
	"  -o, --output FILE     the recording (default whylate.why); - is standard output\n"
	"  -d, --duration TIME   how long: 250ms, 10s, 5m, 24h\n"
	"  -k, --kinds KIND,...  only these latencies (whylate profile --help lists them)\n"
	"  -p, --pid PID         only this process, its later threads included\n"
	"  -t, --tid TID         only this thread\n"
	"      --cgroup PATH     only tasks of this cgroup and of those below it\n"
	"      --collector NAME  auto, bpf or module (default auto)\n"
	"      --split PART,...  tell apart what is measured at a price: waker (the waker's path\n"
	"                        and the IPI's flight), switch (the scheduler itself)\n"
	"      --rotate LIMIT    go on in a new file from so many bytes (100M, 1G) or so long\n"
	"                        (10m, 1h) on; FILE is the newest, FILE.1 the one before\n"
	"      --keep N          keep so many of those before (default all)\n"
	"      --json FILE       write the figures as JSON too, as whylate profile does\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit: 0 done, 1 failed, 2 usage, 77 this machine can't do it (whylate doctor).";

static const struct verb record = {
	.name = "record", .letters = "o:d:k:p:t:h", .options = long_options, .help = help,
	.kinds = (1U << WHY_KIND_NR) - 1, .is_endless = true,
};

/* As other recorders do, on standard error: the file may be standard output. */
static void tell_size(const struct why_recorder *rec, const char *path)
{
	struct why_buf events, lost;
	u64 bytes = why_recorder_bytes(rec), nr = why_recorder_events(rec);

	fprintf(stderr, "whylate: %.1f MB, %s events, %.2f bytes each, lost %s: %s",
		(double)bytes / 1e6, why_format_count(&events, nr),
		nr ? (double)bytes / (double)nr : 0.0,
		why_format_count(&lost, why_recorder_lost(rec)), path);
	if (why_recorder_files(rec) > 1)
		fprintf(stderr, " and %u before it", why_recorder_files(rec) - 1);
	fprintf(stderr, "\n");
}

/* The line that was typed, as far as it goes. */
static void join(char *ret, size_t room, int argc, char **argv)
{
	size_t n = (size_t)snprintf(ret, room, "whylate");
	int i;

	for (i = 0; i < argc && n < room; i++)
		n += (size_t)snprintf(ret + n, room - n, " %s", argv[i]);
}

static int check(const struct options *o, struct why_error *err)
{
	const struct why_recorder_config *c = &o->recorder;
	bool is_rotated = c->rotate_bytes || c->rotate_ns;

	if (c->keep && !is_rotated)
		return why_error_set(err, WHY_EXIT_USAGE, 0, "--rotate 100M or 1h says when",
				     "--keep: nothing is rotated");
	if (is_rotated && !strcmp(c->path, "-"))
		return why_error_set(err, WHY_EXIT_USAGE, 0, "give -o a file",
				     "--rotate: standard output cannot be rotated");
	if (o->json && !strcmp(o->json, c->path))
		return why_error_set(err, WHY_EXIT_USAGE, 0, "give them different files",
				     "--output and --json: the same place");
	return 0;
}

static int run(const struct options *o, struct why_error *err)
{
	struct why_measurement m = {
		.collector = why_choose_collector(o->collector), .request = o->request,
		.duration_ns = o->duration_ns,
		.command = o->command, .is_output_taken = !strcmp(o->recorder.path, "-"),
	};
	struct why_recorder *recorder = NULL;
	struct why_taker taker;
	FILE *json = NULL;
	int rc = check(o, err) ?: why_measure_prepare(&m, o->json, &json, err);

	if (!rc)
		rc = why_recorder_new(&o->recorder, &recorder, err);
	if (!rc) {
		m.request.ring_shift = RING_SHIFT;
		taker = why_recorder_taker(recorder);
		m.taker = &taker;
		rc = why_measure(&m, err);
	}
	if (!rc) {
		why_measure_release(&m);
		tell_size(recorder, o->recorder.path);
		rc = json ? why_present_json(o, m.snapshot, &m.moves, json, err) : 0;
	}
	why_measure_close(&m);
	why_recorder_free(recorder);
	return rc;
}

int cmd_record(int argc, char **argv)
{
	char line[256];
	struct options o;
	struct why_error err = { 0 };

	join(line, sizeof(line), argc, argv);
	if (why_options_parse(&o, &record, argc, argv, &err))
		return why_complain(&err);
	if (o.is_help) {
		puts(help);
		return why_finish_output();
	}
	o.recorder.command = line;
	if (!o.recorder.path)
		o.recorder.path = "whylate.why";
	return run(&o, &err) ? why_complain(&err) : WHY_EXIT_DONE;
}
