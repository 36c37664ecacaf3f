// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints what a recording holds and what the replay makes of it, for tests that compare two:
 *
 *	R AT_NS CPU TYPE A B EXTRA BODY		a record
 *	S KIND CPU BEGIN_NS END_NS PID KEY	a latency that ended
 *	E BEGIN_NS END_NS			the measurement
 */
#include "lib/names.h"
#include "lib/playback.h"

#include <stdio.h>

static const u64 over_ns[WHY_KIND_NR];	/* all of them */

static void print_sample(void *arg, const struct why_sample *s)
{
	(void)arg;
	printf("S %s %u %llu %llu %u %llu\n", why_kind_names[s->kind], s->cpu, s->begin_ns,
	       s->end_ns, s->pid, s->key);
}

static int begin(void *arg, struct why_replay *r, u32 nr_cpus, u64 now)
{
	(void)nr_cpus;
	(void)now;
	*(struct why_replay **)arg = r;
	why_replay_listen(r, over_ns, print_sample, NULL);
	return 0;
}

static int take(void *arg, const struct why_event *e, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		printf("R %llu %u %u %u %u %u %llu\n", e[i].at_ns, e[i].cpu,
		       e[i].type, why_record_a(e[i].body),
		       why_record_b(e[i].body), why_record_extra(e[i].body),
		       e[i].body);
	why_replay_take(*(struct why_replay **)arg, e, n);
	return 0;
}

static int end(void *arg, u64 now)
{
	(void)arg;
	(void)now;
	return 0;
}

int main(int argc, char **argv)
{
	const struct why_playback_range all = { .to_ns = ~0ULL };
	struct why_replay *r = NULL;
	const struct why_observer observer = { begin, take, NULL, end, NULL, &r };
	struct why_snapshot *s = NULL;
	struct why_error err = { 0 };

	if (argc != 2 || why_playback(argv[1], &all, &observer, NULL, &s, &err)) {
		fprintf(stderr, "samples FILE: %s\n", err.what);
		return 1;
	}
	printf("E %llu %llu\n", s->begin_ns, s->end_ns);
	why_snapshot_free(s);
	return 0;
}
