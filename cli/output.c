// SPDX-License-Identifier: GPL-2.0-only
/* Standard error's one line, and files that must really have been written. */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>

/* The line is a terminal's: no control byte of a hostile argument may pass. */
static void print_clean(const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, stderr);
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

int why_finish_output(void)
{
	struct why_error err = { 0 };

	return why_close_output(stdout, "-", &err) ? why_complain(&err) : WHY_EXIT_DONE;
}

FILE *why_open_output(const char *path, struct why_error *err)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "we") : stdout;

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
	if (f != stdout)
		bad |= fclose(f);
	if (!code)
		code = errno ? errno : EIO;
	if (!bad)
		return 0;
	return why_error_set(err, WHY_EXIT_FAILED, code, "", "write %.200s",
			     strcmp(path, "-") ? path : "standard output");
}
