// SPDX-License-Identifier: GPL-2.0-only
/* One wait, split into causes: see wait.h. */
#include "core/wait.h"

/* A copy that does not add up is read once more; then the whole wait is in doubt. */
static u32 read_twice(const struct why_account *a, u64 now, u64 *ret_ns, u64 *ret_at)
{
	if (why_account_read(a, now, ret_ns, ret_at) == WHY_ACCOUNT_OK)
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
	w->is_unknown = 0;
	return verdict;
}

u32 why_wait_move(struct why_wait *w, const struct why_account *from,
		  const struct why_account *to, u64 now, u32 cpu)
{
	u64 left[WHY_CLASS_NR], joined[WHY_CLASS_NR];
	u64 left_at, joined_at;
	u32 verdict, i;

	w->cpu = cpu;
	verdict = read_twice(from, now, left, &left_at);
	if (verdict == WHY_ACCOUNT_OK)
		verdict = read_twice(to, left_at, joined, &joined_at);
	if (verdict != WHY_ACCOUNT_OK) {
		w->is_torn = 1;
		return verdict;
	}
	for (i = 0; i < WHY_CLASS_NR; i++)
		w->open_ns[i] += joined[i] - left[i];
	/* Read at two instants, the second never the earlier: what is between is nobody's. */
	w->doubt_ns += joined_at - left_at;
	return WHY_ACCOUNT_OK;
}

u32 why_wait_enqueued(struct why_wait *w, const struct why_account *a, u64 now, u32 is_remote)
{
	u64 at;
	u32 verdict = read_twice(a, now, w->open_ns, &at);

	if (verdict != WHY_ACCOUNT_OK) {
		w->is_torn = 1;
		return verdict;
	}
	w->flight_ns = now - w->start_ns;
	w->doubt_ns = at - now;
	w->is_remote_flight = is_remote != 0;
	return WHY_ACCOUNT_OK;
}

/*
 * Where a difference is negative (its class lost time to `unseen` meanwhile, or was read a moment
 * too far) the class gets nothing and the doubt shrinks by as much: the sum stays. By masks: six
 * branches in a row are paths for a verifier.
 */
static u64 gain(const struct why_wait *w, const struct why_account *a, u32 class_, u64 *doubt)
{
	u64 ns = a->ns[class_] - w->open_ns[class_];
	u64 negative = (u64)((s64)ns >> 63);

	*doubt += ns & negative;
	return ns & ~negative;
}

static u64 sum_of(const u64 *causes)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < WHY_CAUSE_NR; i++)
		sum += causes[i];
	return sum;
}

u64 why_wait_close(struct why_wait *w, const struct why_account *a, u64 now, u64 *ret_causes,
		   u32 *ret_verdict)
{
	u64 length = now - w->start_ns;
	u64 doubt = w->doubt_ns, unseen, remote = 0 - (u64)(w->is_remote_flight & 1);
	u32 i;

	ret_causes[WHY_CAUSE_THROTTLED] = 0;
	ret_causes[WHY_CAUSE_WAKER] = w->flight_ns & ~remote;
	ret_causes[WHY_CAUSE_IPI] = w->flight_ns & remote;
	ret_causes[WHY_CAUSE_OFFLINE] = gain(w, a, WHY_CLASS_OFFLINE, &doubt);
	ret_causes[WHY_CAUSE_IDLE_EXIT] = gain(w, a, WHY_CLASS_IDLE, &doubt);
	ret_causes[WHY_CAUSE_HARDIRQ] = gain(w, a, WHY_CLASS_HARDIRQ, &doubt);
	ret_causes[WHY_CAUSE_SOFTIRQ] = gain(w, a, WHY_CLASS_SOFTIRQ, &doubt);
	ret_causes[WHY_CAUSE_SWITCH] = gain(w, a, WHY_CLASS_SWITCH, &doubt);
	ret_causes[WHY_CAUSE_TASK] = gain(w, a, WHY_CLASS_TASK, &doubt);
	unseen = gain(w, a, WHY_CLASS_UNSEEN, &doubt);
	doubt += unseen;
	ret_causes[WHY_CAUSE_UNEXPLAINED] = doubt;

	*ret_verdict = WHY_ACCOUNT_OK;
	if (!w->is_torn && (s64)doubt >= 0 && sum_of(ret_causes) == length)
		return length;
	*ret_verdict = WHY_ACCOUNT_TORN;
	for (i = 0; i < WHY_CAUSE_NR; i++)
		ret_causes[i] = 0;
	if ((s64)length < 0)
		length = 0;
	ret_causes[WHY_CAUSE_UNEXPLAINED] = length;
	return length;
}
