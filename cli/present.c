// SPDX-License-Identifier: GPL-2.0-only
/* Reporting: see present.h. */
#include "cli/present.h"

#include "report/report.h"

#include <sys/ioctl.h>
#include <unistd.h>

static int width_of_terminal(void)
{
	struct winsize w;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_col ? 100 : w.ws_col;
}

int why_present_json(const struct options *o, const struct why_snapshot *s,
		     const struct why_moves *m, FILE *f, struct why_error *err)
{
	int rc = why_report_json(f, s, m);

	if (!rc)
		return why_close_output(f, o->json, err);
	return why_error_set(err, WHY_EXIT_FAILED, -rc, "", "write %.200s", o->json);
}

/* The one that was asked for, or all that have a sample. */
static void draw_hists(const struct options *o, const struct why_snapshot *s)
{
	const struct why_dist *h;
	int width = width_of_terminal(), kind;
	bool is_asked;

	for (kind = 0; kind < WHY_KIND_NR; kind++) {
		h = why_snapshot_dist(s, (u32)kind);
		is_asked = s->lengths_only && s->kinds >> kind & 1 && h && h->count;
		if (is_asked || kind == o->hist_kind)
			why_report_hist(stdout, s, (u32)kind, width);
	}
}

int why_present(const struct options *o, const struct why_snapshot *s, const struct why_moves *m,
		FILE *json, struct why_error *err)
{
	int rc = json ? why_present_json(o, s, m, json, err) : 0;

	if (json && json == stdout)
		return rc;
	why_report_text(stdout, s, m);
	draw_hists(o, s);
	if (o->has_series)
		why_report_series(stdout, s);
	/* A file that could not be written is no reason to keep the report back. */
	if (rc)
		return fflush(stdout), rc;
	return why_close_output(stdout, "-", err);
}
