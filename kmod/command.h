/* SPDX-License-Identifier: GPL-2.0-only */
/* What is written into /sys/kernel/whylate/: words into values, all or nothing. */
#ifndef WHY_KMOD_COMMAND_H
#define WHY_KMOD_COMMAND_H

#include "kmod/tracker.h"

enum { WHY_COMMAND_LEN = 512 };

struct why_command {
	enum why_group group;
	bool is_irq;		/* of a bound: of line `number` */
	bool has_trace;
	int number;		/* pid, tgid or line */
	u64 bound_ns;
	char *path;		/* of a cgroup, in `text` */
	char text[WHY_COMMAND_LEN];
};

/*
 * "PID", "tgid PID", "cgroup PATH", each with " trace" behind where `may_trace`. Returns 0, -EINVAL
 * (anything else), -ERANGE (a number too large), -E2BIG (too long).
 */
int why_command_task(const char *buf, size_t count, bool may_trace, struct why_command *ret);

/* "PID NS", where `may_irq` also "irq LINE NS". The same errors. */
int why_command_bound(const char *buf, size_t count, bool may_irq, struct why_command *ret);

#endif
