// SPDX-License-Identifier: GPL-2.0-only
/* `whylate irq`: interrupts, live on a terminal, and the report. */
#include "cli/measure.h"
#include "cli/options.h"
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const struct option long_options[] = {
	{ "duration", required_argument, NULL, 'd' },
	{ "pid", required_argument, NULL, 'p' },
	{ "tid", required_argument, NULL, 't' },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "collector", required_argument, NULL, OPT_COLLECTOR },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char help[] =
	"usage: whylate irq [options] [-- command ...]\n"
	"\n"
	"Lines, vectors and softirqs: how many on each CPU, how fast, how long they took to come\n"
	"and to be handled, where they may go; storms, and what they cost others. On a terminal\n"
	"it shows them while they come.\n"
	"\n"
	"  -d, --duration TIME   how long: 250ms, 10s, 5m (default 10s; with a command:\n"
	"                        until it ends, or TIME if that comes first)\n"
	"  -p, --pid PID         what storms cost this process only\n"
	"  -t, --tid TID         what they cost this thread only\n"
	"      --cgroup PATH     what they cost tasks of this cgroup and of those below it\n"
	"      --collector NAME  auto, bpf or module (default auto)\n"
	"      --json FILE       write the figures as JSON; - is standard output, in place of\n"
	"                        the report\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit: 0 done, 1 failed, 2 usage, 77 this machine can't do it (whylate doctor).";

static const struct verb irq = {
	.name = "irq", .letters = "d:p:t:h", .options = long_options, .help = help,
	.kinds = (1U << WHY_KIND_NR) - (1U << WHY_KIND_NR_TASK) + (1U << WHY_KIND_NR_WAITS) - 1,
};

/* Prints `text` cut to the terminal: what does not fit would scroll the rest away. */
static void print_cut(const char *text, const struct winsize *w)
{
	unsigned int row = 0, column = 0;

	for (; *text && row + 1 < w->ws_row; text++) {
		if (*text == '\n') {
			row++;
			column = 0;
		} else if ((*text & 0xc0) != 0x80) {
			column++;	/* the first byte of a character */
		}
		if (column <= w->ws_col)
			putchar(*text);
	}
}

static void print_now(const struct why_measurement *m, u64 done_ns, FILE *out)
{
	fprintf(out, "%.0f s", (double)done_ns / 1e9);
	if (m->duration_ns != ~0ULL)
		fprintf(out, " of %.4g s", (double)m->duration_ns / 1e9);
	fprintf(out, ", Ctrl-C ends it\n");
	why_text_storms(out, m->snapshot);
	why_text_interrupts(out, m->snapshot);
}

/* The table as it is now, in place of the last one. */
static void show(struct why_measurement *m, u64 done_ns)
{
	struct why_error err = { 0 };
	struct winsize w;
	size_t size;
	char *text;
	FILE *out;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || why_source_peek(m->source, m->snapshot, &err))
		return;
	out = open_memstream(&text, &size);
	if (!out)
		return;
	print_now(m, done_ns, out);
	if (!fclose(out)) {
		fputs("\033[H\033[J", stdout);
		print_cut(text, &w);
		fflush(stdout);
	}
	free(text);
}

/* A terminal that can be written over, and nobody else writes to. */
static bool can_show(const struct options *o)
{
	const char *term = getenv("TERM");
	struct winsize w;

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") && !o->command &&
	       !(o->json && !strcmp(o->json, "-")) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) &&
	       w.ws_row && w.ws_col;
}

static int report(const struct options *o, const struct why_measurement *m, FILE *json,
		  struct why_error *err)
{
	const struct why_snapshot *s = m->snapshot;
	int rc = json && why_report_json(json, s, &m->moves) ?
			 why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "write %.200s", o->json) :
			 0;

	if (json && !rc)
		rc = why_close_output(json, o->json, err);
	if (json == stdout)
		return rc;
	why_text_head(stdout, s);
	why_text_moves(stdout, s, &m->moves);
	why_text_storms(stdout, s);
	why_text_interrupts(stdout, s);
	why_text_lines(stdout, s);
	why_text_interrupt_counts(stdout, s);
	why_text_losses(stdout, s);
	if (rc)
		return fflush(stdout), rc;
	return why_close_output(stdout, "-", err);
}

static int run(const struct options *o, struct why_error *err)
{
	struct why_measurement m = {
		.collector = why_choose_collector(o->collector), .request = o->request,
		.duration_ns = o->duration_ns,
		.command = o->command,
	};
	FILE *json = NULL;
	int rc = why_measure_prepare(&m, o->json, &json, err);
	bool is_live = can_show(o);

	if (!rc) {
		m.show = is_live ? show : NULL;
		rc = why_measure(&m, err);
	}
	if (!rc) {
		why_measure_release(&m);
		if (is_live)
			printf("\033[H\033[J");
		rc = report(o, &m, json, err);
	}
	why_measure_close(&m);
	return rc;
}

int cmd_irq(int argc, char **argv)
{
	struct why_error err = { 0 };
	struct options o;

	if (why_options_parse(&o, &irq, argc, argv, &err))
		return why_complain(&err);
	if (o.is_help) {
		puts(help);
		return why_finish_output();
	}
	return run(&o, &err) ? why_complain(&err) : WHY_EXIT_DONE;
}
