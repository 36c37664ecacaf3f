/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which series moved together with a target series, and how surely: values in, a finding out.
 * Knows nothing of kernels, never prints; whoever explains a measurement calls it. Co-movement is
 * no cause: two lines may both follow a third.
 *
 * Statistic: Spearman's rank correlation (Spearman 1904), Pearson's of the midranks, over the
 * ticks that are known in both. Ranks: one giant second counts as one second, units don't matter.
 *
 * A mover has |rho| >= 0.5 and passes every one of these at 0.01 / number of candidates
 * (Bonferroni; a candidate that never varies or shares fewer than ten ticks with the target is
 * none). All are two-sided. Passing all is an intersection-union test (Berger 1982): the chance of
 * a false alarm is at most that of the test that is valid for the series at hand.
 *
 *	levels		permutation test of rho (Pitman 1937); exact where ticks are exchangeable,
 *			however many ties
 *	differences	the same of tick-to-tick changes, which must have the sign of rho: valid
 *			for random walks, nearly so for strongly autocorrelated series
 *	fewer ticks	Student's t with Bartlett's number of independent ticks (Bartlett 1935; with
 *			n/5 lags as Pyper & Peterman 1998, doi:10.1139/f98-104),
 *				n' = n / (1 + 2 sum_k (1 - k/n) r_x(k) r_y(k))
 *			over the lags, up to 60, at which both autocorrelations of ranks have one
 *			sign and are beyond 1.96/sqrt(n). No such lag: no such test. Stops trends.
 *
 * Permutation p: only the ticks off a series' commonest value need placing; K is their number in
 * the sparser of the two series.
 *	K >= 64			Student's t, n - 2 degrees of freedom, as Pitman fits it; beside
 *				2e6 permutations of 64 untied ticks 12 % too small at 1e-3, 27 % at
 *				4e-5. From K >= 40 too if its p is under a hundredth of the limit
 *	few placements		all n (n-1) .. (n-K+1) of them, up to 400,000 (3 bursts: n <= 74)
 *	otherwise		(k + 1) / (B + 1) of B drawn at random, B + 1 = 201 times the number
 *				of candidates but at most 300,000 (Barnard 1963; Davison & Hinkley
 *				1997), stopped once it cannot pass; splitmix64 (Steele, Lea & Flood
 *				2014) from a fixed seed, so the same input has the same finding.
 *
 * Measured on 2000 families of 20 unrelated lines and 30, 60 or 120 ticks, each of white noise,
 * AR(1) of 0.3 to 0.95, random walks, trends, steps and sparse bursts: anything was found in at
 * most 0.5 %. In 30 ticks a target that is one of the 20 plus noise of half its deviation is found
 * in 99 %, of 0.7 of it in 92 %, of as much in 60 %.
 *
 * Limits.
 *	- k shared bursts in n ticks have a p of about 2 / C(n, k), less where their heights agree
 *	  too: in 30 seconds three pass among some 20 candidates, two among a few at most. Bursts in
 *	  adjacent ticks count as fewer.
 *	- Bursts that BOTH series have atop noise of their own leave rho near 0.3: one of a hundred
 *	  is found, however high they are. It takes one series that is quiet between the bursts.
 *	- Movement that lags by a tick or more is not looked for.
 *	- Series that share a slow movement only, with unrelated changes, are not found: on purpose.
 *	- Two series with one period (a cron job, a sampler) do move together, whatever the cause.
 *	- A gap of unknown ticks is closed up for the autocorrelation; differences never span one.
 *
 * Memory: about 90 bytes a tick and 48 a candidate. Time: candidates * n log n, then at most
 * 300,000 * 64 steps for each strong one until five have passed. Measured at 2.6 GHz for 200
 * candidates: 600 ticks 4 to 17 ms; 40 ticks, where all is permutations, 30 ms; 64 ticks that are
 * all close calls 47 ms. 20 candidates of 100,000 ticks: 0.3 s.
 */
#ifndef WHY_EXPLAIN_SPIKES_H
#define WHY_EXPLAIN_SPIKES_H

#include <stddef.h>

enum {
	WHY_SPIKE_MIN_TICKS = 10,	/* known ticks below which nothing is said */
	WHY_SPIKE_MAX_WORST = 16,
	WHY_SPIKE_MAX_MOVERS = 5,
};

/* One value a tick; all lines of a call have the same ticks. Name and values are the caller's. */
struct why_series_line {
	const char *name;
	const double *value;	/* [n], any unit; NaN: unknown in that tick; infinite: a value */
};

struct why_mover {
	size_t line;		/* index among the candidates */
	double rho;		/* Spearman's, -1 to 1; negative: high where the target is low */
	double p;		/* largest of its tests, times the candidates; at least 1e-12 */
	size_t n;		/* ticks that both are known in */
	double typical;		/* candidate's median over those that are not among the worst */
	double in_worst;	/* its median over those that are; NaN: it is unknown in all */
};

struct why_spike_finding {
	size_t n;		/* ticks that the target is known in */
	size_t nr_worst;	/* its worst tenth, 1 to 16, of those above its median */
	size_t worst[WHY_SPIKE_MAX_WORST];	/* their indices, worst first, then earliest */
	struct why_mover *movers;		/* by |rho|, strongest first; the finding's own */
	size_t nr_movers;
	const char *why_none;	/* constant text where there are no movers, else NULL */
};

/*
 * Compares every candidate with the target over ticks 0 to n - 1. No pointer is kept. Without ten
 * known ticks, or with a target of which fewer than two ticks leave its commonest value (one
 * coincidence is no co-movement), no candidate is looked at and `why_none` says so.
 * Returns 0, or -ENOMEM with *ret untouched. Free *ret with why_spikes_free().
 */
int why_spikes_find(const struct why_series_line *target, const struct why_series_line *candidates,
		    size_t nr_candidates, size_t n, struct why_spike_finding *ret);

/* Frees the movers and leaves none; the finding itself is the caller's. Twice does no harm. */
void why_spikes_free(struct why_spike_finding *f);

#endif
