// SPDX-License-Identifier: GPL-2.0-only
/* What the core decides of interrupts: keys, IPIs on their way, deliveries, nesting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "core/irq.h"
#include "core/keyed.h"

static void a_key_gives_back_what_it_was_made_of(void **state)
{
	const u64 ids[] = { 0, 1, 0xfffffffffff, 0xffffffff81234567 };
	u64 key;
	u32 i, kind;

	(void)state;
	for (kind = 0; kind < WHY_KIND_NR; kind++) {
		for (i = 0; i < 4; i++) {
			key = why_key(kind, 16383, ids[i]);
			assert_true(key);
			assert_int_equal(why_key_kind(key), kind);
			assert_int_equal(why_key_cpu(key), 16383);
			assert_int_equal(why_key_id(key), ids[i] & 0xfffffffffff);
		}
	}
}

static void actions_of_one_line_and_lines_of_one_address_differ(void **state)
{
	(void)state;
	assert_int_not_equal(why_action_id(9, 0xffff888101234540),
			     why_action_id(9, 0xffff888101234580));
	assert_int_not_equal(why_action_id(9, 0xffff888101234540),
			     why_action_id(10, 0xffff888101234540));
	assert_true(why_action_id(0xfff, ~0ULL) < 1ULL << WHY_KEY_ID_BITS);
}

static void a_place_lies_within_its_table(void **state)
{
	u64 n = 1;
	u32 bits;

	(void)state;
	for (bits = 1; bits < 32; bits++, n = n * 6364136223846793005ULL + 1)
		assert_true(why_place(n, bits) < 1ULL << bits);
}

static bool takes_place(u64 *table, u64 key, u32 bits)
{
	u32 i, place;

	for (i = 0; i < WHY_KEYED_PROBES; i++) {
		place = why_keyed_place(key, i, bits);
		assert_true(place < 1U << bits);
		if (!table[place]) {
			table[place] = key;
			return true;
		}
	}
	return false;
}

/* Vectors and softirqs of each CPU, and works' functions. */
static void a_table_is_two_thirds_full_before_a_row_finds_no_room(void **state)
{
	u64 table[1 << 10], n = 1, key;
	u32 bits, round, i, nr_refused = 0;

	(void)state;
	for (bits = 8; bits <= 10; bits++)
		for (round = 0; round < 100; round++) {
			memset(table, 0, sizeof(table));
			for (i = 0; i < (2U << bits) / 3; i++) {
				n = n * 6364136223846793005ULL + 1442695040888963407ULL;
				key = i % 2 ? why_key(WHY_KIND_VECTOR, i / 32, i % 32) :
					      why_key(WHY_KIND_WORK_RUN, i % 16, n >> 20);
				nr_refused += !takes_place(table, key, bits);
			}
		}
	assert_int_equal(nr_refused, 0);
}

static void an_ipi_takes_as_long_as_it_took(void **state)
{
	const u64 sent_at[] = { 1, 123456789, (1ULL << 48) - 5, (1ULL << 60) + 3 };
	u32 i;

	(void)state;
	for (i = 0; i < 4; i++) {
		u64 sent = why_sent(sent_at[i], 65535);

		assert_int_equal(why_sent_cpu(sent), 65535);
		assert_int_equal(why_sent_since(sent, sent_at[i]), 0);
		assert_int_equal(why_sent_since(sent, sent_at[i] + 1234567), 1234567);
		assert_true((s64)why_sent_since(sent, sent_at[i] - 1) == -1);
	}
}

static void a_timer_run_early_or_unseen_is_no_delivery(void **state)
{
	(void)state;
	assert_true(why_is_delivery(100, 100));
	assert_true(why_is_delivery(100, 101));
	assert_false(why_is_delivery(100, 99));
	assert_false(why_is_delivery(100, 0));
	assert_false(why_is_delivery(0, 0));
	assert_false(why_is_delivery(~0ULL, 100));
}

static void nested_interrupts_end_in_turn_and_only_once(void **state)
{
	struct why_irqs q = {};

	(void)state;
	why_irq_enter(&q, 0, 10);
	why_irq_enter(&q, 1, 20);
	assert_int_equal(why_irq_leave(&q, 1), 20);
	assert_int_equal(why_irq_leave(&q, 1), 0);
	assert_int_equal(why_irq_leave(&q, 0), 10);
	assert_int_equal(why_irq_leave(&q, 0), 0);
	assert_int_equal(why_irq_leave(&q, 0xffffffff), 0);
}

static void what_waits_for_an_answer_is_forgotten_at_a_break(void **state)
{
	struct why_irqs q = {};
	u32 i;

	(void)state;
	for (i = 0; i < WHY_SOFTIRQ_NR; i++)
		q.raised_ns[i] = i + 1;
	for (i = 0; i < WHY_VECTOR_NR; i++)
		q.sent[i] = i + 1;
	q.softirq_ns = 7;
	why_irqs_forget(&q);
	for (i = 0; i < WHY_SOFTIRQ_NR; i++)
		assert_int_equal(q.raised_ns[i], 0);
	for (i = 0; i < WHY_VECTOR_NR; i++)
		assert_int_equal(q.sent[i], 0);
	assert_int_equal(q.softirq_ns, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_gives_back_what_it_was_made_of),
		cmocka_unit_test(actions_of_one_line_and_lines_of_one_address_differ),
		cmocka_unit_test(a_place_lies_within_its_table),
		cmocka_unit_test(an_ipi_takes_as_long_as_it_took),
		cmocka_unit_test(a_table_is_two_thirds_full_before_a_row_finds_no_room),
		cmocka_unit_test(a_timer_run_early_or_unseen_is_no_delivery),
		cmocka_unit_test(nested_interrupts_end_in_turn_and_only_once),
		cmocka_unit_test(what_waits_for_an_answer_is_forgotten_at_a_break),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
