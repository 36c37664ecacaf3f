/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every load generator shares: a clock, pinning, priorities, long options with units, and a
 * life that ends with its parent's. Included by one .c file per program; knows nothing of whylate.
 *
 * A generator sets up, waits for a line on stdin if told to (--go), works, prints one JSON line,
 * stays asleep until stdin ends if told to (--linger), and is killed by an alarm after --limit.
 */
#ifndef LOAD_H
#define LOAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOAD_US 1000ULL
#define LOAD_MS (1000 * LOAD_US)
#define LOAD_S	(1000 * LOAD_MS)

/* Exit status of a load this machine can't make (one CPU, no cgroup controller). */
#define LOAD_CANNOT 77

enum load_type { LOAD_NR, LOAD_TIME, LOAD_FLAG, LOAD_TEXT };

/* @value points to uint64_t (number, time in ns), bool, or const char *, as @type says. */
struct load_option {
	const char *name;
	enum load_type type;
	void *value;
	const char *help;
};

/* Options every generator takes; filled by load_options(). */
static bool load_waits_for_go;
static bool load_lingers;
static uint64_t load_limit_ns = 120 * LOAD_S;

#define load_die(...) load_quit(1, errno, __VA_ARGS__)

#define load_quit(status, err, ...)                                                                \
	do {                                                                                       \
		int load_err = (err);                                                              \
		fprintf(stderr, "%s: ", program_invocation_short_name);                            \
		fprintf(stderr, __VA_ARGS__);                                                      \
		fprintf(stderr, load_err ? ": %s\n" : "\n", strerror(load_err));                   \
		_exit(status);                                                                     \
	} while (0)

static inline uint64_t load_clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * LOAD_S + ts.tv_nsec;
}

static inline uint64_t load_now_ns(void)
{
	return load_clock_ns(CLOCK_MONOTONIC);
}

static inline pid_t load_tid(void)
{
	return syscall(SYS_gettid);
}

/*
 * In a loop that waits for another CPU or for time: an emulated CPU gives its turn to the next,
 * which would come up to 100 ms later.
 */
static inline void load_relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Burn CPU until @until_ns on CLOCK_MONOTONIC; return the last time read. */
static inline uint64_t load_spin_until(uint64_t until_ns)
{
	uint64_t now_ns;

	while ((now_ns = load_now_ns()) < until_ns)
		load_relax();
	return now_ns;
}

static inline void load_sleep_until(uint64_t until_ns)
{
	struct timespec ts = {.tv_sec = until_ns / LOAD_S, .tv_nsec = until_ns % LOAD_S};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

/* Move task @tid (0: the caller) to @cpu alone. */
static inline void load_pin(pid_t tid, unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(tid, sizeof(set), &set))
		load_die("sched_setaffinity to CPU %u", cpu);
}

/* Give the caller SCHED_FIFO at @prio; 0 means SCHED_OTHER. */
static inline void load_set_fifo(unsigned int prio)
{
	struct sched_param param = {.sched_priority = prio};

	if (sched_setscheduler(0, prio ? SCHED_FIFO : SCHED_OTHER, &param))
		load_die("sched_setscheduler FIFO %u", prio);
}

static inline void load_set_name(const char *comm)
{
	prctl(PR_SET_NAME, comm);
}

/* Fork a child that can't outlive its parent. */
static inline pid_t load_fork(void)
{
	pid_t parent = getpid(), child = fork();

	if (child < 0)
		load_die("fork");
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
	}
	return child;
}

static inline pthread_t load_thread(void *(*body)(void *), void *arg, size_t stack_bytes)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	pthread_attr_init(&attr);
	if (stack_bytes)
		pthread_attr_setstacksize(&attr, stack_bytes);
	err = pthread_create(&thread, &attr, body, arg);
	if (err)
		load_quit(1, err, "pthread_create");
	pthread_attr_destroy(&attr);
	return thread;
}

/* A thread that has done its work says so and stays alive, asleep, with its process. */
static inline void load_rest(sem_t *done)
{
	sem_post(done);
	for (;;)
		pause();
}

