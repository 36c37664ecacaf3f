/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kinds of inject.h that are tasks do in one turn: each makes one delay, of which the
 * label is what its own threads saw of it by the clock. One caller at a time.
 */
#ifndef WHY_LAB_TURNS_H
#define WHY_LAB_TURNS_H

#include "lab/inject.h"

#include <stdbool.h>

struct why_turns {
	const struct why_injection *what;
	int sock;		/* a datagram socket that sends to itself; -1: none */
	char group[128];	/* the cgroup of the kind that has one; empty: none */
	char group_before[512];
};

/* Gets ready what the kind needs, in the caller's thread, which is on its CPU. 0, or -errno. */
int why_turns_prepare(struct why_turns *t, const struct why_injection *what,
		      struct why_error *err);

/* One turn. Whether it made a delay, then with *ret. */
bool why_turns_make(struct why_turns *t, struct why_inject_label *ret);

/* Leaves nothing behind. */
void why_turns_release(struct why_turns *t);

/* A datagram socket on loopback that sends to itself. 0, or -errno with *err. */
int why_loopback_open(int *ret, struct why_error *err);

#endif
