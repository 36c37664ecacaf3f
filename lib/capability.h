/* SPDX-License-Identifier: GPL-2.0-only */
/* What a source can and can't measure on this machine, and why. */
#ifndef WHY_LIB_CAPABILITY_H
#define WHY_LIB_CAPABILITY_H

#include <stdbool.h>
#include <stddef.h>

enum why_subject_matter { WHY_MATTER_KIND, WHY_MATTER_CAUSE, WHY_MATTER_CHECK };

/* All texts are constants or point into the capability itself. */
struct why_capability {
	enum why_subject_matter matter;
	const char *name;
	bool is_available;
	const char *exactness;	/* "exact", "observed", or NULL where it is not available */
	const char *how;	/* how it is obtained here */
	const char *why_not;	/* NULL where it is available */
	char missing[80];	/* which event the kernel lacks; empty where it is not that */
};

/* Answers whether the kernel has an event that a program may be attached to. */
typedef bool (*why_has_event_fn)(void *arg, const char *event);

/* Fills in up to `max`; returns how many there are. */
size_t why_capabilities(why_has_event_fn has_event, void *arg, struct why_capability *ret,
			size_t max);

#endif
