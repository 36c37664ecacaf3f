// SPDX-License-Identifier: GPL-2.0-only
/* See teller.h. */
#include "lab/teller.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000ULL

static const struct timespec look_every = { .tv_nsec = 10000000 };

void why_teller_tell(struct why_teller *t, const struct why_inject_label *label)
{
	if (t->is_refused)
		__atomic_fetch_add(&t->lost, 1, __ATOMIC_RELAXED);
	else
		t->is_refused = t->tell(t->arg, label) != 0;
}

static void tell_all(struct why_teller *t)
{
	u64 head = __atomic_load_n(&t->head, __ATOMIC_ACQUIRE), tail = t->tail;

	for (; tail != head; tail++) {
		why_teller_tell(t, &t->room[tail % WHY_TELLER_ROOM]);
		__atomic_store_n(&t->tail, tail + 1, __ATOMIC_RELEASE);
	}
}

void why_teller_put(struct why_teller *t, const struct why_inject_label *label)
{
	if (t->head - __atomic_load_n(&t->tail, __ATOMIC_ACQUIRE) == WHY_TELLER_ROOM) {
		__atomic_fetch_add(&t->lost, 1, __ATOMIC_RELAXED);
		return;
	}
	t->room[t->head % WHY_TELLER_ROOM] = *label;
	__atomic_store_n(&t->head, t->head + 1, __ATOMIC_RELEASE);
}

/* The other CPUs, where there are any to be had. */
static void leave_cpu(u32 cpu)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return;
	CPU_CLR(cpu, &cpus);
	if (CPU_COUNT(&cpus))
		sched_setaffinity(0, sizeof(cpus), &cpus);
}

static void *run(void *arg)
{
	struct why_teller *t = arg;
	bool is_last, is_enough = false;
	sigset_t ends;
	int signal;

	prctl(PR_SET_NAME, "teller");
	leave_cpu(t->cpu);
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	do {
		signal = is_enough ? nanosleep(&look_every, NULL)
				   : sigtimedwait(&ends, NULL, &look_every);
		if (signal > 0)
			kill(getpid(), signal);
		is_last = __atomic_load_n(&t->is_last, __ATOMIC_ACQUIRE);
		is_enough |= signal > 0;
		if (t->fetch)
			is_enough |= t->fetch(t);
		tell_all(t);
		is_enough |= t->is_refused;
		if (is_enough)
			sem_post(&t->stop);
	} while (!is_last);
	return NULL;
}

int why_teller_begin(struct why_teller *t, struct why_error *err)
{
	int rc;

	sem_init(&t->stop, 0, 0);
	rc = pthread_create(&t->thread, NULL, run, t);
	if (!rc)
		return 0;
	t->thread = 0;
	return why_error_set(err, WHY_EXIT_FAILED, rc, "", "begin a thread that tells");
}

bool why_teller_sleep(struct why_teller *t, u64 at)
{
	struct timespec until = { .tv_sec = (time_t)(at / NSEC_PER_SEC),
				  .tv_nsec = (long)(at % NSEC_PER_SEC) };
	int rc;

	do {
		rc = sem_clockwait(&t->stop, CLOCK_MONOTONIC, &until);
	} while (rc && errno == EINTR);
	return !rc;
}

void why_teller_end(struct why_teller *t)
{
	if (!t->thread)
		return;
	__atomic_store_n(&t->is_last, true, __ATOMIC_RELEASE);
	pthread_join(t->thread, NULL);
	sem_destroy(&t->stop);
	t->thread = 0;
}
