// SPDX-License-Identifier: GPL-2.0-only
/*
 * A control loop: work for a known length, sleep until the next period, again. With --go the line
 * on stdin is the first cycle's wake-up: one wake, one work and one timer sleep a cycle.
 *
 *   |timer      wake            sleep on the timer|
 *   |-----------|====== busy ======|--------------|
 *
 * With --io the work has a sleep of another kind in its middle: the loop asks a helper and waits
 * for its answer. A response then ends there; only the second half ends in the timer's sleep.
 */
#include "load.h"

#include <sys/eventfd.h>

static uint64_t cycles = 1000, period_ns = LOAD_MS, busy_ns = 200 * LOAD_US, fifo = 80, cpu;
static uint64_t nr_late, total_ns, shortest_ns = UINT64_MAX, longest_ns;
static bool has_io;
static int question, answer;

static void *answer_all(void *arg)
{
	eventfd_t rings;

	load_set_name("answerer");
	while (!eventfd_read(question, &rings) && !eventfd_write(answer, 1))
		;
	return arg;
}

static void ask(void)
{
	eventfd_t rings;

	if (eventfd_write(question, 1) || eventfd_read(answer, &rings))
		load_die("ask");
}

static void work(void)
{
	uint64_t begin_ns = load_now_ns(), end_ns;

	if (has_io) {
		load_spin_until(begin_ns + busy_ns / 2);
		ask();
		load_spin_until(load_now_ns() + busy_ns / 2);
		end_ns = load_now_ns();
	} else {
		end_ns = load_spin_until(begin_ns + busy_ns);
	}
	end_ns -= begin_ns;
	total_ns += end_ns;
	shortest_ns = end_ns < shortest_ns ? end_ns : shortest_ns;
	longest_ns = end_ns > longest_ns ? end_ns : longest_ns;
}

static void loop(void)
{
	uint64_t next_ns = load_now_ns();

	for (uint64_t i = 0; i < cycles; i++) {
		work();
		next_ns += period_ns;
		if (load_now_ns() >= next_ns) { /* a cycle without its sleep is no cycle */
			nr_late++;
			next_ns = load_now_ns() + period_ns;
		}
		load_sleep_until(next_ns);
	}
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"cycles", LOAD_NR, &cycles, "how many"},
		{"period", LOAD_TIME, &period_ns, "of the loop"},
		{"busy", LOAD_TIME, &busy_ns, "work a cycle"},
		{"cpu", LOAD_NR, &cpu, "the loop's CPU"},
		{"fifo", LOAD_NR, &fifo, "SCHED_FIFO priority of the loop (0: SCHED_OTHER)"},
		{"io", LOAD_FLAG, &has_io, "wait for a helper in the middle of the work"},
		{0},
	};
	uint64_t begin_ns;

	load_options(argc, argv, options);
	question = eventfd(0, EFD_CLOEXEC);
	answer = eventfd(0, EFD_CLOEXEC);
	load_pin(0, cpu); /* before the wait: a move can be a sleep of its own */
	load_set_name("controlloop");
	load_set_fifo(fifo);
	if (has_io)
		load_thread(answer_all, NULL, 0); /* inherits CPU and priority */
	load_wait_for_go();
	begin_ns = load_now_ns();
	loop();
	printf("{\"load\": \"timers\", \"pid\": %d, \"cycles\": %" PRIu64 ", \"late\": %" PRIu64
	       ", \"busy_ns\": %" PRIu64 ", \"mean_ns\": %" PRIu64 ", \"min_ns\": %" PRIu64
	       ", \"max_ns\": %" PRIu64 ", \"begin_ns\": %" PRIu64 ", \"end_ns\": %" PRIu64 "}\n",
	       getpid(), cycles, nr_late, busy_ns, total_ns / (cycles ? cycles : 1), shortest_ns,
	       longest_ns, begin_ns, load_now_ns());
	load_linger();
	return 0;
}
