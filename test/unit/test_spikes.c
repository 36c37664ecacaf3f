// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spikes: what is said of random series that have nothing to do with each other (next to nothing),
 * of series that do, and of input that is no series at all. Every expected number is computed here
 * another way; the families come from a fixed seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/base.h"
#include "explain/spikes.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { TICKS = 30, LINES = 20, FAMILIES = 300, MAX_TICKS = 600, MAX_LINES = 200 };

/* What one call compares: line[nr_lines] is the target. */
struct family {
	size_t n, nr_lines;
	double value[MAX_LINES + 1][MAX_TICKS];
	struct why_series_line line[MAX_LINES + 1];
	struct why_spike_finding found;
};

static struct family family;
static u64 seed;

/* xorshift64* (Vigna 2016): not the generator that is tested. Above 0, below 1. */
static double uniform(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return ((double)(seed * 0x2545f4914f6cdd1dULL >> 11) + 0.5) / 9007199254740992.0;
}

/* Box & Muller 1958. */
static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* cmocka's own compares what is left of them as floats. */
static void assert_near(double a, double b, double within)
{
	if (!(fabs(a - b) <= within))
		fail_msg("%.17g is not %.17g", a, b);
}

static struct family *set_up(size_t n, size_t nr_lines)
{
	struct family *f = &family;
	size_t i;

	memset(f, 0, sizeof(*f));
	f->n = n;
	f->nr_lines = nr_lines;
	for (i = 0; i <= nr_lines; i++)
		f->line[i] = (struct why_series_line){ "line", f->value[i] };
	return f;
}

static void find(struct family *f)
{
	assert_int_equal(why_spikes_find(&f->line[f->nr_lines], f->line, f->nr_lines, f->n,
					 &f->found), 0);
	assert_true(!f->found.nr_movers == !!f->found.why_none);
	assert_true(f->found.nr_movers <= WHY_SPIKE_MAX_MOVERS);
}

/* phi 0: white noise; below 1: stationary AR(1); 1: a random walk. */
static void fill_noise(double *value, size_t n, double phi)
{
	double x = normal() / (phi < 1 ? sqrt(1 - phi * phi) : 1);
	size_t i;

	for (i = 0; i < n; i++) {
		value[i] = x;
		x = phi * x + normal();
	}
}

/* A rise or a fall by six times the noise, which has no memory. */
static void fill_trend(double *value, size_t n, double phi)
{
	double rise = normal() > 0 ? 6 : -6;
	size_t i;

	(void)phi;
	for (i = 0; i < n; i++)
		value[i] = rise * (double)i / (double)n + normal();
}

/* Nothing in most ticks, something of random height in one of ten. */
static void fill_sparse(double *value, size_t n, double phi)
{
	size_t i;

	(void)phi;
	for (i = 0; i < n; i++)
		value[i] = uniform() < 0.1 ? -log(uniform()) : 0;
}

/* Of families of unrelated series at most 2 % have any finding. */
static void expect_hardly_any(void (*fill)(double *, size_t, double), double phi)
{
	size_t k, i, found = 0;

	seed = 20240611;
	for (k = 0; k < FAMILIES; k++) {
		struct family *f = set_up(TICKS, LINES);

		for (i = 0; i <= LINES; i++)
			fill(f->value[i], TICKS, phi);
		find(f);
		found += f->found.nr_movers > 0;
		why_spikes_free(&f->found);
	}
	print_message("false alarms: %zu of %d families\n", found, FAMILIES);
	assert_true(found <= FAMILIES / 50);
}

static void noise_gives_no_findings(void **state)
{
	(void)state;
	expect_hardly_any(fill_noise, 0);
	expect_hardly_any(fill_noise, 0.5);
	expect_hardly_any(fill_noise, 0.8);
	expect_hardly_any(fill_noise, 0.95);
}

static void walks_trends_and_sparse_series_give_no_findings(void **state)
{
	(void)state;
	expect_hardly_any(fill_noise, 1);
	expect_hardly_any(fill_trend, 0);
	expect_hardly_any(fill_sparse, 0);
}

