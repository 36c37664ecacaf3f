// SPDX-License-Identifier: GPL-2.0-only
/*
 * A timer of high frequency: every expiry is a timer interrupt and, if the task keeps up, a
 * wake-up. Expirations count also those the task was too late to see one by one.
 */
#include "load.h"

#include <sys/timerfd.h>

static void start_timer(int fd, uint64_t hz)
{
	uint64_t period_ns = LOAD_S / hz;
	const struct itimerspec every = {
		.it_value = {period_ns / LOAD_S, period_ns % LOAD_S},
		.it_interval = {period_ns / LOAD_S, period_ns % LOAD_S},
	};

	if (timerfd_settime(fd, 0, &every, NULL))
		load_die("timerfd_settime");
}

int main(int argc, char **argv)
{
	uint64_t hz = 20000, for_ns = 2 * LOAD_S, fifo = 0;
	const struct load_option options[] = {
		{"hz", LOAD_NR, &hz, "expirations a second"},
		{"for", LOAD_TIME, &for_ns, "how long"},
		{"fifo", LOAD_NR, &fifo, "SCHED_FIFO priority"},
		{0},
	};
	uint64_t begin_ns, end_ns, now_ns, nr, nr_expirations = 0, nr_reads = 0;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	load_options(argc, argv, options);
	if (fd < 0)
		load_die("timerfd_create");
	if (!hz || hz > 1000000)
		load_quit(2, 0, "--hz must be 1 to 1000000");
	load_wait_for_go();
	load_set_fifo(fifo);
	begin_ns = load_now_ns();
	end_ns = begin_ns + for_ns;
	start_timer(fd, hz);
	do {
		if (read(fd, &nr, sizeof(nr)) != sizeof(nr))
			load_die("read timer");
		nr_expirations += nr;
		nr_reads++;
		now_ns = load_now_ns();
	} while (now_ns < end_ns);
	close(fd);
	printf("{\"load\": \"fasttimer\", \"pid\": %d, \"hz\": %" PRIu64
	       ", \"expirations\": %" PRIu64 ", \"reads\": %" PRIu64 ", \"begin_ns\": %" PRIu64
	       ", \"end_ns\": %" PRIu64 "}\n",
	       getpid(), hz, nr_expirations, nr_reads, begin_ns, now_ns);
	load_linger();
	return 0;
}
