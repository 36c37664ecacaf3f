/* SPDX-License-Identifier: GPL-2.0-only */
/* What a verb that measures was asked to do. */
#ifndef WHY_CLI_OPTIONS_H
#define WHY_CLI_OPTIONS_H

#include "cli/cli.h"
#include "lib/collector.h"
#include "lib/playback.h"
#include "lib/recorder.h"
#include "lib/watch.h"

#include <getopt.h>

/* A verb's own: which options it has, and its help. */
struct verb {
	const char *name;
	const char *letters;	/* for getopt_long, after "+:" */
	const struct option *options;
	const char *help;
	u32 kinds;		/* 1 << kind: what it measures unless told otherwise */
	bool is_endless;	/* lasts until it is interrupted unless told otherwise */
	bool takes_file;	/* reads a file, and takes no command */
};

struct options {
	const struct why_collector_ops *collector;	/* NULL: whichever can */
	struct why_request request;
	u64 duration_ns;	/* ~0: until the command ends */
	const char *json;	/* file, "-" or NULL */
	int hist_kind;		/* -1: none */
	bool has_series;
	bool is_help;
	char **command;		/* NULL: none */
	struct why_recorder_config recorder;	/* of record; without its path: the default */
	const char *file;	/* of a verb that takes one */
	struct why_playback_range range;
	struct why_slo slos[WHY_WATCH_SLOS];
	size_t nr_slos;
	struct why_watched watched;
	u64 at_ns;		/* after the beginning; ~0: not asked for */
	u32 worst;		/* 0: not asked for */
	u32 count;		/* stop after so many violations; 0: never */
	u32 rate;		/* tell of at most so many a second; 0: not said */
	const char *save;	/* directory for windows; NULL: none */
	const char *slo_file;	/* of limits that may change; NULL: none */
	bool has_irqsoff;	/* tell where interrupts were off */
	u64 over_ns;		/* stalls of this length or more; 0: not said */
	u32 probe_hz;		/* 0: no probe */
};

/* What an option is known by in a verb's table, where it has no letter. */
enum { OPT_CGROUP = 256, OPT_COLLECTOR, OPT_JSON, OPT_HIST, OPT_SERIES, OPT_SPLIT, OPT_FROM, OPT_TO,
       OPT_ROTATE, OPT_KEEP, OPT_SLO, OPT_COMM, OPT_IRQ, OPT_ALL, OPT_AT, OPT_WORST, OPT_SAVE,
       OPT_RATE, OPT_OVER, OPT_PROBE, OPT_IRQSOFF,
       OPT_SLO_FILE, OPT_HISTOGRAMS };

/* Returns 0, or fills in a usage error. */
int why_options_parse(struct options *o, const struct verb *verb, int argc, char **argv,
		      struct why_error *err);

#endif
