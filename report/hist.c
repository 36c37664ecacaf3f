// SPDX-License-Identifier: GPL-2.0-only
/* One kind's histogram, drawn for a terminal: a line per power of two, split where it is dense. */
#include "report/report.h"

#include "lib/names.h"
#include "report/format.h"

enum { LINES = 32, LABEL = 34 };

struct line {
	u64 low, high, count;
};

/* Merges neighbouring buckets until everything fits in LINES. Returns the number of lines. */
static size_t fold(const struct why_dist *h, u32 step, struct line *lines)
{
	size_t n = 0;
	u32 i;

	for (i = 0; i < WHY_HIST_BUCKETS; i++) {
		if (!h->bucket[i] && !n)
			continue;
		if (why_hist_low(i) > h->max_ns)
			break;
		if (!n || i % step == 0) {
			if (n == LINES)
				return LINES + 1;
			lines[n].low = why_hist_low(i);
			lines[n].count = 0;
			n++;
		}
		lines[n - 1].high = why_hist_low(i + 1);
		lines[n - 1].count += h->bucket[i];
	}
	return n;
}

static void print_bar(FILE *out, u64 count, u64 most, int width)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	u64 units = most ? (u64)((double)count / (double)most * width * 8 + 0.5) : 0;

	if (count && !units)
		units = 1;
	for (; units >= 8; units -= 8)
		fputs("█", out);
	fputs(eighths[units], out);
}

static void print_lines(FILE *out, const struct line *lines, size_t n, int width)
{
	struct why_buf low, high, count;
	u64 most = 0;
	size_t i;

	for (i = 0; i < n; i++)
		if (lines[i].count > most)
			most = lines[i].count;
	for (i = 0; i < n; i++) {
		fprintf(out, "  %9s … %9s %10s ", why_format_ns(&low, lines[i].low),
			why_format_ns(&high, lines[i].high),
			why_format_count(&count, lines[i].count));
		print_bar(out, lines[i].count, most, width - LABEL);
		fputs("\n", out);
	}
}

void why_report_hist(FILE *out, const struct why_snapshot *s, u32 kind, int width)
{
	const struct why_dist *h = why_snapshot_dist(s, kind);
	struct line lines[LINES];
	struct why_buf b;
	u32 step = 1;
	size_t n;

	fprintf(out, "\n%s · %s samples\n", why_kind_names[kind],
		why_format_count(&b, h ? h->count : 0));
	if (!h || !h->count)
		return;
	while ((n = fold(h, step, lines)) > LINES)
		step *= 2;
	print_lines(out, lines, n, width < LABEL + 10 ? LABEL + 10 : width);
	if (h->overflow)
		fprintf(out, "  %llu longer than that\n", h->overflow);
}
