// SPDX-License-Identifier: GPL-2.0-only
/* Reads vector files: see parse.h. */
#include "test/vectors/parse.h"

#include "lib/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VEC_CPU(i)  ((struct why_cpu *)0)
#define VEC_TASK(i) ((struct why_task *)0)
#include "test/vectors/op.h"

/* "idle" is 0, A is 1 ...; -1: neither. */
static int task_number(const char *name)
{
	if (!strcmp(name, "idle"))
		return 0;
	return name[0] >= 'A' && name[0] < 'A' + VEC_TASKS && !name[1] ? name[0] - 'A' + 1 : -1;
}

static int out_flags(const char *how)
{
	static const struct {
		const char *name;
		u32 out;
	} ways[] = {
		{ "blocks", WHY_OUT_VOLUNTARY },
		{ "runnable", WHY_OUT_RUNNABLE },
		{ "dies", WHY_OUT_VOLUNTARY | WHY_OUT_DEAD },
		{ "yields", WHY_OUT_VOLUNTARY | WHY_OUT_RUNNABLE },
		{ "softirq", WHY_OUT_RUNNABLE | WHY_OUT_SOFT },
	};
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(how, ways[i].name))
			return (int)(ways[i].out | WHY_OUT_SUBJECT);
	return -1;
}

static int edge_number(const char *word)
{
	static const char *const names[WHY_EDGE_NR] = {
		[WHY_EDGE_HARDIRQ_ENTRY] = "hardirq+", [WHY_EDGE_HARDIRQ_EXIT] = "hardirq-",
		[WHY_EDGE_SOFTIRQ_ENTRY] = "softirq+", [WHY_EDGE_SOFTIRQ_EXIT] = "softirq-",
		[WHY_EDGE_SCHED_ENTRY] = "sched+",     [WHY_EDGE_SCHED_EXIT] = "sched-",
	};
	int i;

	for (i = 1; i < WHY_EDGE_NR; i++)
		if (!strcmp(word, names[i]))
			return i;
	return -1;
}

static int parse_switch(const char *rest, struct vec_op *o)
{
	char prev[16], next[16], how[16];
	int a, b, out;

	if (sscanf(rest, "%u %15s %15s %15s", &o->cpu, prev, next, how) != 4)
		return -1;
	a = task_number(next);
	b = task_number(prev);
	out = out_flags(how);
	if (a < 0 || b < 0 || out < 0)
		return -1;
	o->kind = VEC_SWITCH;
	o->a = (u32)a;
	o->b = (u32)b;
	o->out = (u32)out | (strstr(rest, " stale") ? WHY_OUT_STALE : 0) |
		 (strstr(rest, " lock") ? WHY_OUT_LOCK : 0);
	o->is_next_subject = 1;
	return 1;
}

/* "TASK CPU [from CPU]" */
static int parse_task(const char *rest, struct vec_op *o, u32 kind)
{
	char name[16];
	int n = sscanf(rest, "%15s %u from %u", name, &o->b, &o->cpu), a;

	a = n >= 2 ? task_number(name) : -1;
	if (a <= 0)
		return -1;
	if (n == 2)
		o->cpu = o->b;
	o->kind = kind;
	o->a = (u32)a;
	o->out = strstr(rest, " asleep") != NULL;
	return 1;
}

static int parse_cpu(const char *rest, struct vec_op *o, u32 kind)
{
	char name[16] = "idle";
	int n = sscanf(rest, "%u %15s", &o->cpu, name), a = 0;

	if (n == 2 && !strchr(name, '='))
		a = task_number(name);
	o->kind = kind;
	o->a = (u32)a;
	return n < 1 || a < 0 ? -1 : 1;
}

int vec_parse(const char *line, struct vec_op *ret)
{
	char word[16];
	int used = 0, edge;
	const char *rq = strstr(line, "rq=");

	memset(ret, 0, sizeof(*ret));
	if (line[0] == '#' || line[0] == '\n' || !strncmp(line, "expect ", 7))
		return 0;
	if (sscanf(line, "at %llu %15s %n", &ret->now, word, &used) != 2 || !used)
		return -1;
	ret->rq = rq ? strtoull(rq + 3, NULL, 10) : 0;
	line += used;
	edge = edge_number(word);
	if (edge > 0) {
		ret->b = (u32)edge;
		ret->kind = VEC_EDGE;
		return sscanf(line, "%u", &ret->cpu) == 1 ? 1 : -1;
	}
	if (!strcmp(word, "switch"))
		return parse_switch(line, ret);
	if (!strcmp(word, "waking"))
		return parse_task(line, ret, VEC_WAKING);
	if (!strcmp(word, "enqueued"))
		return parse_task(line, ret, VEC_ENQUEUED);
	if (!strcmp(word, "move"))
		return parse_task(line, ret, VEC_MOVE);
	if (!strcmp(word, "relieved"))
		return parse_task(line, ret, VEC_RELIEVED);
	if (!strcmp(word, "new"))
		return parse_task(line, ret, VEC_NEW);
	if (!strcmp(word, "begin"))
		return parse_cpu(line, ret, VEC_BEGIN);
	if (!strcmp(word, "end"))
		return parse_cpu(line, ret, VEC_END);
	return strcmp(word, "offline") ? -1 : parse_cpu(line, ret, VEC_OFFLINE);
}
