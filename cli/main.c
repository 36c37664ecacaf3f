// SPDX-License-Identifier: GPL-2.0-only
/* whylate: picks the verb. */
#include "cli/cli.h"

#include <signal.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;	/* NULL: taken, but not listed */
} verbs[] = {
	{ "profile", cmd_profile, "measure, then print the report (also without a verb)" },
	{ "irq", cmd_irq, "interrupts: how many, where, how long, and storms" },
	{ "record", cmd_record, NULL },
	{ "report", cmd_report, NULL },
	{ "watch", cmd_watch, "tell what happened whenever something is later than allowed" },
	{ "explain", cmd_explain, "tell the same of the worst latencies in a recording" },
	{ "stalls", cmd_stalls, "find code that runs with interrupts or preemption off for long" },
	{ "lab", cmd_lab, "delays and faults made on purpose, to try what finds them" },
	{ "doctor", cmd_doctor, "what this machine can and can't measure, and why" },
};

enum { NR_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static int print_help(void)
{
	size_t i;

	puts("usage: whylate [VERB] [options] [-- command ...]\n"
	     "\n"
	     "Who is late, by how much, and why: a latency profiler for Linux.\n");
	for (i = 0; i < NR_VERBS; i++)
		if (verbs[i].help)
			printf("  %-10s %s\n", verbs[i].name, verbs[i].help);
	puts("\nwhylate VERB --help tells a verb's options.");
	return why_finish_output();
}

static int unknown_verb(const char *name)
{
	struct why_error err;

	why_error_set(&err, WHY_EXIT_USAGE, 0, "there are profile, irq, record, report, "
		      "watch, explain, stalls, lab and doctor; a command to measure goes after --",
		      "'%.40s': unknown verb", name);
	return why_complain(&err);
}

/* What we change of what we were started with, for the command that we start. */
static const int changed[] = { SIGPIPE, SIGXFSZ, SIGCHLD };
enum { NR_CHANGED = sizeof(changed) / sizeof(changed[0]) };
static struct sigaction before[NR_CHANGED];
static sigset_t mask_before;

/* A reader that goes away and a file grown too large are write errors, told like any. */
static void take_signals(void)
{
	size_t i;

	sigprocmask(SIG_SETMASK, NULL, &mask_before);
	for (i = 0; i < NR_CHANGED; i++)
		sigaction(changed[i], NULL, &before[i]);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

void why_restore_signals(void)
{
	size_t i;

	for (i = 0; i < NR_CHANGED; i++)
		sigaction(changed[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

int main(int argc, char **argv)
{
	size_t i;

	take_signals();
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return print_help();
	if (argc > 1 && !strcmp(argv[1], "--version"))
		return printf("whylate %s\n", WHY_VERSION), why_finish_output();
	if (argc < 2 || argv[1][0] == '-')
		return cmd_profile(argc, argv);
	for (i = 0; i < NR_VERBS; i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	return unknown_verb(argv[1]);
}