/* Line 0 into the target of a family of noise. */
static void plant_noise(struct family *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		f->value[f->nr_lines][i] = f->value[0][i] + 0.5 * normal();
}

/* One in each third, no two of them neighbours. */
static void pick_bursts(size_t n, size_t *at)
{
	size_t i;

	for (i = 0; i < 3; i++)
		at[i] = i * n / 3 + (size_t)(uniform() * (double)(n / 3 - 1));
}

static void add_bursts(struct family *f)
{
	size_t i, at[3];

	pick_bursts(f->n, at);
	memset(f->value[0], 0, f->n * sizeof(double));
	for (i = 0; i < 3; i++) {
		f->value[0][at[i]] = 10 + 5 * uniform();
		f->value[f->nr_lines][at[i]] += 10 + 5 * uniform();
	}
}

/* Both are quiet but for the bursts, as where a count is the target. */
static void plant_bursts_in_silence(struct family *f)
{
	memset(f->value[f->nr_lines], 0, f->n * sizeof(double));
	add_bursts(f);
}

/* In at least 90 % of families the planted line is the first mover. */
static void expect_nearly_all(void (*plant)(struct family *), double phi)
{
	size_t k, i, found = 0;

	seed = 19700101;
	for (k = 0; k < FAMILIES; k++) {
		struct family *f = set_up(TICKS, LINES);

		for (i = 0; i <= LINES; i++)
			fill_noise(f->value[i], TICKS, phi);
		plant(f);
		find(f);
		found += f->found.nr_movers && f->found.movers[0].line == 0;
		why_spikes_free(&f->found);
	}
	print_message("found: %zu of %d families\n", found, FAMILIES);
	assert_true(found >= FAMILIES * 9 / 10);
}

static void a_target_that_follows_a_candidate_is_found(void **state)
{
	(void)state;
	expect_nearly_all(plant_noise, 0);
	expect_nearly_all(plant_noise, 0.8);
}

static void three_shared_bursts_are_found(void **state)
{
	(void)state;
	expect_nearly_all(add_bursts, 0);
	expect_nearly_all(plant_bursts_in_silence, 0);
}

/* Midrank less its mean, by counting. */
static double rank_by_counting(const double *value, size_t n, size_t i)
{
	double rank = 0;
	size_t j;

	for (j = 0; j < n; j++)
		rank += (value[j] < value[i]) * 0.5 - (value[j] > value[i]) * 0.5;
	return rank;
}

static double rho_by_counting(const double *x, const double *y, size_t n)
{
	double xy = 0, xx = 0, yy = 0, rx, ry;
	size_t i;

	for (i = 0; i < n; i++) {
		rx = rank_by_counting(x, n, i);
		ry = rank_by_counting(y, n, i);
		xy += rx * ry;
		xx += rx * rx;
		yy += ry * ry;
	}
	return xy / sqrt(xx * yy);
}

/*
 * Twelve ticks, the target's three highest are the only ones the candidate is not zero in. Of all
 * choices of three ticks, those whose rho is as far from zero.
 */
static double share_of_choices(const double *target, double rho)
{
	size_t i, j, k, extreme = 0, all = 0;
	double y[12];

	for (i = 0; i < 12; i++)
		for (j = i + 1; j < 12; j++)
			for (k = j + 1; k < 12; k++) {
				memset(y, 0, sizeof(y));
				y[i] = y[j] = y[k] = 1;
				extreme += fabs(rho_by_counting(target, y, 12)) >= rho - 1e-9;
				all++;
			}
	return (double)extreme / (double)all;
}

static void rho_is_of_midranks_and_p_the_share_of_placements(void **state)
{
	struct family *f = set_up(12, 1);
	double rho;
	size_t i;

	(void)state;
	for (i = 0; i < f->n; i++) {
		f->value[0][i] = i % 4 == 1;
		f->value[1][i] = (double)(i * 5 % 12) + 20 * f->value[0][i];
	}
	find(f);
	assert_int_equal(f->found.nr_movers, 1);
	rho = rho_by_counting(f->value[1], f->value[0], 12);
	assert_near(f->found.movers[0].rho, rho, 1e-12);
	assert_near(f->found.movers[0].p, share_of_choices(f->value[1], rho), 1e-12);
	why_spikes_free(&f->found);
}

