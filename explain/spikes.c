// SPDX-License-Identifier: GPL-2.0-only
/* Rank correlation with its permutation tests: see spikes.h for statistic, sources and limits. */
#include "explain/spikes.h"

#include "core/base.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	FEW_ODD = 40,			/* K from which Student's t may stand for permutations, */
	ENOUGH_ODD = 64,		/* and from which it does even where it is a close call */
	MAX_PLACEMENTS = 400000,	/* all of them are tried up to here */
	MAX_SAMPLES = 300000,
	MAX_LAG = 60,
};

static const double MIN_RHO = 0.5;
static const double LEVEL = 0.01;
static const double LEAST_P = 1e-12;	/* no approximation here is good beyond */

struct keyed {
	double value;
	size_t at;
};

/*
 * Doubled midranks less their mean: whole numbers from 1 - n to n - 1 whose sum is 0, so that
 * sums of products with them are exact.
 */
struct ranked {
	size_t n;
	s64 *rank;		/* [n] */
	double squares;		/* their sum of squares; 0: no two values differ */
	s64 common;		/* the rank of the commonest value, */
	size_t nr_odd;		/* and how many ticks have another one: K */
};

/* Memory of one call, each for n ticks. */
struct work {
	const double *target;
	size_t nr_ticks;
	bool *is_worst;
	double *x, *y;		/* target and candidate where both are known */
	size_t *tick;		/* and which ticks these are */
	struct keyed *keyed;
	struct ranked whole;	/* the target, over all its known ticks */
	struct ranked part;	/* the target, over the known ticks of a pair */
	struct ranked other;	/* the candidate, over the same */
	s64 *weight, *pool;
};

/* Where the ticks off the commonest value can go: weight[k] meets pool[k]. */
struct placing {
	s64 *weight;		/* [nr_odd] distance from the commonest rank */
	size_t nr_odd;
	s64 *pool;		/* [n] ranks of the other series, in any order */
	size_t n;
	s64 observed;		/* |sum| as it was measured */
};

static int compare_double(double a, double b)
{
	return (a > b) - (a < b);
}

static int compare_keyed(const void *a, const void *b)
{
	return compare_double(((const struct keyed *)a)->value, ((const struct keyed *)b)->value);
}

static int compare_value(const void *a, const void *b)
{
	return compare_double(*(const double *)a, *(const double *)b);
}

/* Strongest first; of equals the earlier line. */
static int compare_mover(const void *a, const void *b)
{
	const struct why_mover *l = a, *r = b;
	int by_rho = compare_double(fabs(r->rho), fabs(l->rho));

	return by_rho ? by_rho : (l->line > r->line) - (l->line < r->line);
}

static void free_work(struct work *w)
{
	free(w->is_worst);
	free(w->x);
	free(w->y);
	free(w->tick);
	free(w->keyed);
	free(w->whole.rank);
	free(w->part.rank);
	free(w->other.rank);
	free(w->weight);
	free(w->pool);
}

static int alloc_work(struct work *w, size_t n)
{
	w->is_worst = calloc(n, sizeof(*w->is_worst));
	w->x = calloc(n, sizeof(*w->x));
	w->y = calloc(n, sizeof(*w->y));
	w->tick = calloc(n, sizeof(*w->tick));
	w->keyed = calloc(n, sizeof(*w->keyed));
	w->whole.rank = calloc(n, sizeof(s64));
	w->part.rank = calloc(n, sizeof(s64));
	w->other.rank = calloc(n, sizeof(s64));
	w->weight = calloc(ENOUGH_ODD, sizeof(s64));
	w->pool = calloc(n, sizeof(s64));
	if (w->is_worst && w->x && w->y && w->tick && w->keyed && w->whole.rank && w->part.rank &&
	    w->other.rank && w->weight && w->pool)
		return 0;
	free_work(w);
	return -ENOMEM;
}

