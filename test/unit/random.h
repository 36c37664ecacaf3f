/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers that are as good as random, and the same for the same seed, which is not 0. */
#ifndef WHY_TEST_RANDOM_H
#define WHY_TEST_RANDOM_H

#include "core/base.h"

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016. */
static inline u64 random_next(u64 *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 2685821657736338717ULL;
}

/* Each test program's own. */
static u64 random_seed;

static inline u64 random_below(u64 n)
{
	return (random_next(&random_seed) >> 16) % n;
}

#endif
