// SPDX-License-Identifier: GPL-2.0-only
/*
 * A loop of timed sleeps that notes its own clock after each: with the tracer's time of the system
 * call's exit, the way from there to user space on this machine, without any tool of ours.
 */
#include "load.h"

#include <sys/mman.h>

static uint64_t cycles = 5000, period_ns = LOAD_MS, cpu = 1, fifo = 80;

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"cycles", LOAD_NR, &cycles, "how many"},
		{"period", LOAD_TIME, &period_ns, "of the loop"},
		{"cpu", LOAD_NR, &cpu, "the loop's CPU"},
		{"fifo", LOAD_NR, &fifo, "SCHED_FIFO priority"},
		{0},
	};
	uint64_t *noted, next_ns, i;

	load_options(argc, argv, options);
	noted = calloc(cycles, sizeof(*noted));
	if (!noted)
		load_die("cycles");
	load_pin(0, cpu);
	load_set_name("wayback");
	load_set_fifo(fifo);
	mlockall(MCL_CURRENT | MCL_FUTURE);
	load_wait_for_go();
	next_ns = load_now_ns();
	for (i = 0; i < cycles; i++) {
		next_ns += period_ns;
		load_sleep_until(next_ns);
		noted[i] = load_now_ns();
	}
	printf("{\"load\": \"wayback\", \"noted_ns\": [");
	for (i = 0; i < cycles; i++)
		printf("%s%" PRIu64, i ? "," : "", noted[i]);
	puts("]}");
	return 0;
}
