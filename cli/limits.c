// SPDX-License-Identifier: GPL-2.0-only
/* See limits.h. A file has KIND=TIME in each line; what comes after # is for people. */
#include "cli/limits.h"

#include "cli/cli.h"
#include "lib/capability.h"
#include "lib/names.h"
#include "report/format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long nobody has written to a file that is whole; one that is empty is rarely meant so. */
enum { SETTLED_NS = 50000000, SETTLED_EMPTY_NS = 1000000000 };

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
	char *line = NULL;
	size_t room = 0, i;
	int rc = 0;

	for (i = l->nr_fixed; i < l->nr; i++)
		l->slos[i].is_off = true;
	while (!rc && getline(&line, &room, f) >= 0)
		rc = read_line(l, line, ++nr, err);
	free(line);
	return rc;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool has_event(void *arg, const char *event)
{
	return ((const struct why_collector_ops *)arg)->has_event(event);
}

/* What this kernel has all of the kinds' events for: asked once, for each asks for the BTF. */
static void find_kinds(struct why_limits *l)
{
	size_t n = why_capabilities(has_event, (void *)l->collector, l->found, WHY_LIMITS_FOUND);

	l->nr_found = n < WHY_LIMITS_FOUND ? n : WHY_LIMITS_FOUND;
}

static int check_kind(const struct why_limits *l, u32 kind, struct why_error *err)
{
	const struct why_capability *c;

	for (c = l->found; c < l->found + l->nr_found; c++)
		if (c->matter == WHY_MATTER_KIND && !c->is_available &&
		    !strcmp(c->name, why_kind_names[kind]))
			return why_error_set(err, WHY_EXIT_UNABLE, 0, "whylate doctor",
					     "--slo %s: it can't be measured here: %s",
					     c->name, c->why_not);
	return 0;
}

/* Whether this kernel has what all of them are measured by. */
static int check(const struct why_limits *l, struct why_error *err)
{
	int rc = 0;
	size_t i;

	for (i = 0; !rc && i < l->nr; i++)
		rc = check_kind(l, l->slos[i].kind, err);
	return rc;
}

/*
 * Who writes a file empties it first, as a shell's > does: what is read of one in the middle of
 * that is not what its writer means. A clock that was set back meanwhile must not keep it unread.
 */
static bool is_being_written(const struct stat *st)
{
	struct timespec now;
	s64 age;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	age = (now.tv_sec - st->st_mtim.tv_sec) * 1000000000LL + now.tv_nsec -
	      st->st_mtim.tv_nsec;
	return age >= 0 && age < (st->st_size ? SETTLED_NS : SETTLED_EMPTY_NS);
}

/* Whether it is another file than the one that was read last, and whole. */
static bool is_to_be_read(const struct why_limits *l, const struct stat *st)
{
	return !l->file.st_ino || (!is_same(&l->file, st) && !is_being_written(st));
}

int why_limits_look(struct why_limits *l, struct why_error *err)
{
	struct why_limits next = *l;
	struct stat st, after;
	FILE *f;
	int rc;

	if (!l->path || stat(l->path, &st) || !S_ISREG(st.st_mode) || !is_to_be_read(l, &st))
		return 0;
	f = fopen(l->path, "re");
	rc = f ? read_file(&next, f, err) :
		 why_error_set(err, WHY_EXIT_FAILED, errno, "", "read %.200s", l->path);
	if (f)
		fclose(f);
	if (l->file.st_ino && (stat(l->path, &after) || !is_same(&st, &after)))
		return 0;
	l->file = next.file = st;	/* a mistake in it is told once */
	rc = rc ?: check(&next, err);
	if (!rc)
		*l = next;
	return rc ?: 1;
}

int why_limits_begin(struct why_limits *l, const struct why_slo *slos, size_t nr,
		     const char *path, struct why_error *err)
{
	int rc;

	*l = (struct why_limits){
		.collector = l->collector, .nr = nr, .nr_fixed = nr, .path = path,
	};
	memcpy(l->slos, slos, nr * sizeof(*slos));
	find_kinds(l);
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
