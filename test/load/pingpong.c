// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two tasks on one CPU pass a byte to and fro through pipes: a known number of switches.
 * Each reads its own voluntary and involuntary switches from /proc before and after.
 */
#include "load.h"

#include <sys/mman.h>

struct player {
	pid_t tid;
	struct load_switches before;
	struct load_switches after;
	int in;
	int out;
};

/* Both players, in memory both see; "ping" serves and owns the tally. */
static struct player *players;
static uint64_t rounds = 10000;
static uint64_t cpu;
static uint64_t fifo;
static uint64_t burst;
static uint64_t rest_ns = LOAD_MS;
static bool threads;

static void pass(struct player *me)
{
	char ball = 'o';

	if (read(me->in, &ball, 1) != 1)
		load_die("read");
	if (write(me->out, &ball, 1) != 1)
		load_die("write");
}

static void enter(struct player *me, const char *comm)
{
	load_set_name(comm);
	load_pin(0, cpu);
	load_set_fifo(fifo);
	me->tid = load_tid();
	me->before = load_own_switches();
}

static void *play_pong(void *arg)
{
	struct player *me = arg;

	enter(me, "pong");
	for (uint64_t i = 0; i < rounds; i++)
		pass(me);
	me->after = load_own_switches();
	pass(me); /* tells ping the tally is there, then stays until ping is gone */
	pass(me);
	return NULL;
}

/* After each burst the CPU is left to itself. */
static void rest(uint64_t round)
{
	if (burst && !(round % burst))
		load_sleep_until(load_now_ns() + rest_ns);
}

static void play_ping(struct player *me)
{
	char ball = 'o';

	for (uint64_t i = 0; i < rounds; i++) {
		rest(i);
		if (write(me->out, &ball, 1) != 1 || read(me->in, &ball, 1) != 1)
			load_die("serve");
	}
	me->after = load_own_switches();
	if (write(me->out, &ball, 1) != 1 || read(me->in, &ball, 1) != 1)
		load_die("last serve");
}

static void print_player(const char *comm, const struct player *p)
{
	printf("{\"comm\": \"%s\", \"pid\": %d, \"voluntary\": %" PRIu64
	       ", \"involuntary\": %" PRIu64 ", \"voluntary_before\": %" PRIu64
	       ", \"involuntary_before\": %" PRIu64 "}",
	       comm, p->tid, p->after.voluntary, p->after.involuntary, p->before.voluntary,
	       p->before.involuntary);
}

static void start_pong(void)
{
	if (threads) {
		load_thread(play_pong, &players[1], 0);
	} else if (!load_fork()) {
		play_pong(&players[1]);
		_exit(0);
	}
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"rounds", LOAD_NR, &rounds, "how often the byte goes to and fro"},
		{"cpu", LOAD_NR, &cpu, "the CPU both are pinned to"},
		{"fifo", LOAD_NR, &fifo, "SCHED_FIFO priority of both"},
		{"burst", LOAD_NR, &burst, "rounds between two rests; 0: none"},
		{"rest", LOAD_TIME, &rest_ns, "how long each"},
		{"threads", LOAD_FLAG, &threads, "threads of one process, not two processes"},
		{0},
	};
	int there[2], back[2];
	uint64_t begin_ns;

	load_options(argc, argv, options);
	players = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (players == MAP_FAILED || pipe(there) || pipe(back))
		load_die("set up");
	players[0].out = there[1], players[0].in = back[0];
	players[1].out = back[1], players[1].in = there[0];
	load_wait_for_go();
	begin_ns = load_now_ns();
	start_pong();
	enter(&players[0], "ping");
	play_ping(&players[0]);
	printf("{\"load\": \"pingpong\", \"rounds\": %" PRIu64 ", \"begin_ns\": %" PRIu64
	       ", \"end_ns\": %" PRIu64 ", \"tasks\": [",
	       rounds, begin_ns, load_now_ns());
	print_player("ping", &players[0]);
	printf(", ");
	print_player("pong", &players[1]);
	printf("]}\n");
	load_linger();
	return 0;
}
