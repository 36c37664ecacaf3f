// SPDX-License-Identifier: GPL-2.0-only
/* Merging streams: see merge.h. losers[0] is the winner, losers[1..] the inner nodes. */
#include "lib/merge.h"

#include <errno.h>
#include <stdlib.h>

#define NEVER (~0ULL)

static u64 time_of(const struct why_merge *m, u32 i)
{
	const struct why_stream *s = &m->streams[i];

	return s->at < s->end ? s->at->at_ns : NEVER;
}

static int is_earlier(const struct why_merge *m, u32 a, u32 b)
{
	u64 x = time_of(m, a), y = time_of(m, b);

	return x < y || (x == y && a < b);
}

/* Plays stream `i` up the tree: who wins against all on its way. */
static void play(struct why_merge *m, u32 i)
{
	u32 node, winner = i, loser;

	for (node = (i + m->nr) / 2; node; node /= 2) {
		loser = m->losers[node];
		if (!is_earlier(m, loser, winner))
			continue;
		m->losers[node] = winner;
		winner = loser;
	}
	m->losers[0] = winner;
}

/* The winner of the subtree at `node`, whose losers are set. */
static u32 build(struct why_merge *m, u32 node)
{
	u32 left, right;

	if (node >= m->nr)
		return node - m->nr;
	left = build(m, 2 * node);
	right = build(m, 2 * node + 1);
	if (is_earlier(m, left, right)) {
		m->losers[node] = right;
		return left;
	}
	m->losers[node] = left;
	return right;
}

int why_merge_begin(struct why_merge *m)
{
	u32 i;

	m->losers = calloc(m->nr + 1, sizeof(*m->losers));
	if (!m->losers)
		return m->rc = -ENOMEM;
	for (i = 0; !m->rc && i < m->nr; i++)
		if (m->streams[i].at == m->streams[i].end)
			m->rc = m->refill(m->arg, i, &m->streams[i]);
	m->losers[0] = m->nr > 1 ? build(m, 1) : 0;
	return m->rc;
}

/* When the first of all other streams begins: the losers on the winner's way have it. */
static u64 next_other(const struct why_merge *m, u32 winner)
{
	u64 first = NEVER, at;
	u32 node;

	for (node = (winner + m->nr) / 2; node; node /= 2) {
		at = time_of(m, m->losers[node]);
		/* At one time the lower stream goes first. */
		at += at != NEVER && winner < m->losers[node];
		if (at < first)
			first = at;
	}
	return first;
}

int why_merge_next(struct why_merge *m, u64 until, const struct why_event **ret, size_t *ret_n)
{
	u32 winner = m->nr ? m->losers[0] : 0;
	struct why_stream *s = &m->streams[winner];
	u64 end;

	*ret_n = 0;
	if (m->rc || !m->nr)
		return m->rc;
	if (s->at == s->end) {
		m->rc = m->refill(m->arg, winner, s);
		if (m->nr > 1)
			play(m, winner);
		winner = m->losers[0];
		s = &m->streams[winner];
		if (m->rc || s->at == s->end)
			return m->rc;
	}
	end = next_other(m, winner);
	if (end > until)
		end = until;
	*ret = s->at;
	while (s->at < s->end && s->at->at_ns < end)
		s->at++;
	*ret_n = (size_t)(s->at - *ret);
	if (m->nr > 1 && s->at < s->end)
		play(m, winner);
	return 0;
}

int why_merge_is_over(const struct why_merge *m)
{
	return !m->nr || time_of(m, m->losers[0]) == NEVER;
}

void why_merge_end(struct why_merge *m)
{
	free(m->losers);
	m->losers = NULL;
}
