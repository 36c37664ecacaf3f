// SPDX-License-Identifier: GPL-2.0-only
/* Cause account: see account.h. Knows time and nesting, not where either comes from. */
#include "core/account.h"

#define BACKWARDS (1ULL << 55)

static u32 enter_hard(u32 context, u32 *verdict)
{
	if ((context & WHY_CTX_HARD) != WHY_CTX_HARD)
		return context + WHY_CTX_HARD_ONE;
	*verdict = WHY_ACCOUNT_UNPAIRED;
	return context;
}

static u32 leave_hard(u32 context, u32 *verdict)
{
	if (context & WHY_CTX_HARD)
		return context - WHY_CTX_HARD_ONE;
	*verdict = WHY_ACCOUNT_UNPAIRED;
	return context;
}

/* Sets (`on`) or clears one bit; asking for what is already so is an unpaired edge. */
static u32 flip(u32 context, u32 bit, u32 on, u32 *verdict)
{
	if (!(context & bit) == !on)
		*verdict = WHY_ACCOUNT_UNPAIRED;
	return on ? context | bit : context & ~bit;
}

static u32 next_context(u32 context, u32 edge, u32 *verdict)
{
	switch (edge) {
	case WHY_EDGE_HARDIRQ_ENTRY:
		return enter_hard(context, verdict);
	case WHY_EDGE_HARDIRQ_EXIT:
		return leave_hard(context, verdict);
	case WHY_EDGE_SOFTIRQ_ENTRY:
		return flip(context, WHY_CTX_SOFT, 1, verdict);
	case WHY_EDGE_SOFTIRQ_EXIT:
		return flip(context, WHY_CTX_SOFT, 0, verdict);
	case WHY_EDGE_SCHED_ENTRY:
		return flip(context, WHY_CTX_SWITCH, 1, verdict);
	case WHY_EDGE_SCHED_EXIT:
		return flip(context, WHY_CTX_SWITCH, 0, verdict);
	default:
		return context;
	}
}

void why_account_step(u64 word, u32 edge, u64 now, struct why_step *ret)
{
	u32 context = (u32)word & 0xff;
	u64 ns = why_account_since(word, now);

	ret->verdict = WHY_ACCOUNT_OK;
	ret->class_ = why_context_class(context);
	ret->ns = ns;
	ret->word = now << WHY_CTX_BITS;
	if (WHY_RARELY(ns >= BACKWARDS)) {
		ret->verdict = WHY_ACCOUNT_CLOCK_BACK;
		ret->ns = 0;
		ret->word = word & ~0xffULL;
	}
	/* An offline CPU that shows an event is back; what it runs is known at its next switch. */
	if ((context & WHY_CTX_BASE) == WHY_BASE_OFFLINE && edge != WHY_EDGE_NONE)
		context = (context & ~(u32)WHY_CTX_BASE) | WHY_BASE_IDLE;
	ret->word |= next_context(context, edge, &ret->verdict);
}

u32 why_account_take(struct why_account *a, u32 edge, u64 now)
{
	struct why_step step;

	why_account_step(a->word, edge, now, &step);
	WHY_STORE(a->word, step.word);
	if (step.class_ < WHY_CLASS_NR)
		WHY_STORE(a->ns[step.class_], a->ns[step.class_] + step.ns);
	return step.verdict;
}

static void set_base(struct why_account *a, u32 context)
{
	u32 c = why_base_class(context);

	WHY_STORE(a->word, (a->word & ~0xffULL) | context);
	if (c < WHY_CLASS_NR)
		a->base_mark_ns = a->ns[c];
}

/* Moves what idle or a task got since the last switch to the unseen class; the sum stays. */
static void unsee(struct why_account *a)
{
	u32 c = why_base_class((u32)a->word);
	u64 ns;

	a->unseen_ns = 0;
	if (c != WHY_CLASS_IDLE && c != WHY_CLASS_TASK)
		return;
	ns = a->ns[c] - a->base_mark_ns;
	WHY_STORE(a->ns[c], a->base_mark_ns);
	WHY_STORE(a->ns[WHY_CLASS_UNSEEN], a->ns[WHY_CLASS_UNSEEN] + ns);
	a->unseen_ns = ns;
}

