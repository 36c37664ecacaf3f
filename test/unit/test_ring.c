// SPDX-License-Identifier: GPL-2.0-only
/* Records and the ring: every field back as it was, and a reader that never believes garbage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/ring.h"
#include "lib/ring_reader.h"

#include <pthread.h>
#include <stdlib.h>

enum { SHIFT = 8, SIZE = 1 << SHIFT, WRITES = 2000000 };

static void every_field_comes_back(void **state)
{
	struct why_record r = {
		.head = why_record_head(123456789012345ULL, 300, WHY_RECORD_MIGRATE),
		.body = why_record_body(4194303, 4194304, 1048575),
	};

	(void)state;
	assert_int_equal(why_record_type(&r), WHY_RECORD_MIGRATE);
	assert_int_equal(why_record_lap(&r), 300 & 0xff);
	assert_int_equal(why_record_a(r.body), 4194303);
	assert_int_equal(why_record_b(r.body), 0);
	assert_int_equal(why_record_extra(r.body), 1048575);
}

static void time_is_whole_again_from_any_time_near_it(void **state)
{
	u64 times[] = { 1, 1ULL << 48, (1ULL << 48) + 5, (3ULL << 48) - 1, 1ULL << 60 };
	s64 offsets[] = { 0, 1, -1, 1LL << 46, -(1LL << 46) };
	struct why_record r;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		for (k = 0; k < sizeof(offsets) / sizeof(offsets[0]); k++) {
			r.head = why_record_head(times[i], 0, WHY_RECORD_SWITCH);
			assert_int_equal(why_record_time(&r, times[i] + (u64)offsets[k]), times[i]);
		}
}

static void slot_is_good_lost_or_not_yet_there(void **state)
{
	struct why_record r = { .head = why_record_head(1, why_ring_lap(SIZE + 3, SHIFT), 1) };
	struct why_record never = {};

	(void)state;
	assert_int_equal(why_ring_judge(&r, SIZE + 3, SHIFT, SIZE + 4), WHY_RING_GOOD);
	assert_int_equal(why_ring_judge(&r, SIZE + 3, SHIFT, 2 * SIZE + 3), WHY_RING_GOOD);
	assert_int_equal(why_ring_judge(&r, SIZE + 3, SHIFT, 2 * SIZE + 4), WHY_RING_LOST);
	assert_int_equal(why_ring_judge(&r, 3, SHIFT, 4), WHY_RING_NOT_YET);
	assert_int_equal(why_ring_judge(&never, 3, SHIFT, 4), WHY_RING_NOT_YET);
}

static struct why_record ring[SIZE];
static u64 head;

/* Writes as the eBPF adapter does; every record carries its position twice. */
static void *writer(void *arg)
{
	u64 i, position;

	for (i = 0; i < WRITES; i++) {
		position = __sync_fetch_and_add(&head, 1);
		WHY_STORE(ring[why_ring_slot(position, SIZE)].body,
			  why_record_body((u32)position, (u32)position, 0));
		__atomic_exchange_n(&ring[why_ring_slot(position, SIZE)].head,
				    why_record_head(position, why_ring_lap(position, SHIFT), 1),
				    __ATOMIC_SEQ_CST);
	}
	return arg;
}

static void reader_beside_a_fast_writer_counts_every_loss(void **state)
{
	struct why_ring_reader reader = {};
	struct why_event *events = calloc(64, sizeof(*events));
	u64 lost = 0, read = 0;
	pthread_t thread;
	size_t n, i;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, writer, NULL), 0);
	while (read + lost < WRITES) {
		n = why_ring_drain(&reader, ring, &head, SHIFT, 0, events, 64, &lost);
		for (i = 0; i < n; i++)
			assert_int_equal(why_record_a(events[i].body),
					 why_record_b(events[i].body));
		for (i = 1; i < n; i++)
			assert_true(events[i].at_ns > events[i - 1].at_ns);
		read += n;
	}
	pthread_join(thread, NULL);
	assert_int_equal(read + lost, WRITES);
	assert_true(read > 0);
	free(events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_comes_back),
		cmocka_unit_test(time_is_whole_again_from_any_time_near_it),
		cmocka_unit_test(slot_is_good_lost_or_not_yet_there),
		cmocka_unit_test(reader_beside_a_fast_writer_counts_every_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
