// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hog holds a CPU for a known length while a victim waits for it, once a period.
 *
 *   hog     ......|== wakes the victim, spins ==|..............|=====
 *   victim  ......|------- runnable ------------|#|............|-----
 *                 t0                            t1 t2
 *
 * With --preempt the victim is computing when the hog's timer takes the CPU from it.
 * The victim's wait is at least t1 - t0 (hog's clock) and at most t2 - t0 (victim's clock).
 */
#include "load.h"

#include <sys/eventfd.h>

/* One burst: the hog writes the first two, the victim the last, read once both are done. */
struct burst {
	uint64_t woken_ns;
	uint64_t released_ns;
	uint64_t ran_ns;
	uint64_t lost_ns; /* --preempt: the gap the victim saw in its own time */
};

static struct burst *bursts;
static uint64_t nr_bursts = 20, length_ns = 20 * LOAD_MS, period_ns = 100 * LOAD_MS;
static uint64_t cpu, victim_fifo, hog_fifo = 50, first_ns, hog_cpu_ns;
static bool preempts;
static pid_t hog_tid, victim_tid;
static int doorbell;
static _Atomic uint64_t nr_done;

static void *run_hog(void *arg)
{
	load_set_name("spinhog");
	load_set_fifo(hog_fifo);
	hog_tid = load_tid();
	for (uint64_t i = 0; i < nr_bursts; i++) {
		load_sleep_until(first_ns + i * period_ns);
		if (!preempts && eventfd_write(doorbell, 1))
			load_die("ring");
		bursts[i].woken_ns = load_now_ns();
		bursts[i].released_ns = load_spin_until(bursts[i].woken_ns + length_ns);
		nr_done++;
	}
	hog_cpu_ns = load_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	load_rest(arg);
	return NULL;
}

/* Woken by the hog, runs only when the hog lets go. */
static void be_woken(struct burst *burst)
{
	eventfd_t rings;

	if (eventfd_read(doorbell, &rings))
		load_die("wait");
	burst->ran_ns = load_now_ns();
	load_spin_until(burst->ran_ns + 100 * LOAD_US);
}

/* Compute from a little before the burst to a little after; the longest gap is the wait. */
static void be_preempted(struct burst *burst, uint64_t i)
{
	uint64_t lead_ns = period_ns / 20, last_ns, now_ns;
	bool is_over;

	load_sleep_until(first_ns + i * period_ns - lead_ns);
	last_ns = load_now_ns();
	do {
		is_over = nr_done > i; /* read first: the gap must not fall behind it */
		now_ns = load_now_ns();
		if (now_ns - last_ns > burst->lost_ns) {
			burst->lost_ns = now_ns - last_ns;
			burst->ran_ns = now_ns;
		}
		last_ns = now_ns;
	} while (!is_over);
	load_spin_until(last_ns + lead_ns);
}

static void *run_victim(void *arg)
{
	load_set_name("victim");
	load_set_fifo(victim_fifo);
	victim_tid = load_tid();
	for (uint64_t i = 0; i < nr_bursts; i++)
		preempts ? be_preempted(&bursts[i], i) : be_woken(&bursts[i]);
	load_rest(arg);
	return NULL;
}

static void print_tally(void)
{
	uint64_t hog_ns = 0, most_ns = 0;

	printf("{\"load\": \"hog\", \"pid\": %d, \"hog\": %d, \"victim\": %d, \"bursts\": [",
	       getpid(), hog_tid, victim_tid);
	for (struct burst *b = bursts; b < bursts + nr_bursts; b++) {
		hog_ns += b->released_ns - b->woken_ns;
		most_ns += preempts ? b->lost_ns : b->ran_ns - b->woken_ns;
		printf("%s[%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]", b == bursts ? "" : ", ",
		       b->woken_ns, b->released_ns, b->ran_ns);
	}
	printf("], \"wait_at_least_ns\": %" PRIu64 ", \"wait_at_most_ns\": %" PRIu64
	       ", \"hog_cpu_ns\": %" PRIu64 "}\n",
	       hog_ns, most_ns, hog_cpu_ns);
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"bursts", LOAD_NR, &nr_bursts, "how often"},
		{"length", LOAD_TIME, &length_ns, "how long the hog spins each time"},
		{"period", LOAD_TIME, &period_ns, "from burst to burst"},
		{"cpu", LOAD_NR, &cpu, "the CPU both want"},
		{"hog-fifo", LOAD_NR, &hog_fifo, "SCHED_FIFO priority of the hog"},
		{"victim-fifo", LOAD_NR, &victim_fifo, "of the victim (default SCHED_OTHER)"},
		{"preempt", LOAD_FLAG, &preempts, "the hog preempts instead of waking"},
		{0},
	};
	cpu_set_t all;
	sem_t done;

	load_options(argc, argv, options);
	sem_init(&done, 0, 0);
	bursts = calloc(nr_bursts, sizeof(*bursts));
	doorbell = eventfd(0, EFD_CLOEXEC);
	if (!bursts || doorbell < 0)
		load_die("set up");
	load_wait_for_go();
	first_ns = load_now_ns() + period_ns;
	sched_getaffinity(0, sizeof(all), &all);
	load_pin(0, cpu); /* the threads inherit it */
	load_thread(run_hog, &done, 0);
	load_thread(run_victim, &done, 0);
	sched_setaffinity(0, sizeof(all), &all);
	load_wait(&done);
	load_wait(&done);
	print_tally();
	load_linger();
	return 0;
}
