// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures for SECONDS with the ring on, keeps every record in memory, replays them, and writes
 * both snapshots as JSON: the live one to LIVE, the replayed one to REPLAYED. Says "begun" on
 * standard output once it measures; on standard error:
 * "N events, lost N, late N, nonsense N, skipped N". With a fourth argument: how often it replays,
 * and the nanoseconds per event of the fastest.
 */
#include "explain/moves.h"
#include "lib/machine.h"
#include "lib/merge.h"
#include "lib/order.h"
#include "lib/replay_state.h"
#include "lib/keyed.h"
#include "lib/source.h"
#include "report/report.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 1024, RING_SHIFT = 17, MAX_TASKS = 100000 };

static struct why_order *orders;
static struct why_task_record *told;
static size_t nr_told, nr_begun;
static u64 lost, nr_late;

static int tell(void *arg, const struct why_task_record *r)
{
	(void)arg;
	if (nr_told < MAX_TASKS)
		told[nr_told++] = *r;
	return 0;
}

static void take_all(struct why_source *src)
{
	static struct why_event e[BATCH];
	size_t n;
	u32 cpu;

	for (cpu = 0; cpu < why_source_nr_cpus(src); cpu++)
		while ((n = why_source_drain(src, cpu, e, BATCH, &lost)))
			if (why_order_add(&orders[cpu], e, n))
				abort();
}

static int no_more(void *arg, u32 i, struct why_stream *ret)
{
	(void)arg, (void)i, (void)ret;
	return 0;
}

static void replay(struct why_replay *r, u32 nr_cpus)
{
	struct why_stream *streams = calloc(nr_cpus, sizeof(*streams));
	struct why_merge m = { .nr = nr_cpus, .streams = streams, .refill = no_more };
	const struct why_event *run;
	size_t n, i;

	for (i = 0; i < nr_begun; i++)
		why_replay_name(r, &told[i]);
	for (i = 0; i < nr_cpus; i++)
		streams[i] = (struct why_stream){ orders[i].events,
						  orders[i].events + orders[i].nr };
	if (why_merge_begin(&m))
		abort();
	while (!why_merge_next(&m, ~0ULL, &run, &n) && n)
		why_replay_take(r, run, n);
	why_merge_end(&m);
	free(streams);
	for (i = nr_begun; i < nr_told; i++)
		why_replay_queued(r, &told[i]);
}

static struct why_replay *new_replay(u32 nr_cpus, const struct why_tables *live)
{
	struct why_replay_config config = {
		.nr_cpus = nr_cpus, .kinds = (1U << WHY_KIND_NR) - 1, .is_rt = why_is_rt(),
	};
	struct why_replay *r;
	u32 i;

	while (1U << config.keyed_shift < live->nr_keyed)
		config.keyed_shift++;
	r = why_replay_new(&config);
	if (!r)
		abort();
	for (i = 0; i < live->nr_keyed; i++) {
		struct why_keyed *row = &why_replay_tables(r)->keyed[i];

		row->key = live->keyed[i].key;
		row->irq = live->keyed[i].irq;
		memcpy(row->name, live->keyed[i].name, sizeof(row->name));
	}
	return r;
}

static int write_json(const char *path, const struct why_snapshot *s)
{
	struct why_moves moves = { 0 };
	FILE *f = fopen(path, "w");
	int rc = f ? why_report_json(f, s, &moves) : -1;

	return f && !fclose(f) ? rc : -1;
}

/* As lib/source_bpf.c: snapshot(). */
static struct why_snapshot *collect(struct why_replay *r, const struct why_snapshot *live)
{
	struct why_snapshot *s = why_snapshot_new(live->nr_cpus);
	struct why_collection c = { .into = s };
	struct why_pressure unknown;
	u32 i;

	if (!s || why_pressure_init(&unknown, live->nr_cpus))
		abort();
	s->collector = live->collector;
	s->begin_ns = live->begin_ns;
	s->end_ns = live->end_ns;
	s->kinds = live->kinds;
	s->has_rq_switches = live->has_rq_switches;
	if (why_collect_keyed(s, why_replay_tables(r), true) ||
	    why_collect_cpus(&c, why_replay_tables(r)->cpus, &unknown, &unknown) ||
	    why_replay_collect(r, &c, true))
		abort();
	for (i = 0; i < s->nr_cpus; i++)
		s->facts[i].is_seen = live->facts[i].is_seen;
	why_snapshot_merge(s);
	return s;
}

int main(int argc, char **argv)
{
	struct why_request req = { .kinds = (1U << WHY_KIND_NR) - 1, .ring_shift = RING_SHIFT,
				   .tell = tell };
	const struct why_collector_ops *by = why_collector_named(argc > 5 ? argv[5] : "bpf");
	struct timespec pause = { .tv_nsec = 2000000 };
	struct why_source *src = NULL;
	struct why_error err = { 0 };
	struct why_snapshot *live;
	struct why_replay *r = NULL;
	u64 until, begin, best = ~0ULL, nr = 0;
	u32 cpu, nr_cpus, i;

	told = calloc(MAX_TASKS, sizeof(*told));
	if (argc < 4 || !told || !by || why_source_open(by, &req, &src, &err))
		return fprintf(stderr, "replayed SECONDS LIVE REPLAYED [ROUNDS [COLLECTOR]]: %s\n",
			       err.what), 1;
	nr_cpus = why_source_nr_cpus(src);
	orders = calloc(nr_cpus, sizeof(*orders));
	live = why_snapshot_new(nr_cpus);
	if (!orders || !live || why_source_start(src, &err))
		return fprintf(stderr, "%s\n", err.what), 1;
	nr_begun = nr_told;
	puts("begun");
	fflush(stdout);
	until = why_now_ns() + (u64)(atof(argv[1]) * 1e9);
	while (why_now_ns() < until) {
		take_all(src);
		nanosleep(&pause, NULL);
	}
	if (why_source_freeze(src, &err))
		return 1;
	take_all(src);
	if (why_source_snapshot(src, live, &err) || write_json(argv[2], live))
		return 1;
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		nr_late += orders[cpu].nr_late;
		nr += orders[cpu].nr;
	}
	for (i = 0; i < (argc > 4 ? (u32)atoi(argv[4]) : 1); i++) {
		why_replay_free(r);
		r = new_replay(nr_cpus, why_source_tables(src));
		begin = why_now_ns();
		replay(r, nr_cpus);
		if (why_now_ns() - begin < best)
			best = why_now_ns() - begin;
	}
	fprintf(stderr, "%llu events, lost %llu, late %llu, nonsense %llu, skipped %llu\n", nr,
		lost,
		nr_late, why_replay_nonsense(r), r->nr_outside);
	if (argc > 4)
		fprintf(stderr, "%.1f ns/event\n", (double)best / (double)nr);
	return write_json(argv[3], collect(r, live)) ? 1 : 0;
}
