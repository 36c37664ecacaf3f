// SPDX-License-Identifier: GPL-2.0-only
/* One wait, split into causes: see wait.h. */
#include "core/wait.h"

/* A copy that does not add up is read once more; then the whole wait is in doubt. */
static u32 read_twice(const struct why_account *a, u64 now, u64 *ret_ns, u64 *ret_at)
{
	*ret_at = now;
	if (!a || !WHY_RARELY(why_account_read(a, now, ret_ns, ret_at) != WHY_ACCOUNT_OK))
		return WHY_ACCOUNT_OK;
	return why_account_read(a, now, ret_ns, ret_at);
}

u32 why_wait_open(struct why_wait *w, const struct why_account *a, u64 now, u32 cpu)
{
	u64 at;
	u32 verdict = read_twice(a, now, w->open_ns, &at);

	w->start_ns = now;
	w->doubt_ns = verdict == WHY_ACCOUNT_OK ? at - now : 0;
	w->flight_ns = 0;
	w->cpu = cpu;
	w->is_torn = verdict != WHY_ACCOUNT_OK;
	w->is_remote_flight = 0;
	return verdict;
}

u64 why_wait_move(struct why_wait *w, const struct why_account *from,
		  const struct why_account *to, u64 now, u32 cpu)
{
	u64 left[WHY_CLASS_ROOM] = {}, joined[WHY_CLASS_ROOM] = {};
	u64 left_at, joined_at;
	u32 verdict, i;

	w->cpu = cpu;
	if (!from || !to)
		return now;
	verdict = read_twice(from, now, left, &left_at);
	if (verdict == WHY_ACCOUNT_OK)
		verdict = read_twice(to, left_at, joined, &joined_at);
	if (verdict != WHY_ACCOUNT_OK) {
		w->is_torn = 1;
		return now;
	}
	for (i = 0; i < WHY_CLASS_NR; i++)
		w->open_ns[i] += joined[i] - left[i];
	/* Read at two instants, the second never the earlier: what is between is nobody's. */
	w->doubt_ns += joined_at - left_at;
	return left_at;
}

u32 why_wait_enqueued(struct why_wait *w, const struct why_account *a, u64 now, u32 is_remote)
{
	u64 at;
	u32 verdict = read_twice(a, now, w->open_ns, &at);

	if (verdict != WHY_ACCOUNT_OK) {
		w->is_torn = 1;
		return verdict;
	}
	w->flight_ns = (s64)(now - w->start_ns) > 0 ? now - w->start_ns : 0;
	w->doubt_ns = at - (w->start_ns + w->flight_ns);
	w->is_remote_flight = is_remote != 0;
	return WHY_ACCOUNT_OK;
}

/*
 * What each class got since the wait began. Each word is read once: where hidden events have left
 * two parties that both believe to own the wait, the sum still holds or the wait is torn.
 */
static u64 read_gains(const struct why_wait *w, const struct why_account *a, u64 *ret_ns)
{
	u64 signs = 0;
	u32 i;

	WHY_UNROLLED
	for (i = 0; i < WHY_CLASS_NR; i++) {
		ret_ns[i] = a->ns[i] - WHY_LOAD(w->open_ns[i]);
		signs |= ret_ns[i];
	}
	return signs >> 63;
}

static u64 sum_of(const u64 *ns)
{
	u64 sum = 0;
	u32 i;

	WHY_UNROLLED
	for (i = 0; i < WHY_CLASS_NR; i++)
		sum += ns[i];
	return sum;
}

/*
 * Where a difference is negative (its class lost time to `unseen` meanwhile, or was read a moment
 * too far) the class gets nothing and the doubt shrinks by as much: the sum stays.
 */
static u64 negative_part(const u64 *ns)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < WHY_CLASS_NR; i++)
		sum += ns[i] & (u64)((s64)ns[i] >> 63);
	return sum;
}

/* Branches that end in memory, not in a register: a verifier follows them once. */
static void add_positive(u64 ns, u64 *cause)
{
	if ((s64)ns > 0)
		*cause += ns;
}

WHY_ASIDE u64 close_any(const struct why_wait *w, const struct why_account *a, u64 now,
			u64 *causes, u32 *ret_verdict)
{
	u64 ns[WHY_CLASS_NR], length = now - WHY_LOAD(w->start_ns), doubt = WHY_LOAD(w->doubt_ns);
	u64 flight = WHY_LOAD(w->flight_ns), is_negative = read_gains(w, a, ns);
	u64 sum = sum_of(ns) + doubt + flight;

	if (is_negative)
		doubt += negative_part(ns);
	doubt += ns[WHY_CLASS_UNSEEN] & ~(u64)((s64)ns[WHY_CLASS_UNSEEN] >> 63);

	*ret_verdict = WHY_ACCOUNT_TORN;
	if (w->is_torn || (s64)doubt < 0 || (s64)flight < 0 || sum != length) {
		if ((s64)length < 0)
			length = 0;
		causes[WHY_CAUSE_UNEXPLAINED] += length;
		return length;
	}
	*ret_verdict = WHY_ACCOUNT_OK;
	add_positive(ns[WHY_CLASS_OFFLINE], &causes[WHY_CAUSE_OFFLINE]);
	add_positive(ns[WHY_CLASS_IDLE], &causes[WHY_CAUSE_IDLE_EXIT]);
	add_positive(ns[WHY_CLASS_HARDIRQ], &causes[WHY_CAUSE_HARDIRQ]);
	add_positive(ns[WHY_CLASS_SOFTIRQ], &causes[WHY_CAUSE_SOFTIRQ]);
	add_positive(ns[WHY_CLASS_SWITCH], &causes[WHY_CAUSE_SWITCH]);
	add_positive(ns[WHY_CLASS_TASK], &causes[WHY_CAUSE_TASK]);
	add_positive(flight, &causes[w->is_remote_flight ? WHY_CAUSE_IPI : WHY_CAUSE_WAKER]);
	add_positive(doubt, &causes[WHY_CAUSE_UNEXPLAINED]);
	return length;
}

/* A wait without a doubt, all of whose classes gained or stayed. */
static void add_gains(const u64 *ns, u64 *causes)
{
	causes[WHY_CAUSE_OFFLINE] += ns[WHY_CLASS_OFFLINE];
	causes[WHY_CAUSE_IDLE_EXIT] += ns[WHY_CLASS_IDLE];
	causes[WHY_CAUSE_HARDIRQ] += ns[WHY_CLASS_HARDIRQ];
	causes[WHY_CAUSE_SOFTIRQ] += ns[WHY_CLASS_SOFTIRQ];
	causes[WHY_CAUSE_SWITCH] += ns[WHY_CLASS_SWITCH];
	causes[WHY_CAUSE_TASK] += ns[WHY_CLASS_TASK];
}

u64 why_wait_close(const struct why_wait *w, const struct why_account *a, u64 now, u64 *causes,
		   u32 *ret_verdict)
{
	u64 ns[WHY_CLASS_NR], length = now - w->start_ns, odd;

	if (!WHY_SHORTCUTS)
		return close_any(w, a, now, causes, ret_verdict);
	odd = read_gains(w, a, ns) | w->doubt_ns | w->flight_ns | w->is_torn;
	if (odd | ns[WHY_CLASS_UNSEEN] | (sum_of(ns) ^ length))
		return close_any(w, a, now, causes, ret_verdict);
	add_gains(ns, causes);
	*ret_verdict = WHY_ACCOUNT_OK;
	return length;
}