/* Student's p as the share of (1 - r^2)^((n - 4) / 2) beyond rho, by the midpoint rule. */
static double p_by_integration(double rho, double n)
{
	double r, tail = 0, all = 0, step = 1e-5;

	for (r = step / 2; r < 1; r += step) {
		double density = pow(1 - r * r, (n - 4) / 2);

		all += density;
		tail += r > rho ? density : 0;
	}
	return tail / all;
}

/* The candidate has no memory, so the levels' p is the largest or the changes' is. */
static void p_of_many_ticks_is_students_times_the_candidates(void **state)
{
	struct family *f = set_up(100, 3);
	double dx[99], dy[99], level, changes;
	size_t i;

	(void)state;
	seed = 3;
	for (i = 0; i < 100; i++) {
		f->value[2][i] = normal();
		f->value[0][i] = normal();
		f->value[1][i] = 7;
		f->value[3][i] = f->value[2][i] + 1.3 * normal();
	}
	for (i = 0; i < 99; i++) {
		dx[i] = f->value[3][i + 1] - f->value[3][i];
		dy[i] = f->value[2][i + 1] - f->value[2][i];
	}
	level = p_by_integration(rho_by_counting(f->value[3], f->value[2], 100), 100);
	changes = p_by_integration(rho_by_counting(dx, dy, 99), 99);
	find(f);
	assert_int_equal(f->found.nr_movers, 1);
	assert_int_equal(f->found.movers[0].line, 2);
	/* Two candidates: the third never varies. */
	assert_near(f->found.movers[0].p / (2 * fmax(level, changes)), 1, 1e-3);
	why_spikes_free(&f->found);
}

static void a_negative_relation_has_a_negative_rho(void **state)
{
	struct family *f = set_up(TICKS, 2);
	size_t i;

	(void)state;
	seed = 9;
	for (i = 0; i < TICKS; i++) {
		f->value[2][i] = normal();
		f->value[1][i] = -f->value[2][i] + 0.3 * normal();
		f->value[0][i] = f->value[2][i];
	}
	find(f);
	assert_int_equal(f->found.nr_movers, 2);
	assert_near(f->found.movers[0].rho, 1, 0);
	assert_int_equal(f->found.movers[1].line, 1);
	assert_true(f->found.movers[1].rho < -0.5);
	why_spikes_free(&f->found);
}

/*
 *	tick	0   3       10      20          (target unknown in 5, candidate in 10)
 *	target	9   7       8       -
 *	worst of 29 known ticks: two, 0 and 10
 */
static void worst_ticks_and_medians_leave_out_what_is_unknown(void **state)
{
	struct family *f = set_up(TICKS, 1);
	const struct why_mover *m;
	size_t i;

	(void)state;
	for (i = 0; i < TICKS; i++)
		f->value[0][i] = f->value[1][i] = (double)(i * 7 % TICKS) / TICKS;
	f->value[1][0] = 9;
	f->value[1][10] = 8;
	f->value[1][3] = 7;
	f->value[1][5] = f->value[0][10] = NAN;
	f->value[0][0] = 50;
	find(f);
	assert_int_equal(f->found.n, TICKS - 1);
	assert_int_equal(f->found.nr_worst, 2);
	assert_int_equal(f->found.worst[0], 0);
	assert_int_equal(f->found.worst[1], 10);
	assert_int_equal(f->found.nr_movers, 1);
	m = &f->found.movers[0];
	assert_int_equal(m->n, TICKS - 2);
	assert_near(m->in_worst, 50, 0);
	assert_true(m->typical > 0.4 && m->typical < 0.6);
	why_spikes_free(&f->found);
}

