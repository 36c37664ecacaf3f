/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines on their way to a reader who may be slow, stopped or gone, and must not hold up whoever
 * measures: what does not fit is dropped whole, and counted.
 */
#ifndef WHY_CLI_OUTBOX_H
#define WHY_CLI_OUTBOX_H

#include "cli/cli.h"

struct why_outbox {
	int fd;
	const char *name;	/* for complaints */
	char *text;
	size_t used, sent;	/* of text */
	u64 dropped;		/* texts that found no room */
	int error;		/* errno of a write that failed; 0: none */
};

void why_outbox_init(struct why_outbox *o, FILE *f, const char *name);

/* Takes `text`, a whole one. Returns whether there was room. */
bool why_outbox_put(struct why_outbox *o, const char *text, size_t n);

/* Writes what the reader takes at once. */
void why_outbox_pump(struct why_outbox *o);

/* Writes the rest, for as long as it takes unless a blocked signal waits. Returns 0 or -1, *err. */
int why_outbox_end(struct why_outbox *o, struct why_error *err);

#endif
