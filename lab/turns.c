// SPDX-License-Identifier: GPL-2.0-only
/* See turns.h. */
#include "lab/turns.h"

#include "lib/cgroup.h"
#include "lib/machine.h"

#include <errno.h>
#include <glob.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FIFO = 50, ABOVE_ALL = 90, CONVOY = 4 };

/* --- spinning --- */

static void spin(u64 ns, struct why_inject_label *ret)
{
	ret->begin_ns = why_now_ns();
	do {
		ret->end_ns = why_now_ns();
	} while (ret->end_ns - ret->begin_ns < ns);
}

/* Computes for `ns` of CPU time, whoever interrupts. */
static void compute(u64 ns)
{
	u64 end = 0, at;
	struct timespec t;

	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
		at = (u64)t.tv_sec * 1000000000ULL + (u64)t.tv_nsec;
		end = end ? end : at + ns;
	} while (at < end);
}

static bool make_spin(struct why_turns *t, struct why_inject_label *ret)
{
	spin(t->what->length_ns, ret);
	return true;
}

/* --- storms --- */

static bool make_forks(struct why_turns *t, struct why_inject_label *ret)
{
	pid_t child;

	ret->begin_ns = why_now_ns();
	do {
		child = fork();
		if (!child)
			_exit(0);
		if (child > 0)
			waitpid(child, NULL, 0);
		ret->end_ns = why_now_ns();
	} while (child > 0 && ret->end_ns - ret->begin_ns < t->what->length_ns);
	return child > 0;
}

int why_loopback_open(int *ret, struct why_error *err)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	socklen_t size = sizeof(to);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*ret = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*ret >= 0 && !bind(*ret, (struct sockaddr *)&to, size) &&
	    !getsockname(*ret, (struct sockaddr *)&to, &size) &&
	    !connect(*ret, (struct sockaddr *)&to, size))
		return 0;
	return why_error_set(err, WHY_EXIT_UNABLE, errno, "is the loopback device up?",
			     "send datagrams over loopback");
}

static bool make_flood(struct why_turns *t, struct why_inject_label *ret)
{
	char packet[64] = { 0 };
	u64 nr = 0;

	ret->begin_ns = why_now_ns();
	do {
		nr += send(t->sock, packet, sizeof(packet), 0) > 0;
		while (recv(t->sock, packet, sizeof(packet), 0) > 0)
			;
		ret->end_ns = why_now_ns();
	} while (ret->end_ns - ret->begin_ns < t->what->length_ns);
	return nr > 0;
}

/* --- one waits for another --- */

struct cast {
	const struct why_injection *what;
	pthread_mutex_t mutex;
	sem_t held, called;
	struct why_inject_label label;
};

static pthread_t start(struct cast *c, int fifo, void *(*run)(void *arg))
{
	struct sched_param param = { .sched_priority = fifo };
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, fifo ? SCHED_FIFO : SCHED_OTHER);
	pthread_attr_setschedparam(&attr, &param);
	rc = pthread_create(&thread, &attr, run, c);
	pthread_attr_destroy(&attr);
	return rc ? 0 : thread;
}

static void join(pthread_t thread)
{
	if (thread)
		pthread_join(thread, NULL);
}

static void *hold(void *arg)
{
	struct cast *c = arg;

	prctl(PR_SET_NAME, "holder");
	pthread_mutex_lock(&c->mutex);
	sem_post(&c->held);
	compute(c->what->length_ns);
	pthread_mutex_unlock(&c->mutex);
	return NULL;
}

static void *be_between(void *arg)
{
	struct cast *c = arg;

	prctl(PR_SET_NAME, "between");
	compute(c->what->length_ns / 2);
	return NULL;
}

static void *want(void *arg)
{
	struct cast *c = arg;

	prctl(PR_SET_NAME, "victim");
	c->label.begin_ns = why_now_ns();
	pthread_mutex_lock(&c->mutex);
	c->label.end_ns = why_now_ns();
	pthread_mutex_unlock(&c->mutex);
	return NULL;
}

static void begin_cast(struct cast *c, const struct why_injection *what, int protocol)
{
	pthread_mutexattr_t attr;

	*c = (struct cast){ .what = what };
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, protocol);
	pthread_mutex_init(&c->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	sem_init(&c->held, 0, 0);
	sem_init(&c->called, 0, 0);
}

