// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many tasks that each run briefly once and then stay alive, asleep: what a profiler keeps for
 * every task it has ever seen shows in its memory.
 */
#include "load.h"

static sem_t ran;

static void *run_once(void *arg)
{
	load_rest(arg);
	return NULL;
}

static void make_sleeper(bool is_process)
{
	if (!is_process)
		load_thread(run_once, &ran, 32768);
	else if (!load_fork())
		for (;;)
			pause();
}

int main(int argc, char **argv)
{
	uint64_t count = 10000;
	bool processes = false;
	const struct load_option options[] = {
		{"count", LOAD_NR, &count, "how many"},
		{"processes", LOAD_FLAG, &processes, "processes, not threads of one"},
		{0},
	};
	uint64_t begin_ns;

	load_options(argc, argv, options);
	sem_init(&ran, 0, 0);
	load_wait_for_go();
	load_set_name("sleeper");
	begin_ns = load_now_ns();
	for (uint64_t i = 0; i < count; i++)
		make_sleeper(processes);
	for (uint64_t i = 0; i < count && !processes; i++)
		load_wait(&ran);
	printf("{\"load\": \"sleepers\", \"pid\": %d, \"count\": %" PRIu64
	       ", \"begin_ns\": %" PRIu64 ", \"end_ns\": %" PRIu64 "}\n",
	       getpid(), count, begin_ns, load_now_ns());
	load_linger();
	return 0;
}
