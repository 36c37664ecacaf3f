// SPDX-License-Identifier: GPL-2.0-only
/* Standard error's one line, and files that must really have been written. */
#include "cli/cli.h"

#include "report/format.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The line is a terminal's: no control character of a hostile argument may pass. */
static void print_clean(const char *text)
{
	char clean[3 * sizeof(((struct why_error *)0)->what) + 4];

	fputs(why_format_name(clean, sizeof(clean), text), stderr);
}

int why_complain(const struct why_error *err)
{
	fputs("whylate: ", stderr);
	print_clean(err->what);
	if (err->hint[0]) {
		fputs(" (", stderr);
		print_clean(err->hint);
		fputs(")", stderr);
	}
	fputs("\n", stderr);
	return err->exit_code ? err->exit_code : WHY_EXIT_FAILED;
}

void why_progress(const char *what, u64 done_ns, u64 whole_ns)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (!what)
		fputs("\r\033[K", stderr);
	else if (whole_ns == ~0ULL)
		fprintf(stderr, "\r%s, %.0f s", what, (double)done_ns / 1e9);
	else
		fprintf(stderr, "\r%s, %.0f s of %.4g s", what, (double)done_ns / 1e9,
			(double)whole_ns / 1e9);
}

void why_progress_part(const char *what, u64 done, u64 whole)
{
	static u64 last = ~0ULL;
	u64 percent = whole ? 100 * done / whole : 0;

	if (percent == last || !isatty(STDERR_FILENO))
		return;
	last = percent;
	fprintf(stderr, "\r%s, %llu %%", what, percent);
}

int why_finish_output(void)
{
	struct why_error err = { 0 };

	return why_close_output(stdout, "-", &err) ? why_complain(&err) : WHY_EXIT_DONE;
}

/* Not in the place of a standard stream that was closed: what goes there would go into it. */
static FILE *open_file(const char *path)
{
	FILE *f = fopen(path, "we"), *moved = f;
	int fd;

	if (f && fileno(f) <= STDERR_FILENO) {
		fd = fcntl(fileno(f), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		moved = fd < 0 ? NULL : fdopen(fd, "w");
		fclose(f);
	}
	return moved;
}

FILE *why_open_output(const char *path, struct why_error *err)
{
	FILE *f = strcmp(path, "-") ? open_file(path) : stdout;

	if (!f)
		why_error_set(err, WHY_EXIT_FAILED, errno, "give a file that can be written",
			      "write %.200s", path);
	return f;
}

int why_close_output(FILE *f, const char *path, struct why_error *err)
{
	int bad, code;

	errno = 0;
	bad = ferror(f) | fflush(f);
	code = errno;
	/* A write refused earlier left no reason: ask for it with one more byte. */
	if (bad && !code) {
		clearerr(f);
		fputc('\n', f);
		fflush(f);
		code = errno;
	}
	if (f != stdout)
		bad |= fclose(f);
	if (!code)
		code = errno ? errno : EIO;
	if (!bad)
		return 0;
	return why_error_set(err, WHY_EXIT_FAILED, code, "", "write %.200s",
			     strcmp(path, "-") ? path : "standard output");
}
