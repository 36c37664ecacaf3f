/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vector files. A line is an event, an expectation, or a comment (#):
 *
 *	at NS begin CPU TASK [rq=N]		at NS end CPU [rq=N]
 *	at NS switch CPU PREV NEXT HOW [rq=N]	HOW: blocks, runnable, dies, yields, softirq
 *	at NS waking TASK CPU from CPU		at NS enqueued TASK CPU from CPU
 *	at NS move TASK CPU			at NS new TASK CPU
 *	at NS relieved TASK CPU (before the waking by its own timer)
 *	at NS hardirq+ CPU (hardirq- softirq+ softirq- sched+ sched-)
 *	at NS offline CPU
 *	expect CPU KIND FIELD=N ...		fields: count sum min max, causes by name
 *	expect CPU account CLASS=N ...	classes: idle task softirq hardirq switch
 *					offline unseen
 *	expect CPU lost NAME=N ...		losses by name, and switches
 *	expect TASK FIELD=N ...			voluntary involuntary run response relief state
 *
 * Tasks are idle, A, B ... H. HOW: yields is a voluntary switch of a task that stays runnable.
 */
#ifndef WHY_TEST_PARSE_H
#define WHY_TEST_PARSE_H

#include "core/cpu.h"

#include <stdbool.h>
#include <stddef.h>

struct vec_op;

/* Returns 1 for an event (filled in), 0 for another line, -1 for one that makes no sense. */
int vec_parse(const char *line, struct vec_op *ret);

/* Checks an "expect" line; false with the found value in `ret_why`. Other lines are true. */
bool vec_expect(const char *line, const struct why_cpu *cpus, const struct why_task *tasks,
		char *ret_why, size_t size);

#endif
