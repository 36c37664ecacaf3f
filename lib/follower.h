/* SPDX-License-Identifier: GPL-2.0-only */
/* A measurement followed live: its rings' events, through a replay, to an observer. */
#ifndef WHY_LIB_FOLLOWER_H
#define WHY_LIB_FOLLOWER_H

#include "lib/observer.h"
#include "lib/taker.h"

struct why_follower;

/* `observer` is borrowed. NULL without memory. */
struct why_follower *why_follower_new(const struct why_observer *observer);
void why_follower_free(struct why_follower *f);

/* Its verbs, to be called while it lives. */
struct why_taker why_follower_taker(struct why_follower *f);

/* Records that the rings lost so far. */
u64 why_follower_lost(const struct why_follower *f);

#endif