/* Of n known ticks the worst tenth, at most 16, and only what lies above the median. */
static void the_worst_are_few_and_above_the_median(void **state)
{
	struct family *f = set_up(600, 0);
	size_t i;

	(void)state;
	for (i = 0; i < 600; i++)
		f->value[0][i] = (double)(i * 7 % 600);
	find(f);
	assert_int_equal(f->found.nr_worst, WHY_SPIKE_MAX_WORST);
	why_spikes_free(&f->found);
	for (i = 0; i < 600; i++)
		f->value[0][i] = i == 400 || i == 500;
	find(f);
	assert_int_equal(f->found.nr_worst, 2);
	assert_int_equal(f->found.worst[0], 400);
	assert_int_equal(f->found.worst[1], 500);
	why_spikes_free(&f->found);
}

static void at_most_five_movers_strongest_first(void **state)
{
	struct family *f = set_up(TICKS, 8);
	size_t i, k;

	(void)state;
	seed = 11;
	fill_noise(f->value[8], TICKS, 0);
	for (k = 0; k < 8; k++)
		for (i = 0; i < TICKS; i++)
			f->value[k][i] = f->value[8][i] + 0.05 * (double)(8 - k) * normal();
	find(f);
	assert_int_equal(f->found.nr_movers, WHY_SPIKE_MAX_MOVERS);
	for (k = 1; k < WHY_SPIKE_MAX_MOVERS; k++)
		assert_true(f->found.movers[k].rho <= f->found.movers[k - 1].rho);
	why_spikes_free(&f->found);
}

/* Close calls, so that a p that depends on other draws would show. */
static void the_same_input_has_the_same_finding(void **state)
{
	struct why_spike_finding first;
	size_t i, k, nr_movers = 0;

	(void)state;
	seed = 13;
	for (k = 0; k < 50; k++) {
		struct family *f = set_up(TICKS, LINES);

		for (i = 0; i < LINES; i++)
			fill_noise(f->value[i], TICKS, 0);
		for (i = 0; i < TICKS; i++)
			f->value[LINES][i] = f->value[0][i] + 0.9 * normal();
		find(f);
		first = f->found;
		find(f);
		assert_int_equal(first.nr_movers, f->found.nr_movers);
		nr_movers += first.nr_movers;
		if (first.nr_movers)
			assert_memory_equal(first.movers, f->found.movers,
					    first.nr_movers * sizeof(*first.movers));
		why_spikes_free(&first);
		why_spikes_free(&f->found);
	}
	assert_true(nr_movers > 0);
}

/* Finds nothing, for a reason that has `word` in it. */
static void expect_nothing(struct family *f, const char *word)
{
	find(f);
	assert_int_equal(f->found.nr_movers, 0);
	assert_non_null(strstr(f->found.why_none, word));
	why_spikes_free(&f->found);
	why_spikes_free(&f->found);
}

static void too_few_ticks_say_nothing(void **state)
{
	struct family *f = set_up(0, 1);
	size_t i;

	(void)state;
	expect_nothing(f, "too few");
	for (i = 0; i < 11; i++)
		f->value[0][i] = f->value[1][i] = (double)(i * 7 % 11);
	f->n = 9;
	expect_nothing(f, "too few");
	f->n = 11;
	f->value[1][4] = f->value[1][8] = NAN;
	expect_nothing(f, "too few");
	assert_int_equal(f->found.nr_worst, 0);
	f->value[1][4] = 5;
	f->value[0][2] = NAN;
	expect_nothing(f, "chance");
}

static void a_target_that_hardly_varies_says_nothing(void **state)
{
	struct family *f = set_up(TICKS, 1);

	(void)state;
	fill_noise(f->value[0], TICKS, 0);
	expect_nothing(f, "hardly");
	assert_int_equal(f->found.nr_worst, 0);
	f->value[0][7] = 9;
	f->value[1][7] = INFINITY;
	expect_nothing(f, "hardly");
	assert_int_equal(f->found.nr_worst, 1);
}

static void candidates_that_never_vary_are_none(void **state)
{
	struct family *f = set_up(TICKS, 2);
	size_t i;

	(void)state;
	fill_noise(f->value[2], TICKS, 0);
	for (i = 0; i < TICKS; i++)
		f->value[1][i] = NAN;
	expect_nothing(f, "chance");
}

