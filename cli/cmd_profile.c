// SPDX-License-Identifier: GPL-2.0-only
/* `whylate profile`: measures for a time or while a command runs, then reports. */
#include "cli/measure.h"
#include "cli/profile_options.h"
#include "report/report.h"

#include <sys/ioctl.h>
#include <unistd.h>

static int width_of_terminal(void)
{
	struct winsize w;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_col ? 100 : w.ws_col;
}

static int report_json(const struct profile_options *o, const struct why_snapshot *s, FILE *f,
		       struct why_error *err)
{
	int rc = why_report_json(f, s);

	if (!rc)
		return why_close_output(f, o->json, err);
	return why_error_set(err, WHY_EXIT_FAILED, -rc, "", "write %.200s", o->json);
}

static int report(const struct profile_options *o, const struct why_snapshot *s, FILE *json,
		  struct why_error *err)
{
	int rc = json ? report_json(o, s, json, err) : 0;

	if (json && json == stdout)
		return rc;
	why_report_text(stdout, s);
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

/* Everything that can be refused is, before anything is loaded or a file is overwritten. */
static int prepare(struct why_measurement *m, const struct profile_options *o, FILE **ret_json,
		   struct why_error *err)
{
	int rc = why_measure_check(m, err);

	if (!rc && o->json) {
		*ret_json = why_open_output(o->json, err);
		if (!*ret_json)
			return -1;
	}
	return rc ? rc : why_measure_hold(m, err);
}

static int run(const struct profile_options *o, struct why_error *err)
{
	struct why_measurement m = {
		.ops = &why_source_bpf, .request = o->request, .duration_ns = o->duration_ns,
		.command = o->command,
	};
	FILE *json = NULL;
	int rc = prepare(&m, o, &json, err);

	if (!rc)
		rc = why_measure(&m, err);
	/* The report does not wait for the programs to be taken out of the kernel. */
	if (!rc) {
		why_measure_release(&m);
		rc = report(o, m.snapshot, json, err);
	}
	why_measure_close(&m);
	return rc;
}

int cmd_profile(int argc, char **argv)
{
	struct profile_options o;
	struct why_error err = { 0 };

	if (profile_options_parse(&o, argc, argv, &err))
		return why_complain(&err);
	if (o.is_help) {
		profile_options_help();
		return why_finish_output();
	}
	return run(&o, &err) ? why_complain(&err) : WHY_EXIT_DONE;
}
