// SPDX-License-Identifier: GPL-2.0-only
/* Events in order of time: see order.h. Nearly sorted already, so each is moved a step or two. */
#include "lib/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make_room(struct why_order *o, size_t n)
{
	size_t room = o->room ?: 1024;
	struct why_event *events;

	while (room < o->nr + n)
		room *= 2;
	if (room == o->room)
		return 0;
	events = realloc(o->events, room * sizeof(*events));
	if (!events)
		return -ENOMEM;
	o->events = events;
	o->room = room;
	return 0;
}

/* Those of one time stay in the order in which they came. */
static void insert(struct why_order *o, const struct why_event *e)
{
	size_t at = o->nr++;

	while (at && o->events[at - 1].at_ns > e->at_ns) {
		o->events[at] = o->events[at - 1];
		at--;
	}
	o->events[at] = *e;
}

int why_order_add(struct why_order *o, const struct why_event *events, size_t n)
{
	struct why_event late;
	size_t i;
	int rc = make_room(o, n);

	for (i = 0; !rc && i < n; i++) {
		if (events[i].at_ns >= o->last_ns) {
			insert(o, &events[i]);
			continue;
		}
		late = events[i];
		late.at_ns = o->last_ns;
		o->nr_late++;
		insert(o, &late);
	}
	return rc;
}

size_t why_order_ready(const struct why_order *o, u64 until)
{
	size_t n = o->nr;

	while (n && o->events[n - 1].at_ns >= until)
		n--;
	return n;
}

void why_order_drop(struct why_order *o, size_t n)
{
	if (!n)
		return;
	o->last_ns = o->events[n - 1].at_ns;
	o->nr -= n;
	memmove(o->events, o->events + n, o->nr * sizeof(*o->events));
}

void why_order_free(struct why_order *o)
{
	free(o->events);
	memset(o, 0, sizeof(*o));
}