/* Of either sign, and changes that overflow: they have ranks as any value has. */
static void infinite_values_are_values(void **state)
{
	struct family *f = set_up(TICKS, 1);
	size_t i;

	(void)state;
	seed = 17;
	fill_noise(f->value[0], TICKS, 0);
	f->value[0][3] = f->value[0][4] = INFINITY;
	f->value[0][5] = f->value[0][12] = -INFINITY;
	f->value[0][20] = 1.7e308;
	f->value[0][21] = -1.7e308;
	for (i = 0; i < TICKS; i++)
		f->value[1][i] = f->value[0][i];
	find(f);
	assert_int_equal(f->found.nr_movers, 1);
	assert_near(f->found.movers[0].rho, 1, 0);
	assert_int_equal(f->found.worst[0], 3);
	why_spikes_free(&f->found);
}

/*
 *	both		0  0  inf  inf   0  0
 *	changes		   0  inf   0  -inf  0	of n - 1 = 29: two ways of 29 * 28 are as extreme
 */
static void infinite_twice_in_a_row_is_no_change(void **state)
{
	struct family *f = set_up(TICKS, 1);

	(void)state;
	f->value[0][3] = f->value[0][4] = f->value[1][3] = f->value[1][4] = INFINITY;
	find(f);
	assert_int_equal(f->found.nr_movers, 1);
	assert_near(f->found.movers[0].p, 2.0 / ((TICKS - 1) * (TICKS - 2)), 1e-12);
	why_spikes_free(&f->found);
}

/* Same values, but the target is known in every other tick only: no change is known at all. */
static void without_known_changes_nothing_is_said(void **state)
{
	struct family *f = set_up(60, 1);
	size_t i;

	(void)state;
	seed = 19;
	fill_noise(f->value[0], 60, 0);
	for (i = 0; i < 60; i++)
		f->value[1][i] = i % 2 ? f->value[0][i] : NAN;
	expect_nothing(f, "chance");
}

/* Says the cost, sanitizers and all. The bound is loose: it is there for a change of order. */
static void two_hundred_candidates_of_ten_minutes_are_cheap(void **state)
{
	struct family *f = set_up(MAX_TICKS, MAX_LINES);
	size_t i, k;
	clock_t before;
	double ms;

	(void)state;
	seed = 23;
	fill_sparse(f->value[MAX_LINES], MAX_TICKS, 0);
	for (k = 0; k < MAX_LINES; k++)
		for (i = 0; i < MAX_TICKS; i++)
			f->value[k][i] = f->value[MAX_LINES][i] * (k % 2 + 0.5 * uniform());
	before = clock();
	find(f);
	ms = (double)(clock() - before) * 1e3 / CLOCKS_PER_SEC;
	print_message("%d candidates, %d ticks: %.1f ms\n", MAX_LINES, MAX_TICKS, ms);
	assert_true(ms < 1000);
	assert_int_equal(f->found.nr_movers, WHY_SPIKE_MAX_MOVERS);
	why_spikes_free(&f->found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noise_gives_no_findings),
		cmocka_unit_test(walks_trends_and_sparse_series_give_no_findings),
		cmocka_unit_test(a_target_that_follows_a_candidate_is_found),
		cmocka_unit_test(three_shared_bursts_are_found),
		cmocka_unit_test(rho_is_of_midranks_and_p_the_share_of_placements),
		cmocka_unit_test(p_of_many_ticks_is_students_times_the_candidates),
		cmocka_unit_test(a_negative_relation_has_a_negative_rho),
		cmocka_unit_test(worst_ticks_and_medians_leave_out_what_is_unknown),
		cmocka_unit_test(the_worst_are_few_and_above_the_median),
		cmocka_unit_test(at_most_five_movers_strongest_first),
		cmocka_unit_test(the_same_input_has_the_same_finding),
		cmocka_unit_test(too_few_ticks_say_nothing),
		cmocka_unit_test(a_target_that_hardly_varies_says_nothing),
		cmocka_unit_test(candidates_that_never_vary_are_none),
		cmocka_unit_test(infinite_values_are_values),
		cmocka_unit_test(infinite_twice_in_a_row_is_no_change),
		cmocka_unit_test(without_known_changes_nothing_is_said),
		cmocka_unit_test(two_hundred_candidates_of_ten_minutes_are_cheap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
