// SPDX-License-Identifier: GPL-2.0-only
/* Columns of events: every event back as it was, and no bytes that break the reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/pack.h"
#include "lib/pack_format.h"

#include <errno.h>
#include <stdlib.h>

#define HOUR 3600000000000ULL

enum { CPU = 5, MAX = WHY_PACK_EVENTS, SMALL = 24 };

static struct why_event events[MAX], back[MAX];

/* xorshift64: Marsaglia, "Xorshift RNGs", 2003. */
static u64 seed;

static u64 any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static struct why_event event(u64 at_ns, u32 type, u64 body)
{
	return (struct why_event){
		.at_ns = at_ns, .cpu = CPU, .type = type, .body = body,
	};
}

/* In a place of just its size, so that the sanitizer sees every read behind it. */
static unsigned char *pack(size_t n, size_t *ret_size)
{
	static const unsigned char spare[WHY_PACK_SPARE];
	unsigned char *packed = malloc(why_pack_bound(n));

	memset(packed, 0x55, why_pack_bound(n));
	*ret_size = why_pack(events, n, packed);
	assert_true(*ret_size <= why_pack_bound(n));
	assert_memory_equal(packed + *ret_size - sizeof(spare), spare, sizeof(spare));
	return realloc(packed, *ret_size);
}

static size_t assert_comes_back(size_t n)
{
	size_t size, i;
	unsigned char *packed = pack(n, &size);

	memset(back, 0x55, n * sizeof(*back));
	assert_int_equal(why_unpack(packed, size, CPU, events[0].at_ns, back, n), 0);
	for (i = 0; i < n; i++) {
		assert_int_equal(back[i].at_ns, events[i].at_ns);
		assert_int_equal(back[i].cpu, CPU);
		assert_int_equal(back[i].type, events[i].type);
		assert_int_equal(back[i].body, events[i].body);
	}
	free(packed);
	return size;
}

static void every_type_takes_any_body(void **state)
{
	static const u64 bodies[] = { 0, ~0ULL, 1, 1ULL << 63, 0x5555555555555555ULL, 1ULL << 22 };
	u32 type, i, copies;

	(void)state;
	for (copies = 1; copies < 5; copies += 3)
		for (type = 0; type < 256; type++) {
			for (i = 0; i < 6 * copies; i++)
				events[i] = event(7 * i, type, bodies[i % 6]);
			for (i = 1; i <= 6 * copies; i++)
				assert_comes_back(i);
		}
}

static void all_types_fit_in_one_run(void **state)
{
	size_t i;

	(void)state;
	seed = 11;
	for (i = 0; i < MAX; i++)
		events[i] = event(i, (u32)i & 255, any());
	assert_comes_back(256);
	assert_comes_back(MAX);
	for (i = 0; i < MAX; i++)
		events[i].body = i % 3000;
	assert_comes_back(MAX);
}

static void times_may_be_equal_hours_apart_and_of_any_size(void **state)
{
	static const u64 gaps[] = { 0, 1, 3, 4, 65535, 65536, HOUR, 30 * HOUR, 1ULL << 56,
				    (1ULL << 57) - 1, 1ULL << 58, (1ULL << 59) + 12345,
				    1ULL << 62, (1ULL << 63) - 1 };
	size_t nr = sizeof(gaps) / sizeof(gaps[0]), i, first;
	u64 at;

	(void)state;
	for (first = 0; first < nr; first++) {
		events[0] = event(at = first ? 1 : ~0ULL >> 1, WHY_RECORD_SWITCH, 0);
		for (i = 1; i < nr; i++) {
			at += at + gaps[(first + i) % nr] < at ? 0 : gaps[(first + i) % nr];
			events[i] = event(at, i & 1 ? WHY_RECORD_WAKING : WHY_RECORD_SWITCH, i);
		}
		assert_comes_back(nr);
	}
	events[0] = event(0, WHY_RECORD_END, 1);
	events[1] = event(~0ULL, WHY_RECORD_END, 1);
	assert_comes_back(2);
}

