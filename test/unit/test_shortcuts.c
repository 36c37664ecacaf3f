// SPDX-License-Identifier: GPL-2.0-only
/* The core's shorter ways, user space's, say what the longer ones do, which are eBPF's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

/* The longer ways, under other names. */
#undef WHY_SHORTCUTS
#define WHY_SHORTCUTS		0
#define why_account_step	long_step
#define why_account_start	long_start
#define why_account_switch	long_switch
#define why_account_take	long_take
#define why_account_update	long_update
#define why_account_offline	long_offline
#define why_account_read	long_read
#define why_wait_open		long_wait_open
#define why_wait_move		long_wait_move
#define why_wait_enqueued	long_wait_enqueued
#define why_wait_close		long_wait_close
#include "core/account.c"
#include "core/wait.c"
#undef why_account_switch
#undef why_wait_close

#include "unit/random.h"

u32 why_account_switch(struct why_account *a, u64 now, u32 base, u32 soft, u32 is_break);
u64 why_wait_close(const struct why_wait *w, const struct why_account *a, u64 now, u64 *causes,
		   u32 *ret_verdict);

enum { ROUNDS = 200000 };

/* Nearly always small, else anything. */
static u64 random_ns(void)
{
	return random_below(16) ? random_below(1000) : random_next(&random_seed);
}

static void random_account(struct why_account *a, u64 now)
{
	u64 context = random_below(4) ? WHY_BASE_IDLE + random_below(2) : random_below(256);
	u32 i;

	memset(a, 0, sizeof(*a));
	for (i = 0; i < WHY_CLASS_NR; i++)
		a->ns[i] = random_ns();
	a->base_mark_ns = random_ns();
	a->word = why_account_word(now - random_ns(), (u32)context);
}

static void a_switch_leaves_the_same_account(void **state)
{
	struct why_account plain, other;
	u32 base, soft, is_break, i, nr_ok = 0, verdict;
	u64 now;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		now = 1 + random_below(1ULL << 40);
		random_account(&plain, now);
		other = plain;
		base = WHY_BASE_IDLE + (u32)random_below(2);
		soft = !random_below(8);
		is_break = !random_below(8);
		verdict = why_account_switch(&plain, now, base, soft, is_break);
		assert_int_equal(verdict, long_switch(&other, now, base, soft, is_break));
		assert_memory_equal(&plain, &other, sizeof(plain));
		nr_ok += verdict == WHY_ACCOUNT_OK;
	}
	assert_in_range(nr_ok, ROUNDS / 4, ROUNDS - 1);
}

/* A wait whose parts make up its length, but for one time in three. */
static void random_wait(struct why_wait *w, const struct why_account *a, u64 now)
{
	u64 length = 0, gain;
	u32 i;

	memset(w, 0, sizeof(*w));
	for (i = 0; i < WHY_CLASS_NR; i++) {
		gain = random_below(i == WHY_CLASS_UNSEEN ? 8 : 2) ? 0 : random_ns();
		w->open_ns[i] = a->ns[i] - gain;
		length += gain;
	}
	w->doubt_ns = random_below(8) ? 0 : random_ns();
	w->flight_ns = random_below(8) ? 0 : random_ns();
	length += random_below(8) ? w->doubt_ns + w->flight_ns : 0;
	length += random_below(4) ? 0 : random_ns();
	w->start_ns = now - length;
	w->is_torn = !random_below(16);
	w->is_remote_flight = (u8)random_below(2);
}

static void a_wait_has_the_same_causes(void **state)
{
	u64 causes[2][WHY_CAUSE_NR], now, length;
	struct why_account a;
	struct why_wait w;
	u32 i, c, verdict[2], nr_ok = 0;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		now = 1 + random_below(1ULL << 40);
		random_account(&a, now);
		random_wait(&w, &a, now);
		for (c = 0; c < WHY_CAUSE_NR; c++)
			causes[0][c] = causes[1][c] = random_ns();
		length = why_wait_close(&w, &a, now, causes[0], &verdict[0]);
		assert_int_equal(length, long_wait_close(&w, &a, now, causes[1], &verdict[1]));
		assert_int_equal(verdict[0], verdict[1]);
		assert_memory_equal(causes[0], causes[1], sizeof(causes[0]));
		nr_ok += verdict[0] == WHY_ACCOUNT_OK;
	}
	assert_in_range(nr_ok, ROUNDS / 4, ROUNDS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_switch_leaves_the_same_account),
		cmocka_unit_test(a_wait_has_the_same_causes),
	};

	random_seed = 20261127;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
