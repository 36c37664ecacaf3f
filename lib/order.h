/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One CPU's events in order of time. In its ring a hook that was interrupted stands after the
 * interrupt that it came before: it reads its clock, then claims its place. So the latest are held
 * back a while.
 *
 * One thread at a time.
 */
#ifndef WHY_LIB_ORDER_H
#define WHY_LIB_ORDER_H

#include "lib/event.h"

#include <stddef.h>

/* All zero at the beginning. */
struct why_order {
	struct why_event *events;	/* [nr], sorted */
	size_t nr, room;
	u64 last_ns;		/* of those handed out */
	u64 nr_late;		/* came after later ones had been handed out: given their time */
};

/* Adds events as the ring had them. Returns 0 or -ENOMEM. */
int why_order_add(struct why_order *o, const struct why_event *events, size_t n);

/* How many of o->events are earlier than `until`: those may be used, then dropped. */
size_t why_order_ready(const struct why_order *o, u64 until);
void why_order_drop(struct why_order *o, size_t n);

void why_order_free(struct why_order *o);

#endif
