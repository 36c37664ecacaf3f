// SPDX-License-Identifier: GPL-2.0-only
/* Loads and feeds the programs of inject.bpf.c: see inject.h. */
#include "lab/inject.h"

#include "skel/inject.skel.h"
#include "lab/teller.h"
#include "lab/turns.h"
#include "lib/machine.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
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

struct injector {
	const struct why_injection *what;
	struct why_teller teller;
	struct inject *programs;
	struct bpf_link *link;
	struct ring_buffer *labels;
	int event;		/* perf's; -1: none */
	int sock;		/* a datagram socket that sends to itself; -1: none */
	struct why_turns turns;	/* of a kind that is a task */
	u64 made;		/* by turns */
	u64 end_ns;
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

static int take_label(void *arg, void *data, size_t size)
{
	struct why_inject_label label;

	if (size != sizeof(label))
		return 0;
	memcpy(&label, data, sizeof(label));
	why_teller_tell(arg, &label);
	return 0;
}

/* What the kernel's programs have made. */
static bool fetch_labels(struct why_teller *t)
{
	struct injector *in = (void *)((char *)t - offsetof(struct injector, teller));

	ring_buffer__consume(in->labels);
	return in->what->count && WHY_LOAD(in->programs->bss->made) >= in->what->count;
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
	in->labels = ring_buffer__new(bpf_map__fd(in->programs->maps.labels), take_label,
				      &in->teller, NULL);
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

static int check(const struct why_injection *what, struct why_error *err)
{
	if (what->kind == WHY_INJECT_IRQS_OFF && why_is_rt())
		return why_error_set(err, WHY_EXIT_UNABLE, 0, "rq-lock turns interrupts off there",
				     "turn interrupts off: on PREEMPT_RT the lock of a task's "
				     "signals leaves them on");
	return 0;
}

/* What the kinds that we make ourselves need: to run on that CPU, and something to do there. */
static int prepare(struct injector *in, struct why_error *err)
{
	cpu_set_t cpus;

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
	why_teller_put(&in->teller, &label);
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

/* The next turn: in step, but not before the CPU has had as long for others as a delay takes. */
static u64 next_turn(const struct injector *in, u64 at)
{
	u64 next = at + in->what->every_ns;
	u64 rested = why_now_ns() + in->what->length_ns;

	if (!is_own(in->what))
		return in->end_ns;
	next = next > rested ? next : rested;
	return next < in->end_ns ? next : in->end_ns;
}

static bool is_enough(const struct injector *in)
{
	return why_now_ns() >= in->end_ns || (in->what->count && in->made >= in->what->count);
}

static void run(struct injector *in)
{
	u64 at = why_now_ns();

	while (!is_enough(in)) {
		at = next_turn(in, at);
		if (why_teller_sleep(&in->teller, at) || is_enough(in))
			return;
		act(in);
	}
}

/* The last may be under way. */
static void finish(struct injector *in)
{
	struct timespec t = { .tv_nsec = (long)in->what->length_ns };

	if (in->link) {
		bpf_link__destroy(in->link);	/* with perf's event */
		in->link = NULL;
		in->event = -1;
		nanosleep(&t, NULL);
	}
	why_teller_end(&in->teller);
}

static void release(struct injector *in)
{
	if (in->event >= 0)
		close(in->event);
	ring_buffer__free(in->labels);
	inject__destroy(in->programs);
	if (in->sock >= 0)
		close(in->sock);
	why_turns_release(&in->turns);
}

/* The programs first: what follows binds us to the CPU, in the kind's class. */
static int begin(struct injector *in, struct why_error *err)
{
	int rc = check(in->what, err);

	if (!rc && !is_task(in->what))
		rc = load(in, err);
	rc = rc ?: why_teller_begin(&in->teller, err) ?: prepare(in, err);
	return rc || is_task(in->what) ? rc : attach(in, err);
}

int why_inject(const struct why_injection *what,
	       int (*tell)(void *arg, const struct why_inject_label *label), void *arg,
	       u64 *ret_lost, struct why_error *err)
{
	struct injector in = { .what = what, .event = -1, .sock = -1, .turns = { .sock = -1 },
			       .teller = { .tell = tell, .arg = arg, .cpu = what->cpu,
					   .fetch = is_task(what) ? NULL : fetch_labels },
			       .end_ns = why_now_ns() + what->duration_ns };
	int rc = begin(&in, err);

	if (!rc)
		run(&in);
	finish(&in);
	*ret_lost = in.teller.lost;
	if (in.programs)
		*ret_lost += WHY_LOAD(in.programs->bss->lost);
	release(&in);
	return rc;
}
