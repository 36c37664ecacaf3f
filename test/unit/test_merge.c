// SPDX-License-Identifier: GPL-2.0-only
/* Streams merged: in order of time, the lower stream first, in runs that end where others go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/merge.h"
#include "unit/random.h"

#include <errno.h>
#include <stdlib.h>

enum { MOST = 9, LONGEST = 60, ROUNDS = 3000 };

static struct why_event events[MOST][LONGEST], merged[MOST * LONGEST];
static size_t length[MOST], given[MOST];
static u32 fails_at;	/* refills until one fails; 0: none does */

/* A few at a time. The body numbers a stream's events. */
static int refill(void *arg, u32 i, struct why_stream *ret)
{
	size_t left = length[i] - given[i], n = left ? 1 + random_below(left) : 0;

	(void)arg;
	if (fails_at && !--fails_at)
		return -EIO;
	ret->at = events[i] + given[i];
	ret->end = ret->at + n;
	given[i] += n;
	return 0;
}

/* Streams of random lengths, whose times are often those of others. */
static size_t make_streams(u32 nr, u64 step)
{
	size_t k, all = 0;
	u32 i;

	for (i = 0; i < nr; i++) {
		u64 at = random_below(4 * step);

		given[i] = 0;
		length[i] = random_below(LONGEST + 1);
		for (k = 0; k < length[i]; k++, at += random_below(step))
			events[i][k] = why_event_of(i, at, WHY_RECORD_WAKING, k);
		all += length[i];
	}
	return all;
}

static int is_before(const struct why_event *a, const struct why_event *b)
{
	if (a->at_ns != b->at_ns)
		return a->at_ns < b->at_ns;
	return a->cpu == b->cpu ? a->body < b->body : a->cpu < b->cpu;
}

/* Everything before `until`, behind the *n that are merged already. */
static int take_until(struct why_merge *m, u64 until, size_t *n)
{
	const struct why_event *run;
	size_t nr, k;
	int rc;

	while (!(rc = why_merge_next(m, until, &run, &nr)) && nr)
		for (k = 0; k < nr; k++) {
			assert_true(run[k].cpu == run->cpu && run[k].at_ns < until);
			merged[(*n)++] = run[k];
		}
	return rc;
}

static void every_event_comes_once_and_in_order(void **state)
{
	struct why_stream streams[MOST];
	struct why_merge m;
	size_t all, n, k;
	u32 round;
	u64 until;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		m = (struct why_merge){ .nr = 1 + (u32)random_below(MOST), .streams = streams,
					.refill = refill };
		for (k = 0; k < MOST; k++)
			streams[k] = (struct why_stream){};
		all = make_streams(m.nr, 1 + random_below(1ULL << random_below(10)));
		assert_int_equal(why_merge_begin(&m), 0);
		for (n = 0, until = 0; why_merge_time(&m) != ~0ULL;) {
			until += 1 + random_below(300);
			assert_int_equal(take_until(&m, until, &n), 0);
			assert_true(why_merge_time(&m) >= until);
		}
		why_merge_end(&m);
		assert_int_equal(n, all);
		for (k = 1; k < n; k++)
			assert_true(is_before(&merged[k - 1], &merged[k]));
	}
}

static void what_refilling_failed_with_is_told(void **state)
{
	struct why_stream streams[MOST] = {};
	struct why_merge m = { .nr = 3, .streams = streams, .refill = refill };
	const struct why_event *run;
	size_t n = 0;
	int rc;

	(void)state;
	make_streams(3, 5);
	fails_at = 7;
	rc = why_merge_begin(&m);
	rc = rc ?: take_until(&m, ~0ULL, &n);
	assert_int_equal(rc, -EIO);
	assert_int_equal(why_merge_next(&m, ~0ULL, &run, &n), -EIO);
	assert_int_equal(n, 0);
	why_merge_end(&m);
	fails_at = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_comes_once_and_in_order),
		cmocka_unit_test(what_refilling_failed_with_is_told),
	};

	random_seed = 20261129;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
