// SPDX-License-Identifier: GPL-2.0-only
/*
 * A victim is woken behind a hog that does not let go, so that a measurement can end while the
 * victim still waits. The tally is printed as soon as the victim is woken; the hog spins on until
 * --for has passed. Both are SCHED_FIFO on one CPU: neither another task, nor the fair server that
 * rescues SCHED_OTHER after a second, runs the victim.
 */
#include "load.h"

#include <sys/eventfd.h>

static uint64_t cpu, for_ns = 3 * LOAD_S, hog_fifo = 50, victim_fifo = 1;
static uint64_t woken_after_ns, woken_before_ns;
static pid_t hog_tid, victim_tid;
static int doorbell;
static sem_t waiting, woken, released;

static void *run_victim(void *arg)
{
	eventfd_t rings;

	load_set_name("victim");
	load_set_fifo(victim_fifo);
	victim_tid = load_tid();
	sem_post(&waiting);
	if (eventfd_read(doorbell, &rings))
		load_die("wait");
	load_rest(&released);
	return arg;
}

static void *run_hog(void *arg)
{
	load_set_name("spinhog");
	load_set_fifo(hog_fifo);
	hog_tid = load_tid();
	load_sleep_until(load_now_ns() + 20 * LOAD_MS); /* the victim is asleep by now */
	woken_after_ns = load_now_ns();
	if (eventfd_write(doorbell, 1))
		load_die("ring");
	woken_before_ns = load_now_ns();
	sem_post(&woken);
	load_spin_until(woken_before_ns + for_ns);
	load_rest(&released);
	return arg;
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"cpu", LOAD_NR, &cpu, "the CPU both want"},
		{"for", LOAD_TIME, &for_ns, "how long the hog spins"},
		{"hog-fifo", LOAD_NR, &hog_fifo, "SCHED_FIFO priority of the hog"},
		{"victim-fifo", LOAD_NR, &victim_fifo, "of the victim (0: SCHED_OTHER)"},
		{0},
	};
	cpu_set_t all;

	load_options(argc, argv, options);
	sem_init(&waiting, 0, 0);
	sem_init(&woken, 0, 0);
	sem_init(&released, 0, 0);
	doorbell = eventfd(0, EFD_CLOEXEC);
	if (doorbell < 0)
		load_die("eventfd");
	load_wait_for_go();
	sched_getaffinity(0, sizeof(all), &all);
	load_pin(0, cpu); /* the threads inherit it */
	load_thread(run_victim, NULL, 0);
	load_wait(&waiting);
	load_thread(run_hog, NULL, 0);
	CPU_CLR(cpu, &all); /* not behind our own hog */
	sched_setaffinity(0, sizeof(all), &all);
	load_wait(&woken);
	printf("{\"load\": \"starve\", \"pid\": %d, \"hog\": %d, \"victim\": %d, "
	       "\"woken_after_ns\": %" PRIu64 ", \"woken_before_ns\": %" PRIu64
	       ", \"until_ns\": %" PRIu64 "}\n",
	       getpid(), hog_tid, victim_tid, woken_after_ns, woken_before_ns,
	       woken_before_ns + for_ns);
	fflush(stdout);
	load_wait(&released);
	load_wait(&released);
	load_linger();
	return 0;
}
