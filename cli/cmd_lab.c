// SPDX-License-Identifier: GPL-2.0-only
/* `whylate lab inject`: delays made on purpose, each with its label. */
#include "cli/lab.h"
#include "lab/inject.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_LENGTH = 256, OPT_EVERY, OPT_CPU, OPT_JSON };

static const struct option long_options[] = {
	{ "length", required_argument, NULL, OPT_LENGTH },
	{ "every", required_argument, NULL, OPT_EVERY },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "count", required_argument, NULL, 'n' },
	{ "duration", required_argument, NULL, 'd' },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char help[] =
	"usage: whylate lab inject KIND --length TIME [options]\n"
	"\n"
	"Delays a CPU on purpose, again and again, and prints when: to try what finds delays.\n"
	"\n"
	"  hardirq    in a timer's interrupt, while a task runs there\n"
	"  rq-lock    interrupts off, the run queue locked, while a task runs there\n"
	"  softirq    in NET_RX\n"
	"  syscall    at the entry of a system call of our own\n"
	"  irqs-off   interrupts off, in a system call of our own\n"
	"  fifo       as a task of SCHED_FIFO, priority 50\n"
	"  task       as a task of SCHED_OTHER, nice 0\n"
	"  niced      the same, nice 19\n"
	"  throttled  as a cgroup that spends its quota: what its task misses of each --every\n"
	"  affinity   a task woken on the one CPU that it may use, which a fifo task has\n"
	"  inversion  a fifo task that wants a mutex of a lower one, with one between them\n"
	"  boost      the same, with priority inheritance\n"
	"  convoy     four tasks in turn, under one mutex\n"
	"  forks      children that exit at once, one after the other\n"
	"  flood      datagrams over loopback, one after the other\n"
	"\n"
	"      --length TIME     of each delay: 50us; at most 20ms\n"
	"      --every TIME      from one to the next (default 10ms): at least twice the length\n"
	"      --cpu N           where (default 0)\n"
	"  -n, --count N         so many\n"
	"  -d, --duration TIME   for so long (default 10s, at most 1h)\n"
	"      --json FILE       a line of JSON each; - is standard output, in place of the text\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit: 0 done, 1 failed, 2 usage, 77 this machine can't do it.";

struct inject_options {
	struct why_injection what;
	const char *json;
	bool is_help;
};

/* Where labels go, and how many there were. */
struct output {
	const struct why_injection *what;
	FILE *json, *text;
	u64 nr;
	u64 first_ns;
	sigset_t signals;	/* that end it */
};

static int usage(struct why_error *err, const char *hint, const char *what)
{
	return why_error_set(err, WHY_EXIT_USAGE, 0, hint, "lab inject: %s", what);
}

static int parse_kind(const char *name, u32 *ret, struct why_error *err)
{
	for (*ret = 0; *ret < WHY_INJECT_NR; (*ret)++)
		if (!strcmp(name, why_inject_names[*ret]))
			return 0;
	return why_error_set(err, WHY_EXIT_USAGE, 0,
			     "whylate lab inject --help lists them",
			     "lab inject '%.40s': unknown kind", name);
}

int why_lab_parse_cpu(const char *text, u32 *ret, struct why_error *err)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	long nr_cpus = sysconf(_SC_NPROCESSORS_CONF);

	if (*end || end == text || *text == '-' || n >= (unsigned long)nr_cpus)
		return why_error_set(err, WHY_EXIT_USAGE, 0, "CPUs are numbered from 0",
				     "--cpu '%.40s': there is no such CPU", text);
	*ret = (u32)n;
	return 0;
}

static int parse_option(struct inject_options *o, int letter, struct why_error *err)
{
	u32 count;
	int rc = 0;

	switch (letter) {
	case OPT_LENGTH:
		return why_parse_duration(optarg, &o->what.length_ns, err);
	case OPT_EVERY:
		return why_parse_duration(optarg, &o->what.every_ns, err);
	case OPT_CPU:
		return why_lab_parse_cpu(optarg, &o->what.cpu, err);
	case 'n':
		rc = why_parse_count(optarg, &count, err);
		o->what.count = rc ? 0 : count;
		return rc;
	case 'd':
		return why_parse_duration(optarg, &o->what.duration_ns, err);
	case OPT_JSON:
		o->json = optarg;
		return 0;
	case 'h':
		o->is_help = true;
		return 0;
	default:
		return usage(err, "whylate lab inject --help tells them", "unknown option, or one "
			     "without its value");
	}
}

static int check(const struct why_injection *w, struct why_error *err)
{
	if (!w->length_ns)
		return usage(err, "as in --length 50us", "no --length");
	if (w->length_ns > WHY_INJECT_MOST_NS)
		return usage(err, "longer ones may hang a machine", "--length over 20ms");
	if (w->every_ns < 2 * w->length_ns)
		return usage(err, "or the CPU would do little else",
			     "--every is less than twice --length");
	if (w->duration_ns > 3600 * 1000000000ULL)
		return usage(err, "start it again after that", "--duration over 1h");
	return 0;
}

