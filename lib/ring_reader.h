/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads a CPU's mapped ring while its writer goes on; counts what it could not read in time. */
#ifndef WHY_LIB_RING_READER_H
#define WHY_LIB_RING_READER_H

#include "lib/event.h"

#include <stddef.h>

/* One reader's place in one ring; all zero at the beginning. */
struct why_ring_reader {
	u64 next;	/* position to read next */
};

/*
 * Takes up to `max` records of CPU `cpu` from `rings` (all CPUs' records, 1 << shift each) into
 * `ret`, in the order written. `head` is the CPU's mapped write position. Returns their number;
 * *ret_lost grows by those overwritten before they were read.
 */
size_t why_ring_drain(struct why_ring_reader *reader, const struct why_record *rings,
		      const u64 *head, u32 shift, u32 cpu, struct why_event *ret, size_t max,
		      u64 *ret_lost);

#endif
