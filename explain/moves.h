/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What moved together with the worst seconds of each kind: the series of a measurement put before
 * the statistic of spikes.h.
 */
#ifndef WHY_EXPLAIN_MOVES_H
#define WHY_EXPLAIN_MOVES_H

#include "explain/spikes.h"
#include "lib/snapshot.h"

/* What a series counts in a second. */
enum why_move_unit { WHY_MOVE_SHARE /* of a CPU, 0 to 1 */, WHY_MOVE_RATE /* per second */ };

struct why_move_line {
	char name[96];		/* "softirq time of CPU 1", "line 36 virtio1-req.0" */
	enum why_move_unit unit;
};

/* One kind's longest of each second, as the target. */
struct why_moves_of_kind {
	u32 kind;
	struct why_spike_finding finding;
};

struct why_moves {
	size_t nr_ticks;	/* whole seconds; shorter ticks are left out */
	size_t *tick;		/* [nr_ticks] their places in the snapshot's */
	struct why_move_line *lines;	/* the candidates */
	size_t nr_lines;
	struct why_moves_of_kind *kinds;	/* those asked for that had a sample */
	size_t nr_kinds;
};

/* Returns 0 or -ENOMEM; why_moves_free() in either case. */
int why_moves_find(const struct why_snapshot *s, struct why_moves *ret);
void why_moves_free(struct why_moves *m);

#endif
