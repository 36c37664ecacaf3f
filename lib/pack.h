/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run of one CPU's events as columns of bytes, which a general compressor then shrinks further
 * (docs/trace-format.md). Pure: no file, no allocation, no state between calls; up to 400 KB of
 * stack.
 */
#ifndef WHY_LIB_PACK_H
#define WHY_LIB_PACK_H

#include "lib/event.h"

#include <stddef.h>

enum { WHY_PACK_EVENTS = 8192 };	/* the most in one run */

/* Bytes that the columns of `n` events may take. */
size_t why_pack_bound(size_t n);

/*
 * Packs events[n], 0 < n <= WHY_PACK_EVENTS, all of one CPU, at_ns not decreasing, into
 * ret[why_pack_bound(n)]. Returns the bytes used.
 */
size_t why_pack(const struct why_event *events, size_t n, unsigned char *ret);

/*
 * Unpacks `size` bytes into ret[n], exactly as many as were packed; the first is at `first_ns`.
 * Any bytes may come: -EBADMSG, with `ret` undefined, where they are no such columns.
 */
int why_unpack(const unsigned char *bytes, size_t size, u32 cpu, u64 first_ns,
	       struct why_event *ret, size_t n);

#endif
