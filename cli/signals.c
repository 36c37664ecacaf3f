// SPDX-License-Identifier: GPL-2.0-only
/* See signals.h. */
#include "cli/signals.h"

#include "lib/machine.h"

#include <time.h>

#define SECOND 1000000000ULL

void why_hold_signals(struct why_signals *ret)
{
	static const int ours[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old;
	size_t i;

	sigemptyset(&ret->held);
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!sigaction(ours[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaddset(&ret->held, ours[i]);
	signal(SIGCHLD, SIG_DFL);
	sigaddset(&ret->held, SIGCHLD);
	sigprocmask(SIG_BLOCK, &ret->held, &ret->before);
}

void why_release_signals(const struct why_signals *s)
{
	struct timespec at_once = {};

	while (sigtimedwait(&s->held, NULL, &at_once) > 0)
		;
	sigprocmask(SIG_SETMASK, &s->before, NULL);
}

bool why_wait_until(const struct why_signals *s, struct why_child *child, u64 until_ns)
{
	u64 now = why_now_ns(), left = until_ns > now ? until_ns - now : 0;
	struct timespec t = { (time_t)(left / SECOND), (long)(left % SECOND) };
	int signal = sigtimedwait(&s->held, NULL, &t);

	if (signal == SIGCHLD)
		return why_child_has_ended(child);
	/* Whoever writes to a reader that takes nothing is to see it too. */
	if (signal > 0)
		raise(signal);
	return signal > 0;
}
