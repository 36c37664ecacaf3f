// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run a command and print its peak resident set. A parent as small as this one is needed: ru_maxrss
 * survives exec, so a command started from a large process is charged with that process's memory.
 */
#include "load.h"

#include <sys/resource.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
	const char *out = NULL;
	const struct load_option options[] = {
		{"out", LOAD_TEXT, &out, "the file the tally goes to (default standard output)"},
		{0},
	};
	struct rusage usage;
	int status;
	FILE *file;
	pid_t child;

	load_options(argc, argv, options);
	if (optind >= argc)
		load_quit(2, 0, "no command");
	child = load_fork();
	if (!child) {
		execvp(argv[optind], argv + optind);
		load_die("run %s", argv[optind]);
	}
	while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR)
		;
	file = out ? fopen(out, "we") : stdout;
	if (!file)
		load_die("open %s", out);
	fprintf(file, "{\"load\": \"peak\", \"pid\": %d, \"maxrss_kib\": %ld, \"status\": %d}\n",
		child, usage.ru_maxrss, status);
	fclose(file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