static int parse(struct inject_options *o, int argc, char **argv, struct why_error *err)
{
	int letter, rc = 0;

	*o = (struct inject_options){ .what = { .every_ns = 10000000,
						.duration_ns = 10000000000ULL } };
	opterr = 0;
	optind = 1;
	while (!rc && !o->is_help &&
	       (letter = getopt_long(argc, argv, ":n:d:h", long_options, NULL)) != -1)
		rc = parse_option(o, letter, err);
	if (rc || o->is_help)
		return rc;
	if (argc - optind != 1)
		return usage(err, "as in lab inject hardirq --length 50us", "wants one kind");
	return parse_kind(argv[optind], &o->what.kind, err) ?: check(&o->what, err);
}

static volatile sig_atomic_t is_interrupted;

static void interrupt(int signal)
{
	(void)signal;
	is_interrupted = 1;
}

static void print(const struct output *out, const struct why_inject_label *label)
{
	const char *kind = why_inject_names[out->what->kind];

	if (out->json)
		fprintf(out->json, "{\"kind\": \"%s\", \"cpu\": %u, \"begin_ns\": %" PRIu64
			", \"end_ns\": %" PRIu64 "}\n", kind, out->what->cpu,
			(uint64_t)label->begin_ns, (uint64_t)label->end_ns);
	if (out->text)
		fprintf(out->text, "%s  CPU %u  +%.6f s  %.1f us\n", kind, out->what->cpu,
			(double)(label->begin_ns - out->first_ns) / 1e9,
			(double)(label->end_ns - label->begin_ns) / 1e3);
	fflush(out->json ? out->json : out->text);
}

/* Signals are blocked but here, where whoever reads may take nothing. */
static int print_label(void *arg, const struct why_inject_label *label)
{
	struct output *out = arg;

	if (!out->nr++)
		out->first_ns = label->begin_ns;
	sigprocmask(SIG_UNBLOCK, &out->signals, NULL);
	print(out, label);
	sigprocmask(SIG_BLOCK, &out->signals, NULL);
	return is_interrupted || (out->json && ferror(out->json)) ||
	       (out->text && ferror(out->text));
}

static void hold_signals(sigset_t *ret)
{
	static const int ours[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = interrupt };	/* without SA_RESTART */
	size_t i;

	sigemptyset(ret);
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		sigaddset(ret, ours[i]);
		sigaction(ours[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, ret, NULL);
}

/* Nothing to make a delay in, it may be: no ground truth at all. */
static int say_how_many(const struct output *out, u64 lost, struct why_error *err)
{
	struct timespec at_once = { 0 };

	fprintf(stderr, "whylate: %" PRIu64 " delays, lost %" PRIu64 " labels\n",
		(uint64_t)out->nr, (uint64_t)lost);
	if (out->nr || lost || is_interrupted || sigtimedwait(&out->signals, NULL, &at_once) > 0)
		return 0;
	return why_error_set(err, WHY_EXIT_FAILED, 0, "hardirq and rq-lock want a task there; "
			     "softirq, syscall and irqs-off find nobody in a pid namespace "
			     "of its own",
			     "delay CPU %u in %s: none was made", out->what->cpu,
			     why_inject_names[out->what->kind]);
}

static int inject(const struct inject_options *o, struct why_error *err)
{
	struct output out = { .what = &o->what };
	u64 lost = 0;
	int rc;

	out.text = o->json && !strcmp(o->json, "-") ? NULL : stdout;
	out.json = o->json ? why_open_output(o->json, err) : NULL;
	if (o->json && !out.json)
		return -1;
	hold_signals(&out.signals);
	rc = why_inject(&o->what, print_label, &out, &lost, err);
	if (out.json && !rc)
		rc = why_close_output(out.json, o->json, err);
	return rc ?: say_how_many(&out, lost, err);
}

int cmd_lab(int argc, char **argv)
{
	struct inject_options o;
	struct why_error err = { 0 };

	if (argc > 1 && !strcmp(argv[1], "scene"))
		return why_lab_scene(argc - 1, argv + 1);
	if (argc < 2 || strcmp(argv[1], "inject")) {
		why_error_set(&err, WHY_EXIT_USAGE, 0, "as in lab inject hardirq --length 50us",
			      "the lab has inject and scene");
		return why_complain(&err);
	}
	if (parse(&o, argc - 1, argv + 1, &err))
		return why_complain(&err);
	if (o.is_help) {
		puts(help);
		return why_finish_output();
	}
	if (inject(&o, &err))
		return why_complain(&err);
	return why_finish_output();
}
