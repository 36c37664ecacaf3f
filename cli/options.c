// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of the verbs that measure. getopt_long with its messages off, for argp answers a mistake
 * with two lines and its own words.
 */
#include "cli/options.h"

#include "lib/names.h"

#include <stdio.h>
#include <string.h>

static int bad(struct why_error *err, const char *hint, const char *what, const char *text)
{
	return why_error_set(err, WHY_EXIT_USAGE, 0, hint, what, text);
}

static int set_subject(struct options *o, enum why_subject subject, struct why_error *err)
{
	if (o->request.subject != WHY_SUBJECT_ALL)
		return why_error_set(err, WHY_EXIT_USAGE, 0, "choose one",
				     "-p, -t, --cgroup: they exclude each other");
	o->request.subject = subject;
	return 0;
}

static int parse_collector(const char *name, const struct why_collector_ops **ret,
			   struct why_error *err)
{
	*ret = why_collector_named(name);
	if (*ret || !strcmp(name, "auto"))
		return 0;
	return why_error_set(err, WHY_EXIT_USAGE, 0, "auto, bpf or module",
			     "'%.40s': unknown collector", name);
}

static int parse_split(struct why_request *req, const char *text, struct why_error *err)
{
	size_t n;

	do {
		n = strcspn(text, ",");
		if (n == 5 && !strncmp(text, "waker", n))
			req->split_waker = true;
		else if (n == 6 && !strncmp(text, "switch", n))
			req->split_switch = true;
		else
			return why_error_set(err, WHY_EXIT_USAGE, 0, "waker or switch",
					     "'%.*s': unknown part", n > 40 ? 40 : (int)n, text);
		text += n;
	} while (*text++ == ',');
	return 0;
}

static int parse_hist(struct options *o, const char *text, struct why_error *err)
{
	u32 kinds;

	if (why_parse_kinds(text, &kinds, err))
		return -1;
	if (kinds & (kinds - 1))
		return bad(err, "one kind", "'%.40s': several kinds", text);
	o->hist_kind = __builtin_ctz(kinds);
	return 0;
}

static int add_slo(struct options *o, const char *text, struct why_error *err)
{
	struct why_slo *slo = &o->slos[o->nr_slos];

	if (o->nr_slos == WHY_WATCH_SLOS)
		return bad(err, "32 at most", "'%.40s': too many limits", text);
	o->nr_slos++;
	return why_parse_slo(text, slo, err);
}

/* Faster probes would leave a CPU little else to do; slower ones are no probes. */
static int parse_probe(const char *text, u32 *ret_hz, struct why_error *err)
{
	int rc = why_parse_count(text, ret_hz, err);

	if (!rc && *ret_hz >= 10 && *ret_hz <= 20000)
		return 0;
	return bad(err, "times a second, 10 to 20000", "'%.40s': no rate for a probe", text);
}

/* What is watched for a limit, or looked for, not by the collector. */
static int take_watched(struct options *o, int c, const char *arg, struct why_error *err)
{
	switch (c) {
	case OPT_COMM:
		o->watched.comm = arg;
		if (*arg && strlen(arg) < WHY_COMM_LEN)
			return 0;
		return bad(err, "a command's name, of 1 to 15 bytes", "'%.40s': no name", arg);
	case OPT_IRQ:
		return why_parse_line(arg, &o->watched.irq, err);
	case OPT_AT:
		return why_parse_duration(arg, &o->at_ns, err);
	case OPT_WORST:
		return why_parse_count(arg, &o->worst, err);
	case 'n':
		return why_parse_count(arg, &o->count, err);
	case OPT_RATE:
		return why_parse_count(arg, &o->rate, err);
	case OPT_SAVE:
		o->save = arg;
		return *arg ? 0 : bad(err, "a directory", "'%s': needs a directory", arg);
	case OPT_SLO_FILE:
		o->slo_file = arg;
		return *arg ? 0 : bad(err, "a file", "'%s': needs a file", arg);
	case OPT_IRQSOFF:
		o->has_irqsoff = true;
		return 0;
	case OPT_OVER:
		return why_parse_duration(arg, &o->over_ns, err);
	case OPT_PROBE:
		return parse_probe(arg, &o->probe_hz, err);
	default:
		o->is_help = c == 'h';	/* --all is what they do anyway */
		return 0;
	}
}