static bool end_cast(struct cast *c, struct why_inject_label *ret)
{
	pthread_mutex_destroy(&c->mutex);
	sem_destroy(&c->held);
	sem_destroy(&c->called);
	*ret = c->label;
	return c->label.end_ns;
}

/* A low task holds what a high one wants; one between them computes too. */
static bool invert(struct why_turns *t, int protocol, struct why_inject_label *ret)
{
	pthread_t holder, victim, between;
	struct cast c;

	begin_cast(&c, t->what, protocol);
	holder = start(&c, 10, hold);
	if (holder)
		sem_wait(&c.held);
	victim = start(&c, 80, want);
	between = start(&c, FIFO, be_between);
	join(victim);
	join(between);
	join(holder);
	return end_cast(&c, ret) && holder && between;
}

static bool make_inversion(struct why_turns *t, struct why_inject_label *ret)
{
	return invert(t, PTHREAD_PRIO_NONE, ret);
}

static bool make_boost(struct why_turns *t, struct why_inject_label *ret)
{
	return invert(t, PTHREAD_PRIO_INHERIT, ret);
}

static void *take_turn(void *arg)
{
	struct cast *c = arg;

	prctl(PR_SET_NAME, "convoy");
	pthread_mutex_lock(&c->mutex);
	compute(c->what->length_ns / CONVOY);
	c->label.end_ns = why_now_ns();
	pthread_mutex_unlock(&c->mutex);
	return NULL;
}

static bool make_convoy(struct why_turns *t, struct why_inject_label *ret)
{
	pthread_t threads[CONVOY];
	struct cast c;
	u32 i;

	begin_cast(&c, t->what, PTHREAD_PRIO_NONE);
	c.label.begin_ns = why_now_ns();
	for (i = 0; i < CONVOY; i++)
		threads[i] = start(&c, 0, take_turn);
	for (i = 0; i < CONVOY; i++)
		join(threads[i]);
	return end_cast(&c, ret);
}

/* --- may run nowhere else --- */

static void *come(void *arg)
{
	struct cast *c = arg;

	prctl(PR_SET_NAME, "trapped");
	sem_post(&c->held);
	while (sem_wait(&c->called))
		;
	c->label.end_ns = why_now_ns();
	return NULL;
}

static bool make_trap(struct why_turns *t, struct why_inject_label *ret)
{
	struct why_inject_label spun;
	pthread_t victim;
	struct cast c;

	begin_cast(&c, t->what, PTHREAD_PRIO_NONE);
	victim = start(&c, 0, come);
	if (victim) {
		sem_wait(&c.held);
		usleep(1000);	/* it sleeps by then */
		c.label.begin_ns = why_now_ns();
		sem_post(&c.called);
		spin(t->what->length_ns, &spun);
	}
	join(victim);
	return end_cast(&c, ret);
}

/* --- a quota that is spent --- */

static bool put(const char *directory, const char *file, const char *format, u64 a, u64 b)
{
	char path[640];
	FILE *f;
	bool is_written;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	f = fopen(path, "we");
	if (!f)
		return false;
	is_written = fprintf(f, format, a, b) > 0;
	return !fclose(f) && is_written;
}

/* Where we are in the hierarchy of the CPU controller: a directory. */
static bool find_group(char *ret, size_t size, const char *root)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[512], wanted[32], *path;
	bool is_found = false;

	snprintf(wanted, sizeof(wanted), ":%s:", why_cgroup_cpu_controller());
	while (f && !is_found && fgets(line, sizeof(line), f)) {
		path = strstr(line, wanted);
		is_found = path != NULL;
		if (is_found)
			snprintf(ret, size, "%s%.*s", root,
				 (int)strcspn(path + strlen(wanted), "\n"), path + strlen(wanted));
	}
	if (f)
		fclose(f);
	return is_found;
}

/* In every period of `every_ns` all but `length_ns` may be used. */
static bool set_quota(const struct why_turns *t, bool is_v1)
{
	u64 period_us = t->what->every_ns / 1000;
	u64 quota_us = (t->what->every_ns - t->what->length_ns) / 1000;

	if (!is_v1)
		return put(t->group, "cpu.max", "%llu %llu", quota_us, period_us);
	return put(t->group, "cpu.cfs_period_us", "%llu", period_us, 0) &&
	       put(t->group, "cpu.cfs_quota_us", "%llu", quota_us, 0);
}