void why_account_start(struct why_account *a, u64 now, u32 base)
{
	u32 context = (u32)a->word & (WHY_CTX_HARD | WHY_CTX_SOFT), i;

	for (i = 0; i < WHY_CLASS_NR; i++)
		a->ns[i] = 0;
	a->start_ns = now;
	a->word = why_account_word(now, 0);
	set_base(a, context | base);
}

u32 why_account_update(struct why_account *a, u64 now)
{
	return why_account_take(a, WHY_EDGE_NONE, now);
}

WHY_ASIDE u32 switch_any(struct why_account *a, u64 now, u32 base, u32 soft, u32 is_break)
{
	u32 stuck = a->word & WHY_CTX_HARD;
	u32 verdict = why_account_take(a, WHY_EDGE_NONE, now);

	if (is_break)
		unsee(a);
	set_base(a, (a->word & WHY_CTX_SWITCH) | (soft ? WHY_CTX_SOFT : 0) | base);
	return stuck ? WHY_ACCOUNT_STUCK : verdict;
}

/* The class of idle's and a task's contexts, by their difference: WHY_CLASS_NR for all others. */
static u32 plain_class(u64 word)
{
	u32 c = ((u32)word & 0xff) - WHY_BASE_IDLE + WHY_CLASS_IDLE;

	return c <= WHY_BASE_TASK - WHY_BASE_IDLE + WHY_CLASS_IDLE ? c : WHY_CLASS_NR;
}

u32 why_account_switch(struct why_account *a, u64 now, u32 base, u32 soft, u32 is_break)
{
	u32 c, to = plain_class(base);
	u64 ns = why_account_since(a->word, now);

	if (!WHY_SHORTCUTS || soft || is_break || ns >= BACKWARDS)
		return switch_any(a, now, base, soft, is_break);
	/* Nothing on top of idle or of a task: the same without a context to look at. */
	c = (a->word & 0xff) == base ? to : plain_class(a->word);
	if (c == WHY_CLASS_NR)
		return switch_any(a, now, base, soft, is_break);
	ns += a->ns[c];
	WHY_STORE(a->word, why_account_word(now, base));
	WHY_STORE(a->ns[c], ns);
	a->base_mark_ns = c == to ? ns : a->ns[to];
	return WHY_ACCOUNT_OK;
}

u32 why_account_offline(struct why_account *a, u64 now)
{
	u32 verdict = why_account_take(a, WHY_EDGE_NONE, now);

	set_base(a, WHY_BASE_OFFLINE);
	/* The first event it shows makes it idle (why_account_step): that base begins now. */
	a->base_mark_ns = a->ns[WHY_CLASS_IDLE];
	return verdict;
}

u32 why_account_read(const struct why_account *a, u64 now, u64 *ret_ns, u64 *ret_at)
{
	u64 word = WHY_LOAD(a->word);
	u64 sum = WHY_LOAD(a->start_ns);
	u64 ns = why_account_since(word, now);
	u32 i, c;

	WHY_UNROLLED
	for (i = 0; i < WHY_CLASS_NR; i++) {
		ret_ns[i] = WHY_LOAD(a->ns[i]);
		sum += ret_ns[i];
	}
	*ret_at = sum;
	if (WHY_RARELY(why_account_since(word, sum)))
		return WHY_ACCOUNT_TORN;
	if (WHY_RARELY(ns >= BACKWARDS))
		return WHY_ACCOUNT_OK;
	*ret_at = now;
	c = why_context_class((u32)word);
	if (c < WHY_CLASS_NR)
		ret_ns[c] += ns;
	return WHY_ACCOUNT_OK;
}
