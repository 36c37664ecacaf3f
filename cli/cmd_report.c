// SPDX-License-Identifier: GPL-2.0-only
/* `whylate report`: the report of a recording. */
#include "cli/options.h"
#include "cli/present.h"

#include <string.h>

static const struct option long_options[] = {
	{ "from", required_argument, NULL, OPT_FROM },
	{ "to", required_argument, NULL, OPT_TO },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "hist", required_argument, NULL, OPT_HIST },
	{ "histograms", no_argument, NULL, OPT_HISTOGRAMS },
	{ "series", no_argument, NULL, OPT_SERIES },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char help[] =
	"usage: whylate report [options] FILE\n"
	"\n"
	"Prints the report of a recording that whylate record made.\n"
	"\n"
	"      --from TIME       leave out what came before: 2s, 1.5m after the recording began\n"
	"      --to TIME         and what came after\n"
	"      --json FILE       write the figures as JSON; - is standard output, in place of\n"
	"                        the report\n"
	"      --hist KIND       draw this latency's histogram too\n"
	"      --histograms      all latencies' histograms, and neither causes nor tasks: faster\n"
	"      --series          a line a second too\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit: 0 done, 1 failed (no recording, or nothing in it can be read), 2 usage.";

static const struct verb report = {
	.name = "report", .letters = "h", .options = long_options, .help = help,
	.kinds = (1U << WHY_KIND_NR) - 1, .takes_file = true,
};

static void progress(u64 done, u64 all)
{
	why_progress_part("reading", done, all);
}

static int run(const struct options *o, struct why_error *err)
{
	struct why_snapshot *s = NULL;
	struct why_moves moves = { 0 };
	FILE *json = NULL;
	int rc = why_playback(o->file, &o->range, NULL, progress, &s, err);

	why_progress(NULL, 0, 0);
	if (!rc && o->json) {
		json = why_open_output(o->json, err);
		rc = json ? 0 : -1;
	}
	if (!rc) {
		/* Where memory is short the figures are there all the same. */
		if (!s->lengths_only && why_moves_find(s, &moves))
			why_moves_free(&moves);
		rc = why_present(o, s, &moves, json, err);
		why_moves_free(&moves);
	}
	why_snapshot_free(s);
	return rc;
}

int cmd_report(int argc, char **argv)
{
	struct options o;
	struct why_error err = { 0 };

	if (why_options_parse(&o, &report, argc, argv, &err))
		return why_complain(&err);
	if (o.is_help) {
		puts(help);
		return why_finish_output();
	}
	return run(&o, &err) ? why_complain(&err) : WHY_EXIT_DONE;
}