/* Ticks `from` to `to` - 1 of the sorted order tie: all get twice their mean rank, centred. */
static void rank_tie(const struct keyed *sorted, size_t from, size_t to, struct ranked *ret)
{
	s64 rank = (s64)(from + to) - (s64)ret->n;
	size_t i;

	for (i = from; i < to; i++)
		ret->rank[sorted[i].at] = rank;
	ret->squares += (double)(to - from) * (double)rank * (double)rank;
	if (ret->n - (to - from) < ret->nr_odd) {
		ret->nr_odd = ret->n - (to - from);
		ret->common = rank;
	}
}

static void rank_values(struct work *w, const double *value, size_t n, struct ranked *ret)
{
	size_t i, j;

	for (i = 0; i < n; i++)
		w->keyed[i] = (struct keyed){ value[i], i };
	qsort(w->keyed, n, sizeof(*w->keyed), compare_keyed);
	ret->n = n;
	ret->squares = 0;
	ret->nr_odd = n;
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n && w->keyed[j].value == w->keyed[i].value; j++)
			;
		rank_tie(w->keyed, i, j, ret);
	}
}

/* Spearman's rho; 0 where one of the two never varies. */
static double correlate(const struct ranked *a, const struct ranked *b)
{
	double sum = 0, size = sqrt(a->squares) * sqrt(b->squares);
	size_t i;

	for (i = 0; i < a->n; i++)
		sum += (double)a->rank[i] * (double)b->rank[i];
	return size > 0 ? fmax(-1, fmin(1, sum / size)) : 0;
}

/*
 * The continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's method, to
 * 1e-12; converges fast for x below (a + 1) / (a + b + 2).
 */
static double beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), h = d, even, odd, step;
	int m;

	for (m = 1; m < 1000; m++) {
		even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		d = 1 / (1 + even * d);
		c = 1 + even / c;
		h *= d * c;
		d = 1 / (1 + odd * d);
		c = 1 + odd / c;
		step = d * c;
		h *= step;
		if (fabs(step - 1) < 1e-12)
			break;
	}
	return h;
}

/* I_x(a, b), the regularized incomplete beta function (DLMF 8.17), for 0 < x < 1. */
static double beta_regularized(double a, double b, double x)
{
	int sign;
	double scale = exp(lgamma_r(a + b, &sign) - lgamma_r(a, &sign) - lgamma_r(b, &sign) +
			   a * log(x) + b * log1p(-x));

	if (x < (a + 1) / (a + b + 2))
		return scale * beta_fraction(a, b, x) / a;
	return 1 - scale * beta_fraction(b, a, 1 - x) / b;
}

/*
 * Two-sided p of a correlation over `n` independent ticks, by Student's t with n - 2 degrees of
 * freedom: p = I_{1 - rho^2}((n - 2) / 2, 1 / 2).
 */
static double student_p(double rho, double n)
{
	double x = 1 - rho * rho;

	if (n <= 2 || x >= 1)
		return 1;
	return x > 0 ? beta_regularized((n - 2) / 2, 0.5, x) : 0;
}

static void swap(s64 *a, s64 *b)
{
	s64 t = *a;

	*a = *b;
	*b = t;
}

/* n (n-1) .. (n-k+1), or something beyond MAX_PLACEMENTS. */
static u64 count_placements(size_t n, size_t k)
{
	u64 product = 1;
	size_t i;

	for (i = 0; i < k && product <= MAX_PLACEMENTS; i++)
		product *= n - i;
	return product;
}

/* Of all ways to place the weights from `k` on, those at least as far out as what was measured. */
static u64 count_extreme(struct placing *p, size_t k, s64 sum)
{
	u64 found = 0;
	size_t i;

	if (k == p->nr_odd)
		return llabs(sum) >= p->observed;
	for (i = k; i < p->n; i++) {
		swap(&p->pool[k], &p->pool[i]);
		found += count_extreme(p, k + 1, sum + p->weight[k] * p->pool[k]);
		swap(&p->pool[k], &p->pool[i]);
	}
	return found;
}

