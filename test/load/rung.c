// SPDX-License-Identifier: GPL-2.0-only
/*
 * A victim on one CPU that another CPU wakes at an even pace, so that its wakings come in the midst
 * of whatever its own CPU does.
 */
#include "load.h"

#include <sys/eventfd.h>

static uint64_t cpu, ringer_cpu = 1, period_ns = 200 * LOAD_US, for_ns = 2 * LOAD_S, fifo = 80;
static uint64_t nr_rings, nr_wakes;
static int doorbell;

static void *run_victim(void *arg)
{
	eventfd_t rings = 0;

	load_set_name("victim");
	load_pin(0, cpu);
	if (fifo)
		load_set_fifo(fifo);
	/* The last ring is a long one. */
	while (!eventfd_read(doorbell, &rings) && rings < 1000000)
		nr_wakes++;
	return arg;
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"cpu", LOAD_NR, &cpu, "the victim's CPU"},
		{"ringer-cpu", LOAD_NR, &ringer_cpu, "the CPU that wakes it"},
		{"period", LOAD_TIME, &period_ns, "from one waking to the next"},
		{"for", LOAD_TIME, &for_ns, "how long"},
		{"fifo", LOAD_NR, &fifo, "SCHED_FIFO priority of the victim (0: as started)"},
		{0},
	};
	uint64_t at, end;
	pthread_t victim;

	load_options(argc, argv, options);
	doorbell = eventfd(0, EFD_CLOEXEC);
	if (doorbell < 0)
		load_die("eventfd");
	load_wait_for_go();
	victim = load_thread(run_victim, NULL, 0);
	load_pin(0, ringer_cpu);
	at = load_now_ns();
	end = at + for_ns;
	for (; at < end; at += period_ns) {
		load_sleep_until(at);
		if (eventfd_write(doorbell, 1))
			load_die("ring");
		nr_rings++;
	}
	if (eventfd_write(doorbell, 1000000))
		load_die("ring");
	pthread_join(victim, NULL);
	printf("{\"load\": \"rung\", \"rings\": %" PRIu64 ", \"wakes\": %" PRIu64 "}\n", nr_rings,
	       nr_wakes);
	load_linger();
	return 0;
}
