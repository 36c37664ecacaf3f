// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a recording of many CPUs that no machine here has: `synthetic FILE CPUS EVENTS`. Each CPU
 * switches between tasks of its own, wakes some of its neighbours' and takes an interrupt now and
 * then, at instants of a seeded generator.
 */
#include "core/account.h"
#include "core/task.h"
#include "lib/pack.h"
#include "lib/recording.h"
#include "lib/texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS = 64, RUN = WHY_PACK_EVENTS };

struct cpu {
	u64 now, random;
	u32 current;
	u32 state[TASKS];	/* WHY_TASK_SLEEPING, _WAITING, _RUNNING */
};

static u64 next_random(struct cpu *c)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	c->random ^= c->random << 17;
	return c->random;
}

static u32 pid_of(u32 cpu, u32 task)
{
	return 1000 + cpu * TASKS + task;
}

static struct why_event event(struct cpu *c, u32 cpu, u32 type, u64 body)
{
	u64 r = next_random(c);

	/* Mostly a microsecond or two, sometimes a hundred. */
	c->now += 300 + (r & 0x7ff) + ((r >> 12 & 15) ? 0 : r >> 16 & 0x1ffff);
	return (struct why_event){ .at_ns = c->now, .cpu = cpu, .type = type, .body = body };
}

/* Task `t` (0: idle) comes; who runs leaves, asleep or still runnable. */
static struct why_event switch_to(struct cpu *c, u32 cpu, u32 t)
{
	u32 prev = c->current, is_runnable = next_random(c) >> 62 == 0;
	u32 how = WHY_SWITCH_NEXT_SUBJECT | WHY_SWITCH_KNOWN | WHY_OUT_SUBJECT |
		  (is_runnable ? WHY_OUT_RUNNABLE : WHY_OUT_VOLUNTARY);

	c->state[prev] = is_runnable ? WHY_TASK_WAITING : WHY_TASK_SLEEPING;
	c->state[t] = WHY_TASK_RUNNING;
	c->current = t;
	return event(c, cpu, WHY_RECORD_SWITCH,
		     why_record_body(t ? pid_of(cpu, t) : 0, prev ? pid_of(cpu, prev) : 0, how));
}

static struct why_event step(struct cpu *c, u32 cpu, u32 *more)
{
	u32 t = 1 + (u32)(next_random(c) >> 32) % (TASKS - 1), kind = (u32)(next_random(c) >> 60);

	if (*more)
		return event(c, cpu, (*more)--, 0);
	if (kind == 0) {
		*more = WHY_RECORD_VECTOR_EXIT;
		return event(c, cpu, WHY_RECORD_VECTOR_ENTRY, 0);
	}
	if (c->state[t] == WHY_TASK_WAITING)
		return switch_to(c, cpu, t);
	if (c->state[t] != WHY_TASK_SLEEPING)
		return switch_to(c, cpu, 0);
	c->state[t] = WHY_TASK_WAITING;
	return event(c, cpu, WHY_RECORD_WAKING,
		     why_record_body(pid_of(cpu, t), cpu, WHY_WAKING_OPENS | WHY_WAKING_ASLEEP));
}

static int put_texts(struct why_writer *w, u32 nr_cpus, struct why_error *err)
{
	struct why_meta meta = { .version = "bench", .hostname = "synthetic", .kernel = "none",
				 .collector = "bpf", .begin_ns = 1, .nr_cpus = nr_cpus,
				 .kinds = (1U << WHY_KIND_NR) - 1, .keyed_shift = 12 };
	struct why_task_record *tasks = calloc(nr_cpus * TASKS, sizeof(*tasks));
	char *text = why_meta_text(&meta);
	u32 i;
	int rc = why_writer_text(w, WHY_SECTION_META, text, err);

	free(text);
	for (i = 0; i < nr_cpus * TASKS; i++) {
		tasks[i].pid = tasks[i].tgid = 1000 + i;
		tasks[i].is_subject = 1;
		snprintf(tasks[i].comm, sizeof(tasks[i].comm), "task%u", i);
	}
	for (i = 0; !rc && i < why_tasks_parts(nr_cpus * TASKS, NULL); i++) {
		text = why_tasks_text(tasks, nr_cpus * TASKS, NULL, i);
		rc = why_writer_text(w, WHY_SECTION_TASKS, text, err);
		free(text);
	}
	free(tasks);
	return rc;
}

static int put_run(struct why_writer *w, struct cpu *c, u32 cpu, u32 *more, struct why_error *err)
{
	static struct why_event e[RUN];
	u32 i = 0;

	if (c->now == 1)
		e[i++] = event(c, cpu, WHY_RECORD_BEGIN, why_record_body(0, WHY_BASE_IDLE, 1));
	for (; i < RUN; i++) {
		/* VECTOR_EXIT follows its entry, and nothing follows that. */
		e[i] = step(c, cpu, more);
		if (e[i].type == WHY_RECORD_VECTOR_EXIT)
			*more = 0;
	}
	return why_writer_events(w, cpu, e, RUN, 0, err);
}

int main(int argc, char **argv)
{
	u32 nr_cpus = argc == 4 ? (u32)atoi(argv[2]) : 0, i;
	unsigned long long left = argc == 4 ? strtoull(argv[3], NULL, 0) : 0;
	struct cpu *cpus = calloc(nr_cpus + 1, sizeof(*cpus));
	u32 *more = calloc(nr_cpus + 1, sizeof(*more));
	struct why_error err = { 0 };
	struct why_writer *w = NULL;
	int rc;

	if (!nr_cpus || why_writer_open(argv[1], &w, &err))
		return fprintf(stderr, "synthetic FILE CPUS EVENTS: %s\n", err.what), 2;
	for (i = 0; i < nr_cpus; i++) {
		cpus[i] = (struct cpu){ .now = 1, .random = 88172645463325252ULL + i };
		memset(cpus[i].state, 0, sizeof(cpus[i].state));
		for (u32 t = 0; t < TASKS; t++)
			cpus[i].state[t] = WHY_TASK_SLEEPING;
	}
	rc = put_texts(w, nr_cpus, &err);
	for (i = 0; !rc && left; i = (i + 1) % nr_cpus) {
		rc = put_run(w, &cpus[i], i, &more[i], &err);
		left -= left < RUN ? left : RUN;
	}
	rc = why_writer_close(w, &err) ?: rc;
	if (rc)
		fprintf(stderr, "%s\n", err.what);
	return rc != 0;
}