/* splitmix64 (Steele, Lea & Flood 2014), all 64 bits. */
static u64 draw(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* One random placement: the first steps of a Fisher-Yates shuffle, from whatever order is there. */
static s64 place_at_random(struct placing *p, u64 *state)
{
	s64 sum = 0;
	size_t k;

	for (k = 0; k < p->nr_odd; k++) {
		/* Below n - k, uneven by less than n / 2^32. */
		swap(&p->pool[k], &p->pool[k + ((draw(state) >> 32) * (p->n - k) >> 32)]);
		sum += p->weight[k] * p->pool[k];
	}
	return sum;
}

/* (k + 1) / (B + 1); 1 as soon as it cannot come out below `limit`. */
static double sampled_p(struct placing *p, double limit)
{
	u64 state = 0x7768796c617465ULL, found = 0;
	double size = fmin(ceil(2.01 / limit), MAX_SAMPLES);
	u64 i;

	for (i = 1; i < (u64)size; i++) {
		found += llabs(place_at_random(p, &state)) >= p->observed;
		if ((double)(found + 1) / size >= limit)
			return 1;
	}
	return (double)(found + 1) / size;
}

/* Sets up the sparser series' odd ticks, all of them where they now are. */
static void begin_placing(struct work *w, const struct ranked *sparse, const struct ranked *full,
			  struct placing *ret)
{
	size_t i, last = sparse->n;

	*ret = (struct placing){ .weight = w->weight, .pool = w->pool, .n = sparse->n };
	for (i = 0; i < sparse->n; i++) {
		if (sparse->rank[i] == sparse->common) {
			w->pool[--last] = full->rank[i];
			continue;
		}
		w->weight[ret->nr_odd] = sparse->rank[i] - sparse->common;
		w->pool[ret->nr_odd] = full->rank[i];
		ret->observed += w->weight[ret->nr_odd] * w->pool[ret->nr_odd];
		ret->nr_odd++;
	}
	ret->observed = llabs(ret->observed);
}

/* Is `p` by Student's t, of `nr_odd` ticks off the commonest value, to be relied on? */
static bool is_student_enough(double p, size_t nr_odd, double limit)
{
	return nr_odd >= ENOUGH_ODD || (nr_odd >= FEW_ODD && p < limit / 100);
}

/* Two-sided p of their correlation if any order is as likely; any value of `limit` or more: no. */
static double permutation_p(struct work *w, const struct ranked *a, const struct ranked *b,
			    double limit)
{
	const struct ranked *sparse = a->nr_odd < b->nr_odd ? a : b;
	double by_t = student_p(correlate(a, b), (double)a->n);
	struct placing p;
	u64 all;

	if (is_student_enough(by_t, sparse->nr_odd, limit))
		return by_t;
	begin_placing(w, sparse, sparse == a ? b : a, &p);
	all = count_placements(p.n, p.nr_odd);
	if (all <= MAX_PLACEMENTS)
		return (double)count_extreme(&p, 0, 0) / (double)all;
	return sampled_p(&p, limit);
}

/* Of the ranks with themselves `lag` ticks later. */
static double autocorrelate(const struct ranked *r, size_t lag)
{
	double sum = 0;
	size_t i;

	for (i = lag; i < r->n; i++)
		sum += (double)r->rank[i] * (double)r->rank[i - lag];
	return sum / r->squares;
}

/* Bartlett's n': as many independent ticks would spread rho as widely. */
static double independent_ticks(const struct ranked *a, const struct ranked *b)
{
	double n = (double)a->n, band = 1.96 / sqrt(n), sum = 0, ra, rb;
	size_t lag;

	for (lag = 1; lag <= a->n / 5 && lag <= MAX_LAG; lag++) {
		ra = autocorrelate(a, lag);
		rb = autocorrelate(b, lag);
		if (fabs(ra) > band && fabs(rb) > band && ra * rb > 0)
			sum += (1 - (double)lag / n) * ra * rb;
	}
	return n / (1 + 2 * sum);
}

/*
 * Gathers the ticks that target and candidate are known in and ranks both over them. Returns the
 * ranked target, which has not to be ranked anew where it is known in no further tick.
 */
static const struct ranked *rank_pair(struct work *w, const double *candidate)
{
	size_t i, n = 0;

	for (i = 0; i < w->nr_ticks; i++) {
		if (isnan(w->target[i]) || isnan(candidate[i]))
			continue;
		w->x[n] = w->target[i];
		w->y[n] = candidate[i];
		w->tick[n++] = i;
	}
	rank_values(w, w->y, n, &w->other);
	if (n == w->whole.n)
		return &w->whole;
	rank_values(w, w->x, n, &w->part);
	return &w->part;
}

/* Two infinite values have no difference that is a number, but no change either. */
static double change(double from, double to)
{
	return from == to ? 0 : to - from;
}

/* The same of the changes from tick to tick, where no unknown one lies between. */
static const struct ranked *rank_changes(struct work *w, size_t n)
{
	size_t i, nr = 0;

	for (i = 1; i < n; i++) {
		if (w->tick[i] != w->tick[i - 1] + 1)
			continue;
		w->x[nr] = change(w->x[i - 1], w->x[i]);
		w->y[nr++] = change(w->y[i - 1], w->y[i]);
	}
	rank_values(w, w->y, nr, &w->other);
	rank_values(w, w->x, nr, &w->part);
	return &w->part;
}

/* Of the `n` values, which get sorted; NaN for none. */
static double median(double *value, size_t n)
{
	double low, high;

	if (!n)
		return NAN;
	qsort(value, n, sizeof(*value), compare_value);
	low = value[(n - 1) / 2];
	high = value[n / 2];
	return low == high || isinf(low) || isinf(high) ? low : low / 2 + high / 2;
}

/* The candidate's median over the known ticks that are, or are not, among the worst. */
static double median_where(struct work *w, const double *candidate, bool is_worst)
{
	size_t i, n = 0;

	for (i = 0; i < w->nr_ticks; i++)
		if (w->is_worst[i] == is_worst && !isnan(w->target[i]) && !isnan(candidate[i]))
			w->y[n++] = candidate[i];
	return median(w->y, n);
}

/* The differences' p, or 1 where they are too few or go against the levels' sign. */
static double changes_p(struct work *w, size_t n, double rho, double limit)
{
	const struct ranked *x = rank_changes(w, n);

	if (x->n < WHY_SPIKE_MIN_TICKS || correlate(x, &w->other) * rho <= 0)
		return 1;
	return permutation_p(w, x, &w->other, limit);
}

/*
 * The largest p of all tests of one candidate, the cheapest first; any value of `limit` or more:
 * it is no mover.
 */
static double largest_p(struct work *w, const double *candidate, double rho, double limit)
{
	const struct ranked *x = rank_pair(w, candidate);
	double ticks = independent_ticks(x, &w->other);
	double p = ticks < (double)x->n ? student_p(rho, ticks) : 0;

	if (p < limit)
		p = fmax(p, permutation_p(w, x, &w->other, limit));
	return p < limit ? fmax(p, changes_p(w, x->n, rho, limit)) : 1;
}

/* Is it a candidate at all? If so, *ret is it with its rho. */
static bool correlate_line(struct work *w, const double *candidate, struct why_mover *ret)
{
	const struct ranked *x = rank_pair(w, candidate);

	if (x->n < WHY_SPIKE_MIN_TICKS || !w->other.nr_odd || !x->nr_odd)
		return false;
	ret->n = x->n;
	ret->rho = correlate(x, &w->other);
	return true;
}

/*
 * Keeps in `movers`, [nr_candidates], those that correlate strongly enough to be tested, and
 * returns how many. *ret_nr_lines: how many are candidates, which is what p has to be corrected by.
 */
static size_t find_strong(struct work *w, const struct why_series_line *candidates,
			  size_t nr_candidates, struct why_mover *movers, size_t *ret_nr_lines)
{
	struct why_mover m = {};
	size_t nr = 0;

	*ret_nr_lines = 0;
	for (m.line = 0; m.line < nr_candidates; m.line++) {
		if (!correlate_line(w, candidates[m.line].value, &m))
			continue;
		++*ret_nr_lines;
		if (fabs(m.rho) >= MIN_RHO)
			movers[nr++] = m;
	}
	qsort(movers, nr, sizeof(*movers), compare_mover);
	return nr;
}

/* Of the `nr` strong ones, the first that pass stay, at the front; returns how many. */
static size_t keep_significant(struct work *w, const struct why_series_line *candidates,
			       struct why_mover *movers, size_t nr, size_t nr_lines)
{
	size_t i, kept = 0;
	double p, limit = LEVEL / (double)nr_lines;

	for (i = 0; i < nr && kept < WHY_SPIKE_MAX_MOVERS; i++) {
		const double *value = candidates[movers[i].line].value;

		p = largest_p(w, value, movers[i].rho, limit);
		if (p >= limit)
			continue;
		movers[kept] = movers[i];
		movers[kept].p = fmax(p * (double)nr_lines, LEAST_P);
		movers[kept].typical = median_where(w, value, false);
		movers[kept++].in_worst = median_where(w, value, true);
	}
	return kept;
}

/* The worst known tick above `floor` that is not yet among the worst; nr_ticks: there is none. */
static size_t next_worst(const struct work *w, double floor)
{
	size_t i, worst = w->nr_ticks;

	for (i = 0; i < w->nr_ticks; i++) {
		if (w->is_worst[i] || !(w->target[i] > floor))
			continue;
		if (worst == w->nr_ticks || w->target[i] > w->target[worst])
			worst = i;
	}
	return worst;
}

static void find_worst(struct work *w, double floor, struct why_spike_finding *f)
{
	size_t i, nr = f->n / 10;

	if (nr > WHY_SPIKE_MAX_WORST)
		nr = WHY_SPIKE_MAX_WORST;
	while (f->nr_worst < nr && (i = next_worst(w, floor)) < w->nr_ticks) {
		w->is_worst[i] = true;
		f->worst[f->nr_worst++] = i;
	}
}

/* Ranks the target alone, and finds its worst ticks. */
static void look_at_target(struct work *w, struct why_spike_finding *f)
{
	size_t i, n = 0;

	for (i = 0; i < w->nr_ticks; i++)
		if (!isnan(w->target[i]))
			w->x[n++] = w->target[i];
	rank_values(w, w->x, n, &w->whole);
	find_worst(w, median(w->x, n), f);
}

static int find_movers(struct work *w, const struct why_series_line *candidates,
		       size_t nr_candidates, struct why_spike_finding *f)
{
	size_t nr, nr_lines;

	f->movers = calloc(nr_candidates + 1, sizeof(*f->movers));
	if (!f->movers)
		return -ENOMEM;
	nr = find_strong(w, candidates, nr_candidates, f->movers, &nr_lines);
	f->nr_movers = keep_significant(w, candidates, f->movers, nr, nr_lines);
	if (!f->nr_movers)
		f->why_none = "nothing moved with it beyond chance";
	return 0;
}

static size_t count_known(const double *value, size_t n)
{
	size_t i, known = 0;

	for (i = 0; i < n; i++)
		known += !isnan(value[i]);
	return known;
}

int why_spikes_find(const struct why_series_line *target, const struct why_series_line *candidates,
		    size_t nr_candidates, size_t n, struct why_spike_finding *ret)
{
	struct why_spike_finding f = { .n = count_known(target->value, n) };
	struct work w = { .target = target->value, .nr_ticks = n };
	int err = 0;

	if (f.n < WHY_SPIKE_MIN_TICKS) {
		f.why_none = "too few seconds";
		*ret = f;
		return 0;
	}
	if (alloc_work(&w, n))
		return -ENOMEM;
	look_at_target(&w, &f);
	if (w.whole.nr_odd < 2)
		f.why_none = "the target hardly varied";
	else
		err = find_movers(&w, candidates, nr_candidates, &f);
	free_work(&w);
	if (!err)
		*ret = f;
	return err;
}

void why_spikes_free(struct why_spike_finding *f)
{
	free(f->movers);
	f->movers = NULL;
	f->nr_movers = 0;
}
