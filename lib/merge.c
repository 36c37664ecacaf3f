// SPDX-License-Identifier: GPL-2.0-only
/* Merging streams: see merge.h. losers[0] is the winner, losers[1..] the inner nodes. */
#include "lib/merge.h"

#include <errno.h>
#include <stdlib.h>

#define NEVER (~0ULL)

/* When stream `i` goes on; kept beside the tree, so that playing touches no event. */
static void set_time(struct why_merge *m, u32 i)
{
	const struct why_stream *s = &m->streams[i];

	m->times[i] = s->at < s->end ? s->at->at_ns : NEVER;
}

/* Without branches, which nobody could foretell: here and below. */
static u32 is_earlier(u64 x, u32 a, u64 y, u32 b)
{
	return (x < y) | ((x == y) & (a < b));
}

/* Plays stream `i` up the tree: who wins against all on its way. */
static void play_up(struct why_merge *m, u32 i)
{
	u32 node, winner = i, loser, swap;
	u64 time = m->times[i], other;

	for (node = (i + m->nr) / 2; node; node /= 2) {
		loser = m->losers[node];
		other = m->times[loser];
		swap = -is_earlier(other, loser, time, winner);
		m->losers[node] = loser ^ ((loser ^ winner) & swap);
		winner ^= (loser ^ winner) & swap;
		time ^= (other ^ time) & (u64)(s64)(int)swap;
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
	if (is_earlier(m->times[left], left, m->times[right], right)) {
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
	m->times = calloc(m->nr + 1, sizeof(*m->times));
	if (!m->losers || !m->times)
		return m->rc = -ENOMEM;
	for (i = 0; !m->rc && i < m->nr; i++) {
		if (m->streams[i].at == m->streams[i].end)
			m->rc = m->refill(m->arg, i, &m->streams[i]);
		set_time(m, i);
	}
	m->losers[0] = m->nr > 1 ? build(m, 1) : 0;
	return m->rc;
}

/* Before when the winner is alone: the losers on its way up have the first of all others. */
static u64 end_of_run(const struct why_merge *m, u32 winner)
{
	u64 first = NEVER, at;
	u32 node, loser;

	for (node = (winner + m->nr) / 2; node; node /= 2) {
		loser = m->losers[node];
		at = m->times[loser];
		/* At one time the lower stream goes first. */
		at += at != NEVER && winner < loser;
		first = at < first ? at : first;
	}
	return first;
}

/* The first event of a stream at `end` or later; of four, how many are before it. */
static const struct why_event *first_from(const struct why_event *e,
					  const struct why_event *stream_end, u64 end)
{
	u32 nr = 4;

	if (stream_end[-1].at_ns < end)
		return stream_end;
	while (nr == 4 && stream_end - e >= 4) {
		nr = (e[0].at_ns < end) + (e[1].at_ns < end) + (e[2].at_ns < end) +
		     (e[3].at_ns < end);
		e += nr;
	}
	while (e->at_ns < end)
		e++;
	return e;
}

/* The stream that goes on, refilled if it was used up. */
static struct why_stream *next_stream(struct why_merge *m)
{
	u32 winner = m->losers[0];

	if (m->streams[winner].at == m->streams[winner].end)
		m->rc = m->refill(m->arg, winner, &m->streams[winner]);
	set_time(m, winner);
	if (m->nr > 1)
		play_up(m, winner);
	return &m->streams[m->losers[0]];
}

int why_merge_next(struct why_merge *m, u64 until, const struct why_event **ret, size_t *ret_n)
{
	struct why_stream *s;
	u64 end;

	*ret_n = 0;
	if (m->rc || !m->nr)
		return m->rc;
	s = next_stream(m);
	if (m->rc || s->at == s->end)
		return m->rc;
	end = end_of_run(m, m->losers[0]);
	end = end < until ? end : until;
	*ret = s->at;
	s->at = first_from(s->at, s->end, end);
	*ret_n = (size_t)(s->at - *ret);
	return 0;
}

u64 why_merge_time(const struct why_merge *m)
{
	return m->nr ? m->times[m->losers[0]] : NEVER;
}

void why_merge_end(struct why_merge *m)
{
	free(m->losers);
	free(m->times);
	m->losers = NULL;
	m->times = NULL;
}
