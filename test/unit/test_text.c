// SPDX-License-Identifier: GPL-2.0-only
/* What users type and read: times, kinds, figures, hostile names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cli/cli.h"
#include "report/format.h"

#include <string.h>

static void times_with_units_are_read(void **state)
{
	static const struct {
		const char *text;
		u64 ns;
	} good[] = {
		{ "250us", 250000 }, { "1.5ms", 1500000 },     { "2s", 2000000000 },
		{ "1ns", 1 },	     { "1m", 60000000000ULL }, { "0.5s", 500000000 },
		{ "1h", 3600000000000ULL },
	};
	struct why_error err;
	size_t i;
	u64 ns;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(why_parse_duration(good[i].text, &ns, &err), 0);
		assert_int_equal(ns, good[i].ns);
	}
}

static void anything_else_is_refused_as_usage(void **state)
{
	static const char *const bad[] = { "",	  "5",	   "-1s",  "0s",   "1e3s", "0x10s", "s",
					   ".s",  "1.s.2", "nan",  "infs", "1 s",  "1sec",  "1,5s",
					   "1s ", "999999999999999999999999s", "0.1ns" };
	struct why_error err;
	size_t i;
	u64 ns = 42;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&err, 0, sizeof(err));
		assert_int_not_equal(why_parse_duration(bad[i], &ns, &err), 0);
		assert_int_equal(err.exit_code, WHY_EXIT_USAGE);
		assert_int_equal(ns, 42);
	}
}

static void figures_read_well(void **state)
{
	struct why_buf b;

	(void)state;
	assert_string_equal(why_format_ns(&b, 0), "0 ns");
	assert_string_equal(why_format_ns(&b, 999), "999 ns");
	assert_string_equal(why_format_ns(&b, 3100), "3.1 us");
	assert_string_equal(why_format_ns(&b, 31400), "31 us");
	assert_string_equal(why_format_ns(&b, 999600), "1.0 ms");
	assert_string_equal(why_format_ns(&b, 4710000000ULL), "4.71 s");
	assert_string_equal(why_format_count(&b, 0), "0");
	assert_string_equal(why_format_count(&b, 999), "999");
	assert_string_equal(why_format_count(&b, 1204331), "1,204,331");
	assert_string_equal(why_format_share(&b, 1, 0), "-");
	assert_string_equal(why_format_share(&b, 712, 1000), "71.2 %");
}

static void hostile_names_cannot_reach_the_terminal(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(why_format_name(out, sizeof(out), "kworker/0:1"), "kworker/0:1");
	assert_string_equal(why_format_name(out, sizeof(out), "m\xc3\xbcller"), "m\xc3\xbcller");
	assert_string_equal(why_format_name(out, sizeof(out), "a\x1b[31m"), "a\xef\xbf\xbd[31m");
	assert_string_equal(why_format_name(out, sizeof(out), "a\nb"), "a\xef\xbf\xbd" "b");
	assert_string_equal(why_format_name(out, sizeof(out), "\xff\xc3"),
			    "\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(why_format_name(out, sizeof(out), "\xc2\x9b" "1m"),
			    "\xef\xbf\xbd" "1m");
	assert_string_equal(why_format_name(out, 5, "abcdefgh"), "abcd");
	assert_string_equal(why_format_name(out, 5, "abc\xc3\xbc"), "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_with_units_are_read),
		cmocka_unit_test(anything_else_is_refused_as_usage),
		cmocka_unit_test(figures_read_well),
		cmocka_unit_test(hostile_names_cannot_reach_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
