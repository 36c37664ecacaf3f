// SPDX-License-Identifier: GPL-2.0-only
/* Loads and feeds the programs of inject.bpf.c: see inject.h. */
#include "lab/inject.h"

#include "skel/inject.skel.h"
#include "lab/turns.h"
#include "lib/machine.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

const char *const why_inject_names[WHY_INJECT_NR] = {
	[WHY_INJECT_HARDIRQ] = "hardirq",
	[WHY_INJECT_RQ_LOCK] = "rq-lock",
	[WHY_INJECT_SOFTIRQ] = "softirq",
	[WHY_INJECT_SYSCALL] = "syscall",
	[WHY_INJECT_IRQS_OFF] = "irqs-off",
	[WHY_INJECT_FIFO] = "fifo",
	[WHY_INJECT_TASK] = "task",
	[WHY_INJECT_NICED] = "niced",
	[WHY_INJECT_THROTTLED] = "throttled",
	[WHY_INJECT_AFFINITY] = "affinity",
	[WHY_INJECT_INVERSION] = "inversion",
	[WHY_INJECT_BOOST] = "boost",
	[WHY_INJECT_CONVOY] = "convoy",
	[WHY_INJECT_FORKS] = "forks",
	[WHY_INJECT_FLOOD] = "flood",
};

#define NSEC_PER_SEC 1000000000ULL
#define LOOK_NS 10000000ULL	/* how often labels are fetched where nothing else is to do */

struct injector {
	const struct why_injection *what;
	int (*tell)(void *arg, const struct why_inject_label *label);
	void *arg;
	struct inject *programs;
	struct bpf_link *link;
	struct ring_buffer *labels;
	int event;		/* perf's; -1: none */
	int sock;		/* a datagram socket that sends to itself; -1: none */
	struct why_turns turns;	/* of a kind that is a task */
	u64 made, end_ns;
	bool is_refused;	/* by `tell` */
	int rank_error;		/* errno of a class that was not to be had again; 0: none */
};

/* Takes the CPU as a task, without a program in the kernel. */
static bool is_task(const struct why_injection *what)
{
	return what->kind >= WHY_INJECT_FIFO;
}

/* Takes part itself, on that CPU. */
static bool is_own(const struct why_injection *what)
{
	return what->kind >= WHY_INJECT_SOFTIRQ;
}

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * NSEC_PER_SEC + (u64)t.tv_nsec;
}

static int take_label(void *arg, void *data, size_t size)
{
	struct injector *in = arg;
	struct why_inject_label label;

	if (size != sizeof(label))
		return 0;
	memcpy(&label, data, sizeof(label));
	in->is_refused |= in->tell(in->arg, &label) != 0;
	return 0;
}

static struct bpf_program *program_of(struct inject *p, u32 kind)
{
	struct bpf_program *programs[WHY_INJECT_FIFO] = {
		[WHY_INJECT_HARDIRQ] = p->progs.in_hardirq,
		[WHY_INJECT_RQ_LOCK] = p->progs.in_rq_lock,
		[WHY_INJECT_SOFTIRQ] = p->progs.in_softirq,
		[WHY_INJECT_SYSCALL] = p->progs.in_syscall,
		[WHY_INJECT_IRQS_OFF] = p->progs.in_irqs_off,
	};

	return programs[kind];
}

/*
 * Between two beginnings at least. What comes at its own pace may come a little early, but never so
 * that the CPU has less than half of a delay to itself.
 */
static u64 apart_of(const struct why_injection *what)
{
	u64 least = what->length_ns + what->length_ns / 2;

	if (what->kind == WHY_INJECT_RQ_LOCK)
		return what->every_ns;
	return what->every_ns / 2 > least ? what->every_ns / 2 : least;
}

static int load(struct injector *in, struct why_error *err)
{
	const struct why_injection *what = in->what;
	struct bpf_program *p;
	int rc;

	libbpf_set_print(NULL);		/* what failed is told below, in one line */
	in->programs = inject__open();
	if (!in->programs)
		return why_error_set(err, WHY_EXIT_UNABLE, errno, "", "open the programs");
	in->programs->rodata->wanted_cpu = what->cpu;
	in->programs->rodata->own_tgid = (u32)getpid();
	in->programs->rodata->own_syscall = SYS_getppid;
	in->programs->rodata->own_signal = SIGURG;
	in->programs->rodata->length_ns = what->length_ns;
	in->programs->rodata->apart_ns = apart_of(what);
	in->programs->rodata->most = what->count ? what->count : ~0ULL;
	in->programs->rodata->end_ns = in->end_ns;
	bpf_object__for_each_program(p, in->programs->obj)
		bpf_program__set_autoload(p, p == program_of(in->programs, what->kind));
	rc = inject__load(in->programs);
	if (rc)
		return why_error_set(err, WHY_EXIT_UNABLE, -rc,
				     rc == -EPERM ? "run it as root" : "see whylate doctor",
				     "load a program that delays in %s",
				     why_inject_names[what->kind]);
	in->labels = ring_buffer__new(bpf_map__fd(in->programs->maps.labels), take_label, in,
				      NULL);
	return in->labels ? 0 : why_error_set(err, WHY_EXIT_FAILED, errno, "", "read labels");
}

static int open_event(const struct why_injection *what)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK, .sample_period = what->every_ns,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, (int)what->cpu, -1,
			    PERF_FLAG_FD_CLOEXEC);
}

