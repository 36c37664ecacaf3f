// SPDX-License-Identifier: GPL-2.0-only
/* What /proc/syscall-trace counts in: its buckets' edges, and several CPUs' shares made one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/syscall_stats.h"

static void the_first_bucket_ends_below_256_ns(void **state)
{
	(void)state;
	assert_int_equal(why_syscall_bucket(0), 0);
	assert_int_equal(why_syscall_bucket(1), 0);
	assert_int_equal(why_syscall_bucket(255), 0);
	assert_int_equal(why_syscall_bucket(256), 1);
	assert_int_equal(why_syscall_bucket(511), 1);
	assert_int_equal(why_syscall_bucket(512), 2);
	assert_int_equal(why_syscall_low(0), 0);
	assert_int_equal(why_syscall_low(1), 256);
}

static void every_bucket_begins_where_the_last_one_ends(void **state)
{
	u32 i;

	(void)state;
	for (i = 1; i < WHY_SYSCALL_BUCKETS; i++) {
		assert_int_equal(why_syscall_low(i), 256ULL << (i - 1));
		assert_int_equal(why_syscall_bucket(why_syscall_low(i)), i);
		assert_int_equal(why_syscall_bucket(why_syscall_low(i) - 1), i - 1);
	}
}

static void the_last_bucket_has_no_end(void **state)
{
	(void)state;
	assert_int_equal(why_syscall_low(15), 4194304);
	assert_int_equal(why_syscall_bucket(4194303), 14);
	assert_int_equal(why_syscall_bucket(4194304), 15);
	assert_int_equal(why_syscall_bucket(8388608), 15);
	assert_int_equal(why_syscall_bucket(1ULL << 32), 15);
	assert_int_equal(why_syscall_bucket(1ULL << 63), 15);
	assert_int_equal(why_syscall_bucket(~0ULL), 15);
}

static void assert_is(const struct why_syscall_stats *s, u64 count, u64 sum_ns, u64 min_ns,
		      u64 max_ns)
{
	u64 in_buckets = 0;
	u32 i;

	assert_int_equal(s->tally.count, count);
	assert_int_equal(s->tally.sum_ns, sum_ns);
	assert_int_equal(s->tally.min_ns, min_ns);
	assert_int_equal(s->tally.max_ns, max_ns);
	for (i = 0; i < WHY_SYSCALL_BUCKETS; i++)
		in_buckets += s->bucket[i];
	assert_int_equal(in_buckets, count);
}

static void each_call_is_in_the_tally_and_in_one_bucket(void **state)
{
	struct why_syscall_stats s = { 0 };

	(void)state;
	why_syscall_stats_add(&s, 300);
	assert_is(&s, 1, 300, 300, 300);
	why_syscall_stats_add(&s, 0);
	why_syscall_stats_add(&s, 5000000);
	assert_is(&s, 3, 5000300, 0, 5000000);
	assert_int_equal(s.bucket[0], 1);
	assert_int_equal(s.bucket[1], 1);
	assert_int_equal(s.bucket[15], 1);
}

static void a_merge_has_the_least_and_the_most_of_all(void **state)
{
	struct why_syscall_stats all = { 0 }, one = { 0 }, two = { 0 };

	(void)state;
	why_syscall_stats_add(&one, 700);
	why_syscall_stats_add(&one, 900);
	why_syscall_stats_add(&two, 100);
	why_syscall_stats_merge(&all, &one);
	assert_is(&all, 2, 1600, 700, 900);
	why_syscall_stats_merge(&all, &two);
	assert_is(&all, 3, 1700, 100, 900);
	assert_int_equal(all.bucket[0], 1);
	assert_int_equal(all.bucket[2], 2);
}

/* A CPU that saw no call must not bring in its minimum of 0. */
static void an_empty_share_changes_nothing(void **state)
{
	struct why_syscall_stats all = { 0 }, none = { 0 };

	(void)state;
	why_syscall_stats_merge(&all, &none);
	assert_is(&all, 0, 0, 0, 0);
	why_syscall_stats_add(&all, 400);
	why_syscall_stats_merge(&all, &none);
	assert_is(&all, 1, 400, 400, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_bucket_ends_below_256_ns),
		cmocka_unit_test(every_bucket_begins_where_the_last_one_ends),
		cmocka_unit_test(the_last_bucket_has_no_end),
		cmocka_unit_test(each_call_is_in_the_tally_and_in_one_bucket),
		cmocka_unit_test(a_merge_has_the_least_and_the_most_of_all),
		cmocka_unit_test(an_empty_share_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