/* Groups of runs that were killed: the empty ones. */
static void remove_old_groups(const char *root)
{
	char pattern[64];
	glob_t found;
	size_t i;

	snprintf(pattern, sizeof(pattern), "%s/whylate-lab.*", root);
	if (glob(pattern, 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++)
		rmdir(found.gl_pathv[i]);
	globfree(&found);
}

static int enter_group(struct why_turns *t, struct why_error *err)
{
	bool is_v1 = *why_cgroup_cpu_controller() != 0;
	const char *root = is_v1 ? "/sys/fs/cgroup/cpu" : "/sys/fs/cgroup";

	remove_old_groups(root);
	snprintf(t->group, sizeof(t->group), "%s/whylate-lab.%d", root, getpid());
	if (!find_group(t->group_before, sizeof(t->group_before), root) ||
	    mkdir(t->group, 0755) || !set_quota(t, is_v1) ||
	    !put(t->group, "cgroup.procs", "%llu", (u64)getpid(), 0))
		return why_error_set(err, WHY_EXIT_UNABLE, errno, "as root, with the cpu "
				     "controller in the root's cgroup.subtree_control",
				     "throttle a cgroup of our own, %s", t->group);
	return 0;
}

/* Uses its quota up: the hole in its time is the delay. */
static bool make_throttled(struct why_turns *t, struct why_inject_label *ret)
{
	u64 begin = why_now_ns(), last = begin, now = begin;

	while (now - last < t->what->length_ns / 2) {
		if (now - begin > 4 * t->what->every_ns)
			return false;
		last = now;
		now = why_now_ns();
	}
	*ret = (struct why_inject_label){ last, now };
	return true;
}

/* --- all of them --- */

static bool (*const makers[WHY_INJECT_NR])(struct why_turns *t, struct why_inject_label *ret) = {
	[WHY_INJECT_FIFO] = make_spin,
	[WHY_INJECT_TASK] = make_spin,
	[WHY_INJECT_NICED] = make_spin,
	[WHY_INJECT_THROTTLED] = make_throttled,
	[WHY_INJECT_AFFINITY] = make_trap,
	[WHY_INJECT_INVERSION] = make_inversion,
	[WHY_INJECT_BOOST] = make_boost,
	[WHY_INJECT_CONVOY] = make_convoy,
	[WHY_INJECT_FORKS] = make_forks,
	[WHY_INJECT_FLOOD] = make_flood,
};

/* Who plays an inversion goes before the others, so as to place them. */
static int priority_of(u32 kind)
{
	if (kind == WHY_INJECT_INVERSION || kind == WHY_INJECT_BOOST)
		return ABOVE_ALL;
	return kind == WHY_INJECT_FIFO || kind == WHY_INJECT_AFFINITY ? FIFO : 0;
}

int why_turns_prepare(struct why_turns *t, const struct why_injection *what,
		      struct why_error *err)
{
	struct sched_param p = { .sched_priority = priority_of(what->kind) };

	*t = (struct why_turns){ .what = what, .sock = -1 };
	if (p.sched_priority && sched_setscheduler(0, SCHED_FIFO, &p))
		return why_error_set(err, WHY_EXIT_UNABLE, errno, "run it as root",
				     "run as SCHED_FIFO");
	if (what->kind == WHY_INJECT_NICED && setpriority(PRIO_PROCESS, 0, 19))
		return why_error_set(err, WHY_EXIT_FAILED, errno, "", "be nice");
	if (what->kind == WHY_INJECT_FLOOD)
		return why_loopback_open(&t->sock, err);
	return what->kind == WHY_INJECT_THROTTLED ? enter_group(t, err) : 0;
}

bool why_turns_make(struct why_turns *t, struct why_inject_label *ret)
{
	return makers[t->what->kind](t, ret);
}

void why_turns_release(struct why_turns *t)
{
	if (t->sock >= 0)
		close(t->sock);
	if (!t->group[0])
		return;
	put(t->group_before, "cgroup.procs", "%llu", (u64)getpid(), 0);
	rmdir(t->group);
}