/* Everything that a usual load holds, and now and then what none does. */
static void random_run(size_t n, u32 nr_pids)
{
	u32 last = 1, next;
	u64 at = any() >> 8;
	size_t i;

	for (i = 0; i < n; i++) {
		next = (u32)(any() % nr_pids);
		events[i] = event(at, (u32)(any() % (WHY_RECORD_NR + 2)), any() >> (any() & 63));
		if (any() & 1) {
			events[i] = event(at, WHY_RECORD_SWITCH,
					  why_record_body(next, last, (u32)(any() & 7)));
			last = next;
		}
		at += any() % 9 ? any() % 3000 : any() % 7 ? 0 : any() % HOUR;
	}
}

static void random_runs_come_back(void **state)
{
	static const u32 pids[] = { 1, 2, 80, 256, 257, 300, 2048, 2049, 4194304 };
	size_t n;
	u32 i;

	(void)state;
	seed = 4711;
	for (i = 0; i < 90; i++) {
		n = 1 + any() % 600;
		random_run(n, pids[i % 9]);
		assert_comes_back(n);
	}
	for (i = 0; i < 9; i++) {
		random_run(MAX, pids[i]);
		assert_comes_back(MAX);
	}
}

static void more_shapes_than_symbols_come_back(void **state)
{
	static const u32 types[] = { WHY_RECORD_SWITCH, WHY_RECORD_WAKING, WHY_RECORD_WAKEUP,
				     WHY_RECORD_MIGRATE, WHY_RECORD_NEW, WHY_RECORD_IRQ_EXIT,
				     WHY_RECORD_VECTOR_ENTRY, WHY_RECORD_SAMPLE };
	static const u32 nr_shapes[] = { 1, 31, 32, 33, 47, 48, 49, 50, 1000 };
	u32 k, i;
	u64 shape;

	(void)state;
	for (k = 0; k < 9; k++) {
		for (i = 0; i < MAX; i++) {
			shape = i / 8 % nr_shapes[k];
			events[i] = event(i, types[i % 8], shape << 44 | shape);
		}
		assert_comes_back(MAX);
	}
}

/* Before any compressor: a time costs one to two bytes, a type and its shape one, a pid one. */
static void usual_load_takes_four_bytes_an_event(void **state)
{
	u32 last = 1, next, i;
	u64 at = HOUR;

	(void)state;
	seed = 3;
	for (i = 0; i < MAX; i++) {
		next = 1000000 + (u32)(any() % 80);
		at += 200 + any() % 1800;
		events[i] = event(at, WHY_RECORD_WAKING, why_record_body(next, (u32)any() & 3, 1));
		if (i % 2)
			continue;
		events[i] = event(at, WHY_RECORD_SWITCH, why_record_body(next, last, i & 6));
		last = next;
	}
	assert_true(assert_comes_back(MAX) < 42 * MAX / 10);
}

static void small_run(void)
{
	static const u32 types[] = { WHY_RECORD_SWITCH, WHY_RECORD_WAKING, WHY_RECORD_SWITCH,
				     WHY_RECORD_SOFTIRQ_ENTRY, WHY_RECORD_TEXT, 200 };
	u64 at = 1ULL << 40;
	u32 i;

	seed = 5;
	for (i = 0; i < SMALL; i++) {
		events[i] = event(at, types[i % 6], why_record_body(i % 6, i % 7, i % 3));
		at += any() % 5000;
	}
}

static void cut_columns_are_refused(void **state)
{
	size_t size, cut;
	unsigned char *packed, *part;

	(void)state;
	small_run();
	packed = pack(SMALL, &size);
	for (cut = 0; cut < size; cut++) {
		part = malloc(cut ? cut : 1);
		memcpy(part, packed, cut);
		assert_int_equal(why_unpack(part, cut, CPU, 1ULL << 40, back, SMALL), -EBADMSG);
		free(part);
	}
	free(packed);
}

static void assert_refused_or_in_order(const unsigned char *packed, size_t size, size_t n)
{
	int rc = why_unpack(packed, size, CPU, 1ULL << 40, back, n);
	size_t i;

	assert_true(rc == 0 || rc == -EBADMSG);
	for (i = 1; !rc && i < n; i++)
		assert_true(back[i].at_ns >= back[i - 1].at_ns);
	assert_true(rc || back[0].at_ns == 1ULL << 40);
}

