// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mixed load that is the same every time: a few workers on one CPU, at falling SCHED_FIFO
 * priorities. Each round the first wakes all others and works; each works in turn when those above
 * it are done. Lengths come from a seeded sequence, so worker k waits exactly the sum of the works
 * above it, whatever else runs on the machine.
 *
 *   worker 0  |=====|............|
 *   worker 1  |-----|===|........|
 *   worker 2  |---------|======|.|
 */
#include "load.h"

#include <sys/eventfd.h>

#define NR_WORKERS_MAX 16

/* Works are so many units long: far enough apart that a quantile is not a matter of noise. */
static const uint64_t lengths[] = {1, 2, 4, 8, 16};

struct worker {
	unsigned int nr;
	pid_t tid;
	int doorbell;
	uint32_t state; /* of its pseudo-random sequence, never 0 */
	uint64_t busy_ns;
	uint64_t nr_runs;
};

static struct worker workers[NR_WORKERS_MAX];
static uint64_t seed = 1, rounds = 100, nr_workers = 3, period_ns = 10 * LOAD_MS, cpu, fifo = 60;
static uint64_t unit_ns = 100 * LOAD_US, first_ns, nr_late;
static pthread_barrier_t ready;
static sem_t done;

/* xorshift32: Marsaglia, "Xorshift RNGs", 2003. */
static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void work(struct worker *w)
{
	uint64_t nr_lengths = sizeof(lengths) / sizeof(*lengths);
	uint64_t begin_ns = load_now_ns();
	uint64_t length_ns = lengths[next_random(&w->state) % nr_lengths] * unit_ns;

	w->busy_ns += load_spin_until(begin_ns + length_ns) - begin_ns;
	w->nr_runs++;
}

static void lead(struct worker *w, uint64_t round)
{
	uint64_t start_ns = first_ns + round * period_ns;

	if (load_now_ns() > start_ns)
		nr_late++;
	load_sleep_until(start_ns);
	for (struct worker *other = w + 1; other < workers + nr_workers; other++)
		if (eventfd_write(other->doorbell, 1))
			load_die("ring");
}

static void *take_part(void *arg)
{
	struct worker *w = arg;
	eventfd_t rings;
	char name[16];

	snprintf(name, sizeof(name), "worker/%u", w->nr);
	load_set_name(name);
	load_set_fifo(fifo - w->nr);
	w->tid = load_tid();
	pthread_barrier_wait(&ready);
	if (w->nr == 0)
		first_ns = load_now_ns() + period_ns;
	for (uint64_t round = 0; round < rounds; round++) {
		if (w->nr == 0)
			lead(w, round);
		else if (eventfd_read(w->doorbell, &rings))
			load_die("wait");
		work(w);
	}
	load_rest(&done);
	return NULL;
}

static void print_tally(void)
{
	printf("{\"load\": \"seeded\", \"pid\": %d, \"seed\": %" PRIu64 ", \"rounds\": %" PRIu64
	       ", \"late\": %" PRIu64 ", \"workers\": [",
	       getpid(), seed, rounds, nr_late);
	for (struct worker *w = workers; w < workers + nr_workers; w++)
		printf("%s{\"pid\": %d, \"comm\": \"worker/%u\", \"runs\": %" PRIu64
		       ", \"busy_ns\": %" PRIu64 "}",
		       w == workers ? "" : ", ", w->tid, w->nr, w->nr_runs, w->busy_ns);
	printf("]}\n");
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"seed", LOAD_NR, &seed, "of the sequence"},
		{"rounds", LOAD_NR, &rounds, "how often every worker works"},
		{"workers", LOAD_NR, &nr_workers, "how many"},
		{"unit", LOAD_TIME, &unit_ns, "of work; each is 1, 2, 4, 8 or 16 units"},
		{"period", LOAD_TIME, &period_ns, "of a round"},
		{"cpu", LOAD_NR, &cpu, "the CPU all share"},
		{"fifo", LOAD_NR, &fifo, "SCHED_FIFO priority of the first"},
		{0},
	};

	load_options(argc, argv, options);
	if (!nr_workers || nr_workers > NR_WORKERS_MAX || fifo <= nr_workers)
		load_quit(2, 0, "--workers must be 1 to %d and below --fifo", NR_WORKERS_MAX);
	sem_init(&done, 0, 0);
	load_wait_for_go();
	pthread_barrier_init(&ready, NULL, nr_workers);
	load_pin(0, cpu); /* the threads inherit it */
	for (uint64_t i = 0; i < nr_workers; i++) {
		workers[i].nr = i;
		workers[i].state = (seed * 2654435761u + i) | 1u << (8 + i);
		workers[i].doorbell = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
		load_thread(take_part, &workers[i], 0);
	}
	for (uint64_t i = 0; i < nr_workers; i++)
		load_wait(&done);
	print_tally();
	load_linger();
	return 0;
}
