// SPDX-License-Identifier: GPL-2.0-only
/* See limits.h. A file has KIND=TIME in each line; what comes after # is for people. */
#include "cli/limits.h"

#include "cli/cli.h"
#include "lib/capability.h"
#include "lib/names.h"
#include "report/format.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_CAPABILITIES = 64 };

/* In force, at its old place if it had one. Returns 0, or -1 with *err. */
static int add(struct why_limits *l, const struct why_slo *slo, struct why_error *err)
{
	size_t i;

	for (i = 0; i < l->nr; i++)
		if (l->slos[i].kind == slo->kind && l->slos[i].limit_ns == slo->limit_ns) {
			l->slos[i].is_off = false;
			return 0;
		}
	if (l->nr == WHY_WATCH_SLOS)
		return why_error_set(err, WHY_EXIT_FAILED, 0, "start the watch anew",
				     "%.200s: more than 32 limits so far", l->path);
	l->slos[l->nr++] = *slo;
	return 0;
}

/* What a line says, without blanks and comments; empty: nothing. */
static char *words_of(char *line)
{
	size_t n;

	line[strcspn(line, "#\n")] = 0;
	line += strspn(line, " \t");
	for (n = strlen(line); n && strchr(" \t\r", line[n - 1]); n--)
		line[n - 1] = 0;
	return line;
}

static int read_line(struct why_limits *l, char *line, unsigned int nr, struct why_error *err)
{
	struct why_slo slo = { 0 };
	char *text = words_of(line), what[sizeof(err->what)];

	if (!*text)
		return 0;
	if (!why_parse_slo(text, &slo, err))
		return add(l, &slo, err);
	snprintf(what, sizeof(what), "%.100s, line %u: %.120s", l->path, nr, err->what);
	memcpy(err->what, what, sizeof(what));
	return -1;
}

static int read_file(struct why_limits *l, FILE *f, struct why_error *err)
{
	unsigned int nr = 0;
	char line[256];
	int rc = 0;
	size_t i;

	for (i = l->nr_fixed; i < l->nr; i++)
		l->slos[i].is_off = true;
	while (!rc && fgets(line, sizeof(line), f))
		rc = read_line(l, line, ++nr, err);
	return rc;
}

/* Which file was looked at, whatever comes of reading it: a mistake is told once. */
static bool is_another(struct why_limits *l, const struct stat *st)
{
	if (l->file == st->st_ino && l->size == st->st_size &&
	    l->changed.tv_sec == st->st_mtim.tv_sec && l->changed.tv_nsec == st->st_mtim.tv_nsec)
		return false;
	l->file = st->st_ino;
	l->size = st->st_size;
	l->changed = st->st_mtim;
	return true;
}

static bool has_event(void *arg, const char *event)
{
	(void)arg;
	return why_source_bpf.has_event(event);
}

/* Whether this kernel has what a kind is measured by. */
static int check_kind(u32 kind, struct why_error *err)
{
	struct why_capability found[MOST_CAPABILITIES];
	size_t n = why_capabilities(has_event, NULL, found, MOST_CAPABILITIES), i;

	for (i = 0; i < n && i < MOST_CAPABILITIES; i++)
		if (found[i].matter == WHY_MATTER_KIND && !found[i].is_available &&
		    !strcmp(found[i].name, why_kind_names[kind]))
			return why_error_set(err, WHY_EXIT_UNABLE, 0, "whylate doctor",
					     "--slo %s: it can't be measured here: %s",
					     found[i].name, found[i].why_not);
	return 0;
}

/* Whether this kernel has what all of them are measured by. */
static int check(const struct why_limits *l, struct why_error *err)
{
	int rc = 0;
	size_t i;

	for (i = 0; !rc && i < l->nr; i++)
		rc = check_kind(l->slos[i].kind, err);
	return rc;
}

int why_limits_look(struct why_limits *l, struct why_error *err)
{
	struct why_limits next;
	struct stat st;
	FILE *f;
	int rc;

	if (!l->path || stat(l->path, &st) || !S_ISREG(st.st_mode) || !is_another(l, &st))
		return 0;
	f = fopen(l->path, "re");
	if (!f)
		return why_error_set(err, WHY_EXIT_FAILED, errno, "", "read %.200s", l->path);
	next = *l;
	rc = read_file(&next, f, err);
	fclose(f);
	rc = rc ?: check(&next, err);
	if (rc)
		return rc;
	*l = next;
	return 1;
}

int why_limits_begin(struct why_limits *l, const struct why_slo *slos, size_t nr,
		     const char *path, struct why_error *err)
{
	int rc;

	*l = (struct why_limits){ .nr = nr, .nr_fixed = nr, .path = path };
	memcpy(l->slos, slos, nr * sizeof(*slos));
	if (!path)
		return check(l, err);
	rc = why_limits_look(l, err);
	if (rc)
		return rc < 0 ? rc : 0;
	return why_error_set(err, WHY_EXIT_FAILED, ENOENT, "a file of lines like sched.wakeup=1ms",
			     "read limits from %.200s", path);
}

void why_limits_print(FILE *out, const struct why_limits *l)
{
	const char *before = "";
	struct why_buf limit;
	size_t i;

	for (i = 0; i < l->nr; i++) {
		if (l->slos[i].is_off)
			continue;
		fprintf(out, "%s%s > %s", before, why_kind_names[l->slos[i].kind],
			l->slos[i].limit_ns ? why_format_ns(&limit, l->slos[i].limit_ns) :
					      "all before");
		before = ", ";
	}
	fputs(*before ? "" : "none", out);
}
