// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 32-bit program on a 64-bit kernel of ARM: a hundred times it sleeps until a signal comes, by
 * sigsuspend, whose number there, 72, is pselect6's of 64 bits; the fifth register is not 0, as if
 * it held a timeout. Such a sleep is no pause until a time of its own. It needs no C library, for
 * there is none.
 */
enum {
	SYS_SIGSUSPEND = 72,
	SYS_SETITIMER = 104,
	SYS_RT_SIGACTION = 174,
	SYS_EXIT_GROUP = 248,
	SIGALRM = 14,
	SA_RESTORER = 0x04000000,
	PERIOD_US = 10000,
	TIMES = 100,
};

struct action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask[2];
};

static long call(long nr, long a, long b, long c, long d, long e)
{
	register long r7 asm("r7") = nr;
	register long r0 asm("r0") = a;
	register long r1 asm("r1") = b;
	register long r2 asm("r2") = c;
	register long r3 asm("r3") = d;
	register long r4 asm("r4") = e;

	asm volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4) : "memory");
	return r0;
}

static void ignore(int signal)
{
	(void)signal;
}

/* sigreturn */
__attribute__((naked)) static void go_back(void)
{
	asm volatile("mov r7, #119\n\tsvc 0");
}

void _start(void)
{
	struct action action = { .handler = ignore, .flags = SA_RESTORER, .restorer = go_back };
	long timer[4] = { 0, PERIOD_US, 0, PERIOD_US };
	int i;

	call(SYS_RT_SIGACTION, SIGALRM, (long)&action, 0, sizeof(action.mask), 0);
	call(SYS_SETITIMER, 0, (long)timer, 0, 0, 0);
	for (i = 0; i < TIMES; i++)
		call(SYS_SIGSUSPEND, 0, 0, 0, 0, 1);
	call(SYS_EXIT_GROUP, 0, 0, 0, 0, 0);
}
