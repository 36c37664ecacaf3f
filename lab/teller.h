/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Labels are told of by a thread of their own, on another CPU where it may: to write one takes as
 * long as many a delay, and would be a delay without a label.
 *
 * One thread makes labels, begins and ends the telling; it shares nothing but this with the other.
 */
#ifndef WHY_LAB_TELLER_H
#define WHY_LAB_TELLER_H

#include "lab/inject.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

enum { WHY_TELLER_ROOM = 1 << 13 };	/* labels between two looks */

struct why_teller {
	/* Set by whoever begins. `fetch` may be NULL; returns whether there are enough. */
	int (*tell)(void *arg, const struct why_inject_label *label);
	void *arg;
	bool (*fetch)(struct why_teller *t);
	u32 cpu;		/* where the delays are */

	pthread_t thread;
	sem_t stop;		/* posted where nothing more is wanted */
	bool is_refused, is_last;
	u64 head, tail, lost;
	struct why_inject_label room[WHY_TELLER_ROOM];
};

/*
 * Begins, from the caller's CPUs and in its class: before it is bound to one or rises. The caller
 * has blocked SIGINT, SIGTERM and SIGHUP. 0, or -errno with *err.
 */
int why_teller_begin(struct why_teller *t, struct why_error *err);

/* One that was made. Takes no time to speak of: it is told of within 10 ms, or counted as lost. */
void why_teller_put(struct why_teller *t, const struct why_inject_label *label);

/*
 * The same for what `fetch` found: tells of it now, or counts it as lost where `tell` has refused
 * one before. By the teller's thread alone.
 */
void why_teller_tell(struct why_teller *t, const struct why_inject_label *label);

/*
 * Sleeps until `at` by CLOCK_MONOTONIC. Returns true, at once, where nothing more is wanted: `tell`
 * refused, `fetch` has enough, or a signal that ends it waits, which goes on waiting.
 */
bool why_teller_sleep(struct why_teller *t, u64 at);

/* Tells of what is left, and ends. */
void why_teller_end(struct why_teller *t);

#endif
