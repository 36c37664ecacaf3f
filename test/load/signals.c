// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that wants to block again and again while another CPU sends it signals: many arrive in the
 * middle of its going to sleep, and the kernel takes it back from there.
 */
#include "load.h"

#include <signal.h>
#include <sys/eventfd.h>

static uint64_t nr_signals = 100000, cpu;
static _Atomic uint64_t nr_handled;
static _Atomic int tid, is_over;

static void count(int signal)
{
	(void)signal;
	nr_handled++;
}

static void *block(void *arg)
{
	int never = eventfd(0, EFD_CLOEXEC);
	eventfd_t value;

	load_pin(0, cpu);
	tid = load_tid();
	while (!is_over)
		if (!eventfd_read(never, &value))
			load_die("an eventfd that nobody rings rang");
	load_rest(arg);
	return NULL;
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"signals", LOAD_NR, &nr_signals, "how many"},
		{"cpu", LOAD_NR, &cpu, "the blocking task's CPU"},
		{0},
	};
	struct sigaction action = { .sa_handler = count };
	static sem_t done;

	load_options(argc, argv, options);
	sem_init(&done, 0, 0);
	sigaction(SIGUSR1, &action, NULL);
	load_wait_for_go();
	load_thread(block, &done, 0);
	while (!tid)
		usleep(1000);
	for (uint64_t sent = 0; sent < nr_signals; sent++) {
		uint64_t before = nr_handled;

		tgkill(getpid(), tid, SIGUSR1);
		while (nr_handled == before)
			load_relax();
		/* The way back into the call takes about a microsecond: every instant is hit. */
		load_spin_until(load_now_ns() + sent % 2000);
	}
	is_over = 1;
	tgkill(getpid(), tid, SIGUSR1);
	load_wait(&done);
	printf("{\"load\": \"signals\", \"pid\": %d, \"blocker\": %d, \"signals\": %" PRIu64 "}\n",
	       getpid(), tid, nr_signals);
	load_linger();
	return 0;
}
