/* SPDX-License-Identifier: GPL-2.0-only */
/* A history to test with (lib/history.h). Each test program has its own, hence the statics. */
#ifndef WHY_TEST_KEPT_H
#define WHY_TEST_KEPT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/history.h"

enum { CPUS = 3 };

static struct why_history *h;

static inline int tear_down(void **state)
{
	(void)state;
	why_history_free(h);
	return 0;
}

/* The spans from `first` on follow each other from `from` to `to`. */
static inline void assert_filled(const struct why_spans *s, size_t first, u64 from, u64 to)
{
	u64 at = from;
	size_t i;

	for (i = first; i < s->nr; i++) {
		assert_int_equal(s->span[i].begin_ns, at);
		assert_true(s->span[i].end_ns > at);
		at = s->span[i].end_ns;
	}
	assert_int_equal(at, to > from ? to : from);
}

#endif
