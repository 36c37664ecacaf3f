// SPDX-License-Identifier: GPL-2.0-only
/* `whylate stalls`: sections with interrupts or preemption off, for a time, then by their code. */
#include "cli/measure.h"
#include "cli/options.h"
#include "cli/signals.h"
#include "lib/machine.h"
#include "lib/stall_source.h"
#include "lib/symbols.h"
#include "report/stalls.h"

#include <errno.h>
#include <string.h>

static const struct option long_options[] = {
	{ "duration", required_argument, NULL, 'd' },
	{ "over", required_argument, NULL, OPT_OVER },
	{ "probe", required_argument, NULL, OPT_PROBE },
	{ "collector", required_argument, NULL, OPT_COLLECTOR },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char help[] =
	"usage: whylate stalls [options] [-- command ...]\n"
	"\n"
	"Finds code that runs with interrupts off for long, on a stock kernel: by what came late,\n"
	"a tick, an IPI or a timer of our own, and the code that it interrupted when it came. So\n"
	"lengths are intervals that contain the truth. Handlers of interrupts are measured\n"
	"exactly. Where the kernel tells when a switch is asked for (6.17 and later), preemption\n"
	"off as well.\n"
	"\n"
	"  -d, --duration TIME   how long: 250ms, 10s, 5m (default 10s; with a command:\n"
	"                        until it ends, or TIME if that comes first)\n"
	"      --over TIME       sections of this length or more (default 50us)\n"
	"      --probe HZ        look so many times a second on each CPU, 10 to 20000: finds\n"
	"                        every section longer than TIME and a second / HZ, at the price\n"
	"                        of so many interrupts (default: none, what comes anyway)\n"
	"      --collector NAME  auto, bpf or module (default auto)\n"
	"      --json FILE       write every section as JSON; - is standard output, in place of\n"
	"                        the text\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit: 0 done, 1 failed, 2 usage, 77 this machine can't do it (whylate doctor).";

static const struct verb stalls = {
	.name = "stalls", .letters = "d:h", .options = long_options, .help = help,
};

#define SECOND 1000000000ULL
#define LOOK (SECOND / 50)	/* between takings; room for some 1,000 sections */

struct search {
	const struct options *o;
	const struct why_collector_ops *by;
	struct why_stall_source *source;
	struct why_stalls found;
	struct why_symbols *symbols;	/* of the beginning */
	struct why_signals signals;
	struct why_child child;
	FILE *json;
};

static int take(void *arg, const struct why_stall_record *r)
{
	return why_stalls_add(arg, r);
}

static int look(struct search *s, struct why_error *err)
{
	u64 begin = why_now_ns(), now = begin, length = s->o->duration_ns, shown = 0;
	bool is_over = false;
	int rc = 0;

	while (!rc && !is_over && now - begin < length) {
		is_over = why_wait_until(&s->signals, &s->child, length - (now - begin) < LOOK ?
					 begin + length : now + LOOK);
		rc = why_stall_source_take(s->source, err);
		now = why_now_ns();
		if (now - begin >= shown + SECOND) {
			shown = now - begin;
			why_progress("looking", shown, length);
		}
	}
	why_progress(NULL, 0, 0);
	return rc;
}

static int search(struct search *s, struct why_error *err)
{
	const struct why_stall_request request = {
		.by = s->by,
		.over_ns = s->o->over_ns ? s->o->over_ns : 50000,
		.period_ns = s->o->probe_hz ? SECOND / s->o->probe_hz : 0,
		.take = take, .arg = &s->found,
	};
	int rc = why_stall_source_open(&request, &s->source, err);

	if (!rc && s->o->command)
		rc = why_child_release(&s->child, s->o->command, err);
	rc = rc ?: look(s, err);
	rc = rc ?: why_stall_source_finish(s->source, &s->found, err);
	why_stall_source_close(s->source);
	why_child_end(&s->child);
	if (rc)
		return rc;
	rc = why_stalls_name(&s->found, s->symbols);
	return rc ? why_error_set(err, WHY_EXIT_FAILED, -rc, "", "name what was found") : 0;
}

static int report(struct search *s, struct why_error *err)
{
	int rc = 0;

	if (s->json && why_stalls_json(s->json, &s->found, WHY_VERSION))
		rc = why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "write %.200s", s->o->json);
	if (s->json && !rc)
		rc = why_close_output(s->json, s->o->json, err);
	if (s->json == stdout)
		return rc;
	why_stalls_text(stdout, &s->found);
	if (rc)
		return fflush(stdout), rc;
	return why_close_output(stdout, "-", err);
}

static int run(const struct options *o, struct why_error *err)
{
	struct search s = { .o = o, .by = why_choose_collector(o->collector) };
	int rc = s.by->probe(err);

	if (!rc) {
		s.symbols = why_symbols_read();
		rc = s.symbols ? 0 : why_error_set(err, WHY_EXIT_UNABLE, errno, "as root, with "
						   "kernel.kptr_restrict at 0 or 1",
						   "read addresses in /proc/kallsyms");
	}
	if (!rc && o->json) {
		s.json = why_open_output(o->json, err);
		rc = s.json ? 0 : -1;
	}
	if (rc) {
		why_symbols_free(s.symbols);
		return rc;
	}
	why_hold_signals(&s.signals);
	if (o->command)
		rc = why_child_prepare(&s.child, o->command, o->json && !strcmp(o->json, "-"), err);
	rc = rc ?: search(&s, err);
	why_release_signals(&s.signals);
	rc = rc ?: report(&s, err);
	why_stalls_free(&s.found);
	why_symbols_free(s.symbols);
	return rc;
}

int cmd_stalls(int argc, char **argv)
{
	struct why_error err = { 0 };
	struct options o;

	if (why_options_parse(&o, &stalls, argc, argv, &err))
		return why_complain(&err);
	if (o.is_help) {
		puts(help);
		return why_finish_output();
	}
	return run(&o, &err) ? why_complain(&err) : WHY_EXIT_DONE;
}
