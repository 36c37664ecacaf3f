// SPDX-License-Identifier: GPL-2.0-only
/* Four classic faults: see scene.h. Every thread sleeps until a time, so that they stay in step. */
#include "lab/scene.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define US 1000ULL
#define MS 1000000ULL

const char *const why_scene_names[WHY_SCENE_NR] = {
	[WHY_SCENE_INVERSION] = "inversion",
	[WHY_SCENE_PRIORITY] = "priority",
	[WHY_SCENE_BLOCKING] = "blocking",
	[WHY_SCENE_HOG] = "hog",
};

enum { REQUEST_EVERY = 5 /* turns */, MOST_ACTORS = 3 };

/* What they share. */
struct stage {
	u64 begin_ns, end_ns;
	u32 cpu;
	pthread_mutex_t mutex;	/* without priority inheritance: that is the fault */
	int request[2], answer[2];
};

struct actor {
	const char *name;
	int fifo;		/* priority; 0: an ordinary task */
	u64 period_ns, offset_ns, work_ns;
	void (*turn)(struct stage *s, const struct actor *a, u64 nr);
	struct stage *stage;
	pthread_t thread;
};

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 * MS + (u64)t.tv_nsec;
}

static void sleep_until(u64 at)
{
	struct timespec t = { (time_t)(at / (1000 * MS)), (long)(at % (1000 * MS)) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

/* Computes for `ns` of CPU time, whoever interrupts. */
static void compute(u64 ns)
{
	struct timespec t;
	u64 end = 0, at;

	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
		at = (u64)t.tv_sec * 1000 * MS + (u64)t.tv_nsec;
		end = end ?: at + ns;
	} while (at < end);
}

static void just_compute(struct stage *s, const struct actor *a, u64 nr)
{
	(void)s, (void)nr;
	compute(a->work_ns);
}

static void compute_locked(struct stage *s, const struct actor *a, u64 nr)
{
	(void)nr;
	pthread_mutex_lock(&s->mutex);
	compute(a->work_ns);
	pthread_mutex_unlock(&s->mutex);
}

static void ask(struct stage *s, const struct actor *a, u64 nr)
{
	char byte = 0;

	compute(a->work_ns);
	if (nr % REQUEST_EVERY || write(s->request[1], &byte, 1) != 1)
		return;
	if (read(s->answer[0], &byte, 1) == 1)
		compute(a->work_ns);
}

/* A request is answered, after a while; the end of the pipe ends it. */
static void answer(struct stage *s, const struct actor *a, u64 nr)
{
	char byte;

	(void)nr;
	while (read(s->request[0], &byte, 1) == 1) {
		sleep_until(now_ns() + a->work_ns);
		if (write(s->answer[1], &byte, 1) != 1)
			return;
	}
}

static void *act(void *arg)
{
	const struct actor *a = arg;
	struct stage *s = a->stage;
	u64 at = s->begin_ns + a->offset_ns, nr;

	prctl(PR_SET_NAME, a->name);
	for (nr = 1; at < s->end_ns; nr++, at += a->period_ns) {
		sleep_until(at);
		a->turn(s, a, nr);
	}
	if (a->turn == ask)
		close(s->request[1]);
	return NULL;
}

static const struct actor casts[WHY_SCENE_NR][MOST_ACTORS] = {
	[WHY_SCENE_INVERSION] = {
		{ "low", 10, 20 * MS, 0, 2 * MS, compute_locked },
		{ "medium", 50, 20 * MS, 500 * US, 5 * MS, just_compute },
		{ "control", 80, 20 * MS, 1000 * US, 100 * US, compute_locked },
	},
	[WHY_SCENE_PRIORITY] = {
		{ "control", 0, 5 * MS, 100 * US, 300 * US, just_compute },
		{ "logger", 5, 20 * MS, 0, 4 * MS, just_compute },
	},
	[WHY_SCENE_BLOCKING] = {
		{ "control", 80, 10 * MS, 0, 200 * US, ask },
		{ "backend", 0, ~0ULL / 4, 0, 4 * MS, answer },
	},
	[WHY_SCENE_HOG] = {
		{ "control", 0, 5 * MS, 0, 500 * US, just_compute },
		{ "hog", 0, 10 * MS, 0, 10 * MS, just_compute },
		{ "hog", 0, 10 * MS, 0, 10 * MS, just_compute },
	},
};

static int start(struct actor *a)
{
	struct sched_param param = { .sched_priority = a->fifo };
	pthread_attr_t attr;
	cpu_set_t set;
	int rc;

	CPU_ZERO(&set);
	CPU_SET(a->stage->cpu, &set);
	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, a->fifo ? SCHED_FIFO : SCHED_OTHER);
	pthread_attr_setschedparam(&attr, &param);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	rc = pthread_create(&a->thread, &attr, act, a);
	pthread_attr_destroy(&attr);
	return rc;
}

static int perform(struct stage *s, const struct actor *cast, struct why_error *err)
{
	struct actor actors[MOST_ACTORS];
	int nr = 0, i, rc = 0;

	for (i = 0; !rc && i < MOST_ACTORS && cast[i].name; i++) {
		actors[i] = cast[i];
		actors[i].stage = s;
		rc = start(&actors[i]);
		nr += !rc;
	}
	/* Those that were started end at once. */
	if (rc)
		s->end_ns = 0;
	for (i = 0; i < nr; i++)
		pthread_join(actors[i].thread, NULL);
	if (!rc)
		return 0;
	if (rc == EPERM)
		return why_error_set(err, WHY_EXIT_UNABLE, rc, "run it as root",
				     "give a thread a real-time priority");
	return why_error_set(err, WHY_EXIT_FAILED, rc, "is it online?",
			     "start a thread on CPU %u", s->cpu);
}

int why_scene_play(enum why_scene scene, u32 cpu, u64 duration_ns, struct why_error *err)
{
	struct stage s = { .cpu = cpu, .mutex = PTHREAD_MUTEX_INITIALIZER };
	int rc;

	if (pipe(s.request) || pipe(s.answer))
		return why_error_set(err, WHY_EXIT_FAILED, errno, "", "make a pipe");
	s.begin_ns = now_ns() + 10 * MS;
	s.end_ns = s.begin_ns + duration_ns;
	rc = perform(&s, casts[scene], err);
	close(s.request[0]);
	if (scene != WHY_SCENE_BLOCKING)
		close(s.request[1]);
	close(s.answer[0]);
	close(s.answer[1]);
	return rc;
}