static inline void load_wait(sem_t *done)
{
	while (sem_wait(done) && errno == EINTR)
		;
}

/* "250us", "1.5ms", "2s" in ns. */
static inline uint64_t load_parse_time(const char *text)
{
	char *unit;
	double number = strtod(text, &unit);
	double scale = !strcmp(unit, "s")    ? LOAD_S
		       : !strcmp(unit, "ms") ? LOAD_MS
		       : !strcmp(unit, "us") ? LOAD_US
		       : !strcmp(unit, "ns") ? 1
					     : 0;

	if (unit == text || !scale || number < 0)
		load_quit(2, 0, "not a time: '%s' (250us, 1.5ms, 2s)", text);
	return number * scale;
}

static inline uint64_t load_parse_number(const char *text)
{
	char *end;
	uint64_t number = strtoull(text, &end, 10);

	if (end == text || *end)
		load_quit(2, 0, "not a number: '%s'", text);
	return number;
}

static inline void load_store(const struct load_option *option, const char *text)
{
	switch (option->type) {
	case LOAD_NR:
		*(uint64_t *)option->value = load_parse_number(text);
		break;
	case LOAD_TIME:
		*(uint64_t *)option->value = load_parse_time(text);
		break;
	case LOAD_FLAG:
		*(bool *)option->value = true;
		break;
	case LOAD_TEXT:
		*(const char **)option->value = text;
		break;
	}
}

static const struct load_option load_common[] = {
	{"go", LOAD_FLAG, &load_waits_for_go, "wait for a line on stdin before working"},
	{"linger", LOAD_FLAG, &load_lingers, "stay asleep after the tally until stdin ends"},
	{"limit", LOAD_TIME, &load_limit_ns, "be killed after this (default 120s)"},
	{0},
};

static inline void load_help(const struct load_option *own)
{
	printf("usage: %s [options]\n", program_invocation_short_name);
	for (; own->name; own++)
		printf("  --%-14s %s\n", own->name, own->help);
	for (own = load_common; own->name; own++)
		printf("  --%-14s %s\n", own->name, own->help);
	exit(0);
}

/* Parse @argv into @own (ended by an empty entry), then put the whole life under its bounds. */
static inline void load_options(int argc, char **argv, const struct load_option *own)
{
	const struct load_option *from[32];
	struct option table[32] = {{"help", no_argument, NULL, 'h'}};
	int nr = 1, index;

	for (int list = 0; list < 2; list++) {
		for (const struct load_option *o = list ? load_common : own; o->name; o++, nr++) {
			from[nr] = o;
			table[nr].name = o->name;
			table[nr].has_arg = o->type == LOAD_FLAG ? no_argument : required_argument;
		}
	}
	for (int c; (c = getopt_long(argc, argv, "+", table, &index)) != -1;) {
		if (c == 'h')
			load_help(own);
		if (c)
			exit(2);
		load_store(from[index], optarg);
	}
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	alarm(load_limit_ns / LOAD_S + 1);
}

/* Called once when everything is set up. */
static inline void load_wait_for_go(void)
{
	char c = 0;

	while (load_waits_for_go && c != '\n')
		if (read(STDIN_FILENO, &c, 1) <= 0)
			exit(1);
}

/* Called once after the tally: the tasks stay alive so that others can read about them. */
static inline void load_linger(void)
{
	char c;

	fflush(stdout);
	while (load_lingers && read(STDIN_FILENO, &c, 1) > 0)
		;
}

/* A task's own switches, as the kernel counts them. */
struct load_switches {
	uint64_t voluntary;
	uint64_t involuntary;
};

static inline struct load_switches load_own_switches(void)
{
	struct load_switches own = {0};
	char line[256];
	FILE *status = fopen("/proc/thread-self/status", "re");

	if (!status)
		load_die("open /proc/thread-self/status");
	while (fgets(line, sizeof(line), status)) {
		sscanf(line, "voluntary_ctxt_switches: %" SCNu64, &own.voluntary);
		sscanf(line, "nonvoluntary_ctxt_switches: %" SCNu64, &own.involuntary);
	}
	fclose(status);
	return own;
}

#endif