static void flipped_bits_break_nothing(void **state)
{
	size_t size, bit;
	unsigned char *packed;

	(void)state;
	small_run();
	packed = pack(SMALL, &size);
	for (bit = 0; bit < 8 * size; bit++) {
		packed[bit / 8] ^= (unsigned char)(1 << bit % 8);
		assert_refused_or_in_order(packed, size, SMALL);
		packed[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	free(packed);
}

static void any_byte_anywhere_breaks_nothing(void **state)
{
	size_t size, i, k, at;
	unsigned char *packed, was;

	(void)state;
	small_run();
	packed = pack(SMALL, &size);
	for (at = 0; at < size; at++)
		for (i = 0, was = packed[at]; i < 256; i++, packed[at] = was) {
			packed[at] = (unsigned char)i;
			assert_refused_or_in_order(packed, size, SMALL);
		}
	seed = 9;
	for (i = 0; i < 3000; i++) {
		for (k = 0; k < size; k++)
			packed[k] = (unsigned char)(any() % 3 ? packed[k] : any());
		assert_refused_or_in_order(packed, size, SMALL);
	}
	free(packed);
}

static void another_number_of_events_is_refused(void **state)
{
	size_t size, n;
	unsigned char *packed;

	(void)state;
	small_run();
	packed = pack(SMALL, &size);
	for (n = 0; n <= MAX; n++)
		assert_true(!why_unpack(packed, size, CPU, 1ULL << 40, back, n) == (n == SMALL));
	assert_int_equal(why_unpack(packed, size, CPU, 0, back, MAX + 1), -EBADMSG);
	assert_int_equal(why_unpack(packed, size, CPU, 0, back, ~(size_t)0), -EBADMSG);
	free(packed);
}

/* --- by hand --- */

/* Symbols and classes of two events. */
static u8 by_hand[4];

/* Those, a list of types, columns, and bits that are 0. */
static int unpack_by_hand(const u8 *types, size_t types_size, const u8 *columns,
			  size_t columns_size, size_t nr_bits)
{
	size_t area = types_size + columns_size, size = 4 + 4 + area + nr_bits / 8 + 8;
	unsigned char *exact = malloc(size);
	int rc;

	memset(exact, 0, size);
	exact[0] = (unsigned char)area;
	exact[1] = (unsigned char)(area >> 8);
	memcpy(exact + 8, types, types_size);
	memcpy(exact + 8 + types_size, columns, columns_size);
	memcpy(exact + 4, by_hand, 4);
	rc = why_unpack(exact, size, CPU, 0, back, 2);
	free(exact);
	return rc;
}

/* A column of a type that has one, of 64 bits: its first bytes, what follows is 0 or `fill`. */
static int unpack_column(const char *begin, size_t begin_size, size_t size, int fill)
{
	static const unsigned char one_type[] = { 0, 200, 0 };
	static unsigned char columns[1 << 16];

	memset(by_hand, 0, 4);
	memset(columns, fill, size);
	memcpy(columns, begin, begin_size);
	return unpack_by_hand(one_type, sizeof(one_type), columns, size, 0);
}

static void every_kind_of_column_is_as_long_as_it_says(void **state)
{
	static const struct {
		const char *begin;
		size_t begin_size, size;
	} good[] = {
		{ "\x00", 1, 1 },
		{ "\x10", 1, 9 },
		{ "\x21", 1, 3 },
		{ "\x28", 1, 17 },
		{ "\x31\x01\x00\x00", 4, 4 + 1 + 2 },
		{ "\x31\x03\xff\x00", 4, 4 + 3 * 256 + 2 },
		{ "\x32\x01\x00\x00", 4, 4 + 1 + 4 },
		{ "\x32\x08\xff\x07", 4, 4 + 8 * 2048 + 4 },
		{ "\x40", 1, 3 },
	};
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		size = good[i].size;
		assert_int_equal(unpack_column(good[i].begin, good[i].begin_size, size, 0), 0);
		assert_int_equal(unpack_column(good[i].begin, good[i].begin_size, size + 1, 0),
				 -EBADMSG);
		assert_int_equal(unpack_column(good[i].begin, good[i].begin_size, size - 1, 0),
				 -EBADMSG);
	}
}

static void columns_of_no_kind_are_refused(void **state)
{
	static const char too_many[] = "\x31\x01\x00\x01", far_too_many[] = "\x32\x01\x00\x08";
	char how;
	size_t i;

	(void)state;
	for (i = 0x50; i < 0x100; i++) {
		how = (char)i;
		assert_int_equal(unpack_column(&how, 1, 20, 0), -EBADMSG);
	}
	assert_int_equal(unpack_column("\x20", 1, 1, 0), -EBADMSG);
	assert_int_equal(unpack_column("\x29", 1, 19, 0), -EBADMSG);
	assert_int_equal(unpack_column("\x30\x01\x00\x00", 4, 5, 0), -EBADMSG);
	assert_int_equal(unpack_column("\x33\x01\x00\x00", 4, 11, 0), -EBADMSG);
	assert_int_equal(unpack_column(too_many, 4, 4 + 257 + 2, 0), -EBADMSG);
	assert_int_equal(unpack_column(far_too_many, 4, 4 + 2049 + 4, 0), -EBADMSG);
	/* Indices of 0x0808: behind the largest dictionary. */
	assert_int_equal(unpack_column("\x32\x01\xff\x07", 4, 4 + 2048 + 4, 8), -EBADMSG);
	assert_int_equal(unpack_column("\x32\x01\xff\x07", 4, 4 + 2048 + 4, 7), 0);
}

static void symbols_and_classes_that_do_not_exist_are_refused(void **state)
{
	static const unsigned char zero[] = { 0 };
	static unsigned char shapes[1 + 6 * (2 + 8 * 255)];
	size_t i;

	(void)state;
	for (i = 0; i < 6; i++)
		shapes[1 + i * (2 + 8 * 255) + 1] = 255;
	memcpy(by_hand, "\0\0\0\0", 4);
	assert_int_equal(unpack_by_hand(shapes, 1 + 2 + 8 * 255, zero, 1, 0), 0);
	shapes[0] = 5;
	assert_int_equal(unpack_by_hand(shapes, sizeof(shapes), zero, 1, 0), -EBADMSG);
	memcpy(by_hand, "\0\1\0\0", 4);
	assert_int_equal(unpack_by_hand((const u8 *)"\0\310", 3, zero, 1, 0), -EBADMSG);
	memcpy(by_hand, "\0\0\0\373", 4);
	assert_int_equal(unpack_by_hand((const u8 *)"\0\310", 3, zero, 1, 64), 0);
	memcpy(by_hand, "\0\0\0\374", 4);
	assert_int_equal(unpack_by_hand((const u8 *)"\0\310", 3, zero, 1, 64), -EBADMSG);
}

static void time_that_would_run_back_is_refused(void **state)
{
	size_t size;
	unsigned char *packed;

	(void)state;
	events[0] = event(10, WHY_RECORD_END, 0);
	events[1] = event(20, WHY_RECORD_END, 0);
	packed = pack(2, &size);
	assert_int_equal(why_unpack(packed, size, CPU, ~0ULL - 10, back, 2), 0);
	assert_int_equal(why_unpack(packed, size, CPU, ~0ULL - 9, back, 2), -EBADMSG);
	free(packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_takes_any_body),
		cmocka_unit_test(all_types_fit_in_one_run),
		cmocka_unit_test(times_may_be_equal_hours_apart_and_of_any_size),
		cmocka_unit_test(random_runs_come_back),
		cmocka_unit_test(more_shapes_than_symbols_come_back),
		cmocka_unit_test(usual_load_takes_four_bytes_an_event),
		cmocka_unit_test(cut_columns_are_refused),
		cmocka_unit_test(flipped_bits_break_nothing),
		cmocka_unit_test(any_byte_anywhere_breaks_nothing),
		cmocka_unit_test(another_number_of_events_is_refused),
		cmocka_unit_test(every_kind_of_column_is_as_long_as_it_says),
		cmocka_unit_test(columns_of_no_kind_are_refused),
		cmocka_unit_test(symbols_and_classes_that_do_not_exist_are_refused),
		cmocka_unit_test(time_that_would_run_back_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
