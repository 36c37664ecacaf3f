/* SPDX-License-Identifier: GPL-2.0-only */
/* What a watch keeps, shared by its three files. */
#ifndef WHY_LIB_WATCH_STATE_H
#define WHY_LIB_WATCH_STATE_H

#include "lib/history.h"
#include "lib/watch.h"

enum { WHY_WATCH_DEAD = 4096, WHY_WATCH_PENDING = 1024, WHY_WATCH_OFFENDERS = 8192 };

/* A violation that waits for what happens shortly after it. */
struct why_pending {
	struct why_sample sample;
	u32 slo;
	u64 nr;
	u64 limit_ns;
	u64 heard_ns;
	bool is_open;
};

struct why_watch {
	struct why_watch_config config;
	struct why_replay *replay;
	struct why_history *history;
	u64 over_ns[WHY_KIND_NR];	/* least limit of the kind; ~0: none */
	u64 *max_ns;			/* [WHY_WATCH_SLOS] so far, of limits that are maxima */
	u64 *nr;			/* [WHY_WATCH_SLOS] violations */
	u64 nr_all, nr_skipped;
	struct why_pending *pending;	/* [nr_pending] */
	size_t nr_pending;
	u64 due_ns;			/* of the first of them */
	bool is_put_off;		/* there was no time for them */
	u64 now_ns;			/* of the event at hand */
	struct why_person dead[WHY_WATCH_DEAD];	/* the last, in a ring */
	u64 nr_dead;
	struct why_offender *offenders;	/* [WHY_WATCH_OFFENDERS] by pid, hashed */
	u64 nr_other_offences;
	bool is_short;			/* of memory */
	bool (*is_so)(void *arg, const struct why_sample *s, u64 *note);
	void *is_so_arg;
};

/* Fills in v->idle. Returns 0 or -ENOMEM. */
int why_watch_add_idle(const struct why_watch *w, struct why_violation *v);

struct why_replay_task;
void why_watch_describe(const struct why_replay_task *p, struct why_person *ret);

/* The violation that `p` tells of, with all that is known of it; NULL without memory. */
struct why_violation *why_watch_build(const struct why_watch *w, const struct why_pending *p);

#endif
