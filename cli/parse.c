// SPDX-License-Identifier: GPL-2.0-only
/* Option arguments into values. Every refusal names what would be accepted. */
#include "cli/cli.h"

#include "lib/names.h"
#include "lib/watch.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A year: longer than any measurement, short enough for every sum. */
#define LONGEST_NS (365ULL * 86400 * 1000000000)

static const struct {
	const char *name;
	double ns;
} units[] = {
	{ "ns", 1 }, { "us", 1e3 },   { "µs", 1e3 },	   { "ms", 1e6 },
	{ "s", 1e9 }, { "m", 60e9 }, { "min", 60e9 }, { "h", 3600e9 },
};

static double unit_ns(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(name, units[i].name))
			return units[i].ns;
	return 0;
}

/* Digits with at most one point, as far as *ret_end. Negative: not a number. */
static double plain_number(const char *text, char **ret_end)
{
	size_t n = strspn(text, "0123456789.");
	double v = -1;

	*ret_end = (char *)text + n;
	if (n && n < 40 && strcspn(text, "0123456789") < n) {
		v = strtod(text, ret_end);
		if (*ret_end != text + n)
			v = -1;
	}
	return v;
}

int why_parse_duration(const char *text, u64 *ret_ns, struct why_error *err)
{
	static const char hint[] = "give a number and a unit: 250us, 1.5ms, 2s, 1m";
	char *unit;
	double v = plain_number(text, &unit), ns = v * unit_ns(unit);

	if (v >= 0 && !*unit)
		return why_error_set(err, WHY_EXIT_USAGE, 0, hint, "'%.40s': no unit", text);
	if (v < 0 || !unit_ns(unit))
		return why_error_set(err, WHY_EXIT_USAGE, 0, hint, "'%.40s': not a time", text);
	if (ns < 1)
		return why_error_set(err, WHY_EXIT_USAGE, 0, hint, "'%.40s': no time at all",
				     text);
	if (ns > (double)LONGEST_NS)
		return why_error_set(err, WHY_EXIT_USAGE, 0, "a year is the most",
				     "'%.40s': too long", text);
	*ret_ns = (u64)ns;
	return 0;
}

static void list_kinds(char *ret, size_t size)
{
	size_t n = 0;
	u32 kind;

	for (kind = 0; kind < WHY_KIND_NR && n < size; kind++)
		n += (size_t)snprintf(ret + n, size - n, "%s%s", kind ? ", " : "there are ",
				      why_kind_names[kind]);
}

int why_parse_kinds(const char *text, u32 *ret_kinds, struct why_error *err)
{
	char hint[sizeof(err->hint)];
	size_t n;
	int kind;

	list_kinds(hint, sizeof(hint));
	*ret_kinds = 0;
	do {
		n = strcspn(text, ",");
		kind = why_kind_by_name(text, (unsigned int)n);
		if (kind < 0)
			return why_error_set(err, WHY_EXIT_USAGE, 0, hint, "'%.*s': unknown kind",
					     n > 40 ? 40 : (int)n, text);
		*ret_kinds |= 1U << kind;
		text += n;
	} while (*text++ == ',');
	return 0;
}

int why_parse_slo(const char *text, struct why_slo *ret, struct why_error *err)
{
	size_t n = strcspn(text, "=");
	int kind = why_kind_by_name(text, (unsigned int)n);
	u32 ignored;
	char name[64];

	if (kind < 0) {
		snprintf(name, sizeof(name), "%.*s", n > 40 ? 40 : (int)n, text);
		return why_parse_kinds(name, &ignored, err);
	}
	ret->kind = (u32)kind;
	ret->limit_ns = 0;
	if (!text[n])
		return why_error_set(err, WHY_EXIT_USAGE, 0,
				     "give one: sched.wakeup=100us, or =max for each new longest",
				     "'%.40s': no limit", text);
	return strcmp(text + n + 1, "max") ? why_parse_duration(text + n + 1, &ret->limit_ns, err) :
					     0;
}

int why_parse_line(const char *text, int *ret, struct why_error *err)
{
	char *end;
	unsigned long n = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : ~0UL;

	if (n > 1000000 || *end)
		return why_error_set(err, WHY_EXIT_USAGE, 0, "a number of /proc/interrupts",
				     "'%.40s': no interrupt line", text);
	*ret = (int)n;
	return 0;
}

int why_parse_pid(const char *text, u32 *ret_pid, struct why_error *err)
{
	unsigned long pid;
	char *end;

	errno = 0;
	pid = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end || errno || !pid || pid > 4194304)
		return why_error_set(err, WHY_EXIT_USAGE, 0, "give the number of a process",
				     "'%.40s': not a pid", text);
	*ret_pid = (u32)pid;
	return 0;
}

int why_parse_size_or_duration(const char *text, u64 *ret_bytes, u64 *ret_ns,
			       struct why_error *err)
{
	static const char hint[] = "give a size or a time: 100M, 1G, 10m, 1h";
	static const char sizes[] = "kMGT";
	char *unit;
	double v = plain_number(text, &unit);
	const char *size = v > 0 && *unit && !unit[1] ? strchr(sizes, *unit) : NULL;

	if (size) {
		v *= (double)(1ULL << 10 * (size - sizes + 1));
		if (v < 65536 || v > 1e15)
			return why_error_set(err, WHY_EXIT_USAGE, 0, "64k is the least",
					     "'%.40s': too small or too large", text);
		*ret_bytes = (u64)v;
		return 0;
	}
	if (why_parse_duration(text, ret_ns, err))
		return why_error_set(err, WHY_EXIT_USAGE, 0, hint, "'%.40s': no size and no time",
				     text);
	if (*ret_ns >= 1000000000)
		return 0;
	return why_error_set(err, WHY_EXIT_USAGE, 0, "1s is the least", "'%.40s': too short", text);
}

int why_parse_count(const char *text, u32 *ret, struct why_error *err)
{
	char *end;
	unsigned long n = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;

	if (!n || *end || n > 1000000)
		return why_error_set(err, WHY_EXIT_USAGE, 0, "1 to 1000000",
				     "'%.40s': no such number", text);
	*ret = (u32)n;
	return 0;
}
