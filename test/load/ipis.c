// SPDX-License-Identifier: GPL-2.0-only
/*
 * A known number of function-call interrupts from one CPU to another: a thread spins in user space
 * on the target, and the sender makes calls that can't return before that CPU has answered.
 *
 *   sender  --|= membarrier =|-- interval --|= membarrier =|--
 *                  \    /                        \    /
 *   spinner =======|irq|=========================|irq|=======   never in the kernel by itself
 *
 * With --tlb the call is madvise(MADV_DONTNEED) of one touched page: the spinner's CPU has the same
 * address space loaded, so each is one TLB shootdown (and one more in the row of function calls).
 *
 * A call sends nothing while another task has the spinner's CPU: so the spinner is SCHED_FIFO, the
 * sender waits for a sign of its life before each call, and the tally says how often it was away.
 * While an interrupt of someone else's is pending there, no second one is sent.
 * Guests with paravirtual TLB flushes spare a CPU that is off its host's; processors that broadcast
 * flushes send no interrupt at all.
 */
#include "load.h"

#include <linux/membarrier.h>
#include <sys/mman.h>

static uint64_t count = 1000, interval_ns, from, to = 1, fifo = 50;
static bool is_tlb;
static volatile char *page;
static uint64_t total_ns, shortest_ns = UINT64_MAX, longest_ns;
static struct load_switches lost; /* the spinner's switches while it spun; read after its rest */
static _Atomic bool is_spinning, is_over;
static volatile uint64_t beats; /* of the spinner; the sender only looks whether they go on */
static pid_t spinner_tid;
static sem_t start, done;

static void *spin(void *arg)
{
	struct load_switches before;

	load_set_name("ipitarget");
	load_pin(0, to);
	load_set_fifo(fifo);
	load_wait(&start);
	spinner_tid = load_tid();
	before = load_own_switches();
	is_spinning = true;
	for (; !is_over; beats++)
		load_relax();
	lost = load_own_switches();
	lost.involuntary -= before.involuntary;
	lost.voluntary -= before.voluntary;
	load_rest(&done);
	return arg;
}

static void set_up_membarrier(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0))
		load_quit(LOAD_CANNOT, errno, "this kernel has no expedited membarrier");
}

static void set_up_page(void)
{
#ifndef __x86_64__
	load_quit(LOAD_CANNOT, 0, "this processor's TLB shootdowns are not known to be interrupts");
#endif
	page = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (page == MAP_FAILED)
		load_die("mmap");
}

/* A call would find another task on the spinner's CPU and skip it: wait for the spinner. */
static void await_beat(void)
{
	uint64_t seen = beats;

	while (beats == seen)
		load_relax();
}

/* One interrupt; returns its length as seen by the caller. */
static uint64_t send_one(void)
{
	uint64_t begin_ns;
	int err;

	if (is_tlb)
		*page = 1; /* there must be something to shoot down */
	await_beat();
	begin_ns = load_now_ns();
	err = is_tlb ? madvise((void *)page, getpagesize(), MADV_DONTNEED)
		     : syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	if (err)
		load_die("%s", is_tlb ? "madvise" : "membarrier");
	return load_now_ns() - begin_ns;
}

static void send_all(void)
{
	uint64_t took_ns;

	for (uint64_t i = 0; i < count; i++) {
		took_ns = send_one();
		total_ns += took_ns;
		shortest_ns = took_ns < shortest_ns ? took_ns : shortest_ns;
		longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
		if (interval_ns)
			load_sleep_until(load_now_ns() + interval_ns);
	}
}

static void check_options(void)
{
	cpu_set_t allowed;

	if (!count)
		load_quit(2, 0, "--count must be at least 1");
	if (from >= CPU_SETSIZE || to >= CPU_SETSIZE || from == to)
		load_quit(2, 0, "--from and --to must be two CPUs below %d", CPU_SETSIZE);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	if (CPU_COUNT(&allowed) < 2)
		load_quit(LOAD_CANNOT, 0, "an interrupt from CPU to CPU takes two");
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"count", LOAD_NR, &count, "how many (default 1000)"},
		{"interval", LOAD_TIME, &interval_ns, "sleep between them (default none)"},
		{"from", LOAD_NR, &from, "the sender's CPU (default 0)"},
		{"to", LOAD_NR, &to, "the CPU to interrupt (default 1)"},
		{"fifo", LOAD_NR, &fifo,
		 "SCHED_FIFO priority of the spinner (default 50; 0: SCHED_OTHER)"},
		{"tlb", LOAD_FLAG, &is_tlb, "TLB shootdowns, not memory barriers"},
		{0},
	};
	uint64_t begin_ns, end_ns;

	load_options(argc, argv, options);
	check_options();
	is_tlb ? set_up_page() : set_up_membarrier();
	sem_init(&start, 0, 0);
	sem_init(&done, 0, 0);
	load_pin(0, from);
	load_set_name("ipisender");
	load_thread(spin, NULL, 0);
	load_wait_for_go();
	sem_post(&start);
	while (!is_spinning)
		sched_yield();
	begin_ns = load_now_ns();
	send_all();
	end_ns = load_now_ns();
	is_over = true;
	load_wait(&done);
	printf("{\"load\": \"ipis\", \"pid\": %d, \"spinner\": %d, \"kind\": \"%s\", \"calls\": "
	       "%" PRIu64 ", \"spinner_switches\": %" PRIu64 ", \"min_ns\": %" PRIu64
	       ", \"mean_ns\": %" PRIu64 ", \"max_ns\": %" PRIu64 ", \"begin_ns\": %" PRIu64
	       ", \"end_ns\": %" PRIu64 "}\n",
	       getpid(), spinner_tid, is_tlb ? "tlb" : "membarrier", count,
	       lost.voluntary + lost.involuntary, shortest_ns, total_ns / count, longest_ns,
	       begin_ns, end_ns);
	load_linger();
	return 0;
}