static int take_option(struct options *o, int c, const char *arg, struct why_error *err)
{
	switch (c) {
	case OPT_SLO:
		return add_slo(o, arg, err);
	case 'd':
		return why_parse_duration(arg, &o->duration_ns, err);
	case 'k':
		return why_parse_kinds(arg, &o->request.kinds, err);
	case 'p':
		return set_subject(o, WHY_SUBJECT_TGID, err) ?:
		       why_parse_pid(arg, &o->request.pid, err);
	case 't':
		return set_subject(o, WHY_SUBJECT_TID, err) ?:
		       why_parse_pid(arg, &o->request.pid, err);
	case OPT_CGROUP:
		o->request.cgroup = arg;
		if (!*arg)
			return bad(err, "a cgroup's directory", "'%s': needs a cgroup", arg);
		return set_subject(o, WHY_SUBJECT_CGROUP, err);
	case OPT_COLLECTOR:
		return parse_collector(arg, &o->collector, err);
	case OPT_JSON:
		o->json = arg;
		return *arg ? 0 : bad(err, "a file, or -", "'%s': needs a file", arg);
	case OPT_HIST:
		return parse_hist(o, arg, err);
	case OPT_SPLIT:
		return parse_split(&o->request, arg, err);
	case OPT_SERIES:
		o->has_series = true;
		return 0;
	case 'o':
		o->recorder.path = arg;
		return *arg ? 0 : bad(err, "a file, or -", "'%s': needs a file", arg);
	case OPT_ROTATE:
		return why_parse_size_or_duration(arg, &o->recorder.rotate_bytes,
						  &o->recorder.rotate_ns, err);
	case OPT_KEEP:
		return why_parse_count(arg, &o->recorder.keep, err);
	case OPT_FROM:
		return why_parse_duration(arg, &o->range.from_ns, err);
	case OPT_TO:
		return why_parse_duration(arg, &o->range.to_ns, err);
	case OPT_HISTOGRAMS:
		o->range.lengths_only = true;
		return 0;
	default:
		return take_watched(o, c, arg, err);
	}
}

/* The option as it was typed goes before what is wrong with its argument. */
static int name_option(const struct verb *verb, int c, struct why_error *err)
{
	char what[sizeof(err->what)];
	const struct option *o;

	for (o = verb->options; o->name && o->val != c; o++)
		;
	snprintf(what, sizeof(what), "--%s %.200s", o->name ? o->name : "?", err->what);
	memcpy(err->what, what, sizeof(what));
	return -1;
}

/* What getopt refused, by the word it stopped at. */
static int refuse(const struct verb *verb, int c, char **argv, struct why_error *err)
{
	const char *word = argv[optind - 1];
	char hint[64], letter[] = { '-', (char)optopt, 0 };

	snprintf(hint, sizeof(hint), "whylate %s --help lists the options", verb->name);
	if (optopt && optopt < 256 && strncmp(word, "--", 2))
		word = letter;
	if (c == ':')
		return bad(err, hint, "%.40s: needs an argument", word);
	return bad(err, hint, "%.40s: unknown option", word);
}

/* What is left after the options: nothing, or "--" and a command. */
static int take_command(struct options *o, const struct verb *verb, int argc, char **argv,
			struct why_error *err)
{
	char example[64];
	bool has_dashes = optind > 1 && !strcmp(argv[optind - 1], "--");

	snprintf(example, sizeof(example), "whylate %s -- make", verb->name);
	if (optind < argc && !has_dashes)
		return bad(err, "a command to measure goes after --", "'%.40s': unexpected",
			   argv[optind]);
	if (has_dashes && (optind == argc || !*argv[optind]))
		return bad(err, example, "--: no command%s", "");
	o->command = has_dashes ? argv + optind : NULL;
	return 0;
}

/* What is left after the options: one file. */
static int take_file(struct options *o, const struct verb *verb, int argc, char **argv,
		     struct why_error *err)
{
	char example[64];

	snprintf(example, sizeof(example), "whylate %s whylate.why", verb->name);
	if (optind == argc)
		return bad(err, example, "no recording was named%s", "");
	if (optind + 1 < argc)
		return bad(err, "one recording at a time", "'%.40s': unexpected", argv[optind + 1]);
	o->file = argv[optind];
	if (o->range.from_ns < o->range.to_ns)
		return 0;
	return bad(err, "--from must be earlier", "--from and --to: nothing is between%s", "");
}

int why_options_parse(struct options *o, const struct verb *verb, int argc, char **argv,
		      struct why_error *err)
{
	char letters[32];
	int c, rc;

	memset(o, 0, sizeof(*o));
	o->hist_kind = -1;
	o->request.kinds = verb->kinds;
	o->range.to_ns = ~0ULL;
	o->at_ns = ~0ULL;
	o->watched.irq = -1;
	opterr = 0;
	snprintf(letters, sizeof(letters), "%s:%s", verb->takes_file ? "" : "+", verb->letters);
	while ((c = getopt_long(argc, argv, letters, verb->options, NULL)) != -1) {
		if (c == '?' || c == ':')
			return refuse(verb, c, argv, err);
		rc = take_option(o, c, optarg, err);
		if (rc)
			return err->exit_code == WHY_EXIT_USAGE ? name_option(verb, c, err) : rc;
	}
	if (o->is_help)
		return 0;
	rc = verb->takes_file ? take_file(o, verb, argc, argv, err) :
				take_command(o, verb, argc, argv, err);
	if (rc)
		return rc;
	if (o->hist_kind >= 0 && !(o->request.kinds & 1U << o->hist_kind))
		return bad(err, "add it to -k", "--hist %.40s: left out by -k",
			   why_kind_names[o->hist_kind]);
	if (o->range.lengths_only && o->json)
		return bad(err, "leave out one of them", "--histograms: the JSON has more%s", "");
	if (!o->duration_ns)
		o->duration_ns = o->command || verb->is_endless ? ~0ULL : 10000000000ULL;
	return 0;
}