static int attach(struct injector *in, struct why_error *err)
{
	struct bpf_program *p = program_of(in->programs, in->what->kind);

	if (in->what->kind == WHY_INJECT_HARDIRQ) {
		in->event = open_event(in->what);
		if (in->event >= 0)
			in->link = bpf_program__attach_perf_event(p, in->event);
	} else {
		in->link = bpf_program__attach(p);
	}
	if (!in->link)
		return why_error_set(err, WHY_EXIT_UNABLE, errno, "see whylate doctor",
				     "delay CPU %u in %s", in->what->cpu,
				     why_inject_names[in->what->kind]);
	return 0;
}

/* What the kinds that we make ourselves need: to run on that CPU, and something to do there. */
static int prepare(struct injector *in, struct why_error *err)
{
	cpu_set_t cpus;

	if (in->what->kind == WHY_INJECT_IRQS_OFF && why_is_rt())
		return why_error_set(err, WHY_EXIT_UNABLE, 0, "rq-lock turns interrupts off there",
				     "turn interrupts off: on PREEMPT_RT the lock of a task's "
				     "signals leaves them on");
	if (!is_own(in->what))
		return 0;
	CPU_ZERO(&cpus);
	CPU_SET(in->what->cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		return why_error_set(err, WHY_EXIT_FAILED, errno, "is it online?",
				     "run on CPU %u", in->what->cpu);
	if (is_task(in->what))
		return why_turns_prepare(&in->turns, in->what, err);
	return in->what->kind == WHY_INJECT_SOFTIRQ ? why_loopback_open(&in->sock, err) : 0;
}

static void take_turn(struct injector *in)
{
	struct why_inject_label label;

	/* Where that CPU went offline we are elsewhere. */
	if (sched_getcpu() != (int)in->what->cpu || !why_turns_make(&in->turns, &label))
		return;
	in->made++;
	if (why_turns_rank(&in->turns, false))
		in->rank_error = errno;
	in->is_refused |= in->tell(in->arg, &label) != 0;
	if (why_turns_rank(&in->turns, true))
		in->rank_error = errno;
}

static void act(struct injector *in)
{
	char byte = 0;

	if (is_task(in->what)) {
		take_turn(in);
	} else if (in->what->kind == WHY_INJECT_SYSCALL) {
		syscall(SYS_getppid);
	} else if (in->what->kind == WHY_INJECT_IRQS_OFF) {
		kill(getpid(), SIGURG);		/* ignored unless somebody handles it */
	} else if (in->what->kind == WHY_INJECT_SOFTIRQ) {
		while (recv(in->sock, &byte, 1, 0) > 0)
			;
		/* A datagram that is dropped is a delay less, which the labels show. */
		if (send(in->sock, &byte, 1, 0) < 0)
			return;
	}
}

/* Sleeps until `at`; returns true where a signal that ends it waits: it is left to the caller. */
static bool sleep_until(u64 at)
{
	sigset_t ends;
	struct timespec t;
	u64 now;
	int signal;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	do {
		now = now_ns();
		t.tv_sec = at > now ? (time_t)((at - now) / NSEC_PER_SEC) : 0;
		t.tv_nsec = at > now ? (long)((at - now) % NSEC_PER_SEC) : 0;
		signal = sigtimedwait(&ends, NULL, &t);
	} while (signal < 0 && errno == EINTR);
	if (signal > 0)
		raise(signal);
	return signal > 0;
}

static void take_labels(struct injector *in)
{
	if (is_task(in->what))
		return;
	ring_buffer__consume(in->labels);
	in->made = WHY_LOAD(in->programs->bss->made);
}

/* The next turn: in step, but not before the CPU has had as long for others as a delay takes. */
static u64 next_turn(u64 at, const struct why_injection *what)
{
	u64 next = at + (is_own(what) ? what->every_ns : LOOK_NS);
	u64 rested = now_ns() + what->length_ns;

	return next > rested ? next : rested;
}

static bool is_enough(const struct injector *in)
{
	return in->is_refused || in->rank_error || (in->what->count && in->made >= in->what->count);
}

/* The last may be under way. */
static void finish(struct injector *in)
{
	struct timespec t = { .tv_nsec = (long)(in->what->length_ns + LOOK_NS) };

	bpf_link__destroy(in->link);	/* with perf's event */
	in->link = NULL;
	in->event = -1;
	if (!is_task(in->what))
		nanosleep(&t, NULL);
	take_labels(in);
}

static void run(struct injector *in)
{
	const struct why_injection *what = in->what;
	u64 end = in->end_ns, at = now_ns();

	while (!is_enough(in)) {
		at = next_turn(at, what);
		if (sleep_until(at < end ? at : end) || now_ns() >= end)
			break;
		act(in);
		take_labels(in);
	}
	finish(in);
}

static void release(struct injector *in)
{
	bpf_link__destroy(in->link);
	if (in->event >= 0)
		close(in->event);
	ring_buffer__free(in->labels);
	inject__destroy(in->programs);
	if (in->sock >= 0)
		close(in->sock);
	why_turns_release(&in->turns);
}

int why_inject(const struct why_injection *what,
	       int (*tell)(void *arg, const struct why_inject_label *label), void *arg,
	       u64 *ret_lost, struct why_error *err)
{
	struct injector in = { .what = what, .tell = tell, .arg = arg, .event = -1, .sock = -1,
			       .turns = { .sock = -1 },
			       .end_ns = now_ns() + what->duration_ns };
	int rc = prepare(&in, err);

	*ret_lost = 0;
	if (!rc && !is_task(what))
		rc = load(&in, err) ?: attach(&in, err);
	if (!rc)
		run(&in);
	if (!rc && in.rank_error)
		rc = why_error_set(err, WHY_EXIT_FAILED, in.rank_error, "", "go on as SCHED_FIFO");
	if (in.programs)
		*ret_lost = WHY_LOAD(in.programs->bss->lost);
	release(&in);
	return rc;
}
