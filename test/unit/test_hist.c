// SPDX-License-Identifier: GPL-2.0-only
/* The histogram: edges, error, range, quantiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/hist.h"
#include "lib/snapshot.h"
#include "unit/random.h"

#include <stdlib.h>

/* A histogram in lane 3 of eight, as a CPU has them. */
struct lanes {
	struct why_hist hist;
	u64 bucket[WHY_HIST_BUCKETS][WHY_HIST_LANES];
};

static u32 add(struct lanes *l, u64 ns)
{
	return why_hist_add(&l->hist, &l->bucket[0][3], ns);
}

static void gather(const struct lanes *l, struct why_dist *ret)
{
	u32 i;

	ret->count = l->hist.count;
	ret->max_ns = l->hist.max_ns;
	for (i = 0; i < WHY_HIST_BUCKETS; i++)
		ret->bucket[i] = l->bucket[i][3];
}

static void every_bucket_begins_where_the_last_one_ends(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < WHY_HIST_BUCKETS; i++) {
		assert_int_equal(why_hist_index(why_hist_low(i)), i);
		assert_int_equal(why_hist_index(why_hist_low(i + 1) - 1), i);
	}
	assert_int_equal(why_hist_low(WHY_HIST_BUCKETS), 1ULL << WHY_HIST_MAX_BITS);
}

static void no_bucket_is_wider_than_a_32nd_of_its_edge(void **state)
{
	u32 i;

	(void)state;
	for (i = 1; i < WHY_HIST_BUCKETS; i++)
		assert_true((why_hist_low(i + 1) - why_hist_low(i)) * 32 <= why_hist_low(i) ||
			    why_hist_low(i + 1) - why_hist_low(i) == 1);
}

static void msb_is_that_of_the_compiler(void **state)
{
	u64 v;
	int i;

	(void)state;
	for (i = 0; i < 63; i++)
		for (v = 1ULL << i; v < (1ULL << i) + 3 && v >> i; v++)
			assert_int_equal(why_msb63(v), 63 - __builtin_clzll(v));
	assert_int_equal(why_msb63(~0ULL >> 1), 62);
}

static void too_long_is_counted_and_in_no_bucket(void **state)
{
	struct lanes *l = calloc(1, sizeof(*l));
	u64 in_buckets = 0, elsewhere = 0;
	u32 i, k;

	(void)state;
	assert_int_equal(add(l, 1ULL << 40), 1);
	assert_int_equal(add(l, ~0ULL >> 1), 1);
	assert_int_equal(add(l, 5), 0);
	assert_true(why_hist_index(1ULL << 63) >= WHY_HIST_BUCKETS);
	assert_true(why_hist_index(~0ULL) >= WHY_HIST_BUCKETS);
	for (i = 0; i < WHY_HIST_BUCKETS; i++)
		for (k = 0; k < WHY_HIST_LANES; k++)
			*(k == 3 ? &in_buckets : &elsewhere) += l->bucket[i][k];
	assert_int_equal(in_buckets, 1);
	assert_int_equal(elsewhere, 0);
	assert_int_equal(l->hist.overflow, 2);
	assert_int_equal(l->hist.count, 3);
	assert_int_equal(l->hist.min_ns, 5);
	assert_int_equal(l->hist.max_ns, ~0ULL >> 1);
	free(l);
}

/* Few samples of few lengths, 0 among them, so that the first, equal and new ones all come. */
static void extremes_are_those_of_all_samples(void **state)
{
	struct lanes *l = calloc(1, sizeof(*l));
	u64 ns, least = 0, most = 0;
	u32 round, i;

	(void)state;
	random_seed = 5;
	for (round = 0; round < 1000; round++) {
		l->hist = (struct why_hist){};
		for (i = 0; i < 6; i++) {
			ns = random_below(5) * random_below(200);
			assert_int_equal(add(l, ns), !i || ns > most);
			least = !i || ns < least ? ns : least;
			most = !i || ns > most ? ns : most;
			assert_int_equal(l->hist.min_ns, least);
			assert_int_equal(l->hist.max_ns, most);
		}
	}
	free(l);
}

static int by_value(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void quantiles_are_upper_bounds_of_the_true_ones(void **state)
{
	static const double qs[] = { 0, 0.5, 0.9, 0.99, 0.999, 1 };
	enum { N = 10007 };
	struct lanes *l = calloc(1, sizeof(*l));
	struct why_dist *h = calloc(1, sizeof(*h));
	u64 *v = calloc(N, sizeof(*v)), truth, got;
	size_t i, rank;

	(void)state;
	srand(7);
	for (i = 0; i < N; i++) {
		v[i] = (u64)rand() >> (rand() % 24);
		add(l, v[i]);
	}
	gather(l, h);
	qsort(v, N, sizeof(*v), by_value);
	for (i = 0; i < sizeof(qs) / sizeof(qs[0]); i++) {
		rank = (size_t)(qs[i] * N);
		if ((double)rank < qs[i] * N)
			rank++;
		truth = v[rank ? rank - 1 : 0];
		got = why_dist_quantile(h, qs[i]);
		assert_true(got >= truth);
		assert_true((double)got <= (double)truth * 1.03125 + 1);
		assert_true(got <= h->max_ns);
	}
	free(v);
	free(h);
	free(l);
}

static void empty_has_no_quantile(void **state)
{
	struct why_dist *h = calloc(1, sizeof(*h));

	(void)state;
	assert_int_equal(why_dist_quantile(h, 0.99), 0);
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bucket_begins_where_the_last_one_ends),
		cmocka_unit_test(no_bucket_is_wider_than_a_32nd_of_its_edge),
		cmocka_unit_test(msb_is_that_of_the_compiler),
		cmocka_unit_test(too_long_is_counted_and_in_no_bucket),
		cmocka_unit_test(extremes_are_those_of_all_samples),
		cmocka_unit_test(quantiles_are_upper_bounds_of_the_true_ones),
		cmocka_unit_test(empty_has_no_quantile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
