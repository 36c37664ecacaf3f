// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task is moved from CPU to CPU by another, in each state it can be in:
 *
 *   running    mover on A, subject computing on B   -> moved to A, where it now waits
 *   waiting    both on A, the mover holds the CPU   -> moved to B, where it runs
 *   sleeping   subject asleep on B                  -> allowed only A, woken there
 *
 * The mover's SCHED_FIFO priority is the higher, so on its own CPU the subject can only wait.
 */
#include "load.h"

#include <sys/eventfd.h>

static uint64_t moves = 100, fifo = 50, subject_fifo = 1, gap_ns = LOAD_MS;
static unsigned int cpus[2];
static _Atomic pid_t subject_tid;
static _Atomic bool shall_compute;
static _Atomic uint64_t nr_wakes;
static int doorbell;
static uint64_t nr_running, nr_waiting, nr_sleeping;

static void *be_moved(void *arg)
{
	eventfd_t rings;

	load_set_name("moved");
	load_set_fifo(subject_fifo);
	subject_tid = load_tid();
	while (!eventfd_read(doorbell, &rings)) {
		nr_wakes++;
		while (shall_compute)
			load_relax();
	}
	return arg;
}

static void ring(void)
{
	if (eventfd_write(doorbell, 1))
		load_die("ring");
}

static void pause_for(uint64_t ns)
{
	load_sleep_until(load_now_ns() + ns);
}

static void await_wake(uint64_t nr_before)
{
	while (nr_wakes == nr_before)
		pause_for(gap_ns / 10);
}

/* From asleep on B to computing on B, onto our CPU while it runs, and back while it waits. */
static void move_awake(unsigned int a, unsigned int b)
{
	uint64_t nr = nr_wakes;

	shall_compute = true;
	ring();
	await_wake(nr);
	load_pin(subject_tid, a); /* running on b; we hold a */
	nr_running++;
	load_spin_until(load_now_ns() + gap_ns);
	load_pin(subject_tid, b); /* waiting behind us */
	nr_waiting++;
	pause_for(gap_ns);
	shall_compute = false;
	pause_for(gap_ns); /* asleep again */
}

/* Allowed elsewhere while asleep: the move happens at its wake-up. */
static void move_asleep(unsigned int to)
{
	uint64_t nr = nr_wakes;

	load_pin(subject_tid, to);
	nr_sleeping++;
	ring();
	await_wake(nr);
	pause_for(gap_ns);
}

static void pick_cpus(void)
{
	cpu_set_t set;
	int nr = 0;

	sched_getaffinity(0, sizeof(set), &set);
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE && nr < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[nr++] = cpu;
	if (nr < 2)
		load_quit(LOAD_CANNOT, 0, "moving a task takes two CPUs");
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"moves", LOAD_NR, &moves, "how many of each sort"},
		{"gap", LOAD_TIME, &gap_ns, "between one move and the next"},
		{"fifo", LOAD_NR, &fifo, "SCHED_FIFO priority of the mover"},
		{"subject-fifo", LOAD_NR, &subject_fifo, "of the subject (0: SCHED_OTHER)"},
		{0},
	};
	unsigned int a, b;

	load_options(argc, argv, options);
	pick_cpus();
	doorbell = eventfd(0, EFD_CLOEXEC);
	load_wait_for_go();
	load_pin(0, cpus[1]);
	load_thread(be_moved, NULL, 0);
	while (!subject_tid)
		pause_for(gap_ns);
	load_set_name("mover");
	load_set_fifo(fifo);
	for (uint64_t i = 0; i < moves; i++) {
		a = cpus[i % 2];
		b = cpus[!(i % 2)];
		load_pin(0, a);
		move_awake(a, b);
		move_asleep(a); /* the next round begins with the CPUs exchanged */
	}
	printf("{\"load\": \"migrate\", \"pid\": %d, \"mover\": %d, \"subject\": %d, "
	       "\"running\": %" PRIu64 ", \"waiting\": %" PRIu64 ", \"sleeping\": %" PRIu64
	       ", \"wakes\": %" PRIu64 "}\n",
	       getpid(), getpid(), subject_tid, nr_running, nr_waiting, nr_sleeping, nr_wakes);
	load_linger();
	return 0;
}
