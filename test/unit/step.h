/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts a call between any two of its instructions: the processor's trap flag stops after
 * each one, and before the chosen one another function runs, as an interrupt handler or another
 * CPU would. Finer than "between any two stores". x86-64.
 */
#ifndef WHY_TEST_STEP_H
#define WHY_TEST_STEP_H

#include <signal.h>
#include <string.h>
#include <sys/ucontext.h>

struct step {
	long at;		/* the instruction before which to interrupt */
	long count;		/* instructions seen */
	void (*interrupt)(void *arg);
	void *arg;
	int has_fired;
};

static struct step *stepping;

static void step_trap(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	if (stepping->count++ != stepping->at)
		return;
	stepping->interrupt(stepping->arg);
	stepping->has_fired = 1;
	uc->uc_mcontext.gregs[REG_EFL] &= ~0x100LL;
}

/* Runs call(arg), interrupted before instruction `at`. Returns 0 if it is shorter than that. */
static int step_run(void (*call)(void *), void (*interrupt)(void *), void *arg, long at)
{
	struct sigaction action = { .sa_sigaction = step_trap, .sa_flags = SA_SIGINFO };
	struct step s = { .at = at, .interrupt = interrupt, .arg = arg };

	stepping = &s;
	sigaction(SIGTRAP, &action, NULL);
	__asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" ::: "memory", "cc");
	call(arg);
	__asm__ volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq" ::: "memory", "cc");
	return s.has_fired;
}

#endif
