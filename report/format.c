// SPDX-License-Identifier: GPL-2.0-only
/* Figures and names as a person reads them: see format.h. */
#include "report/format.h"

#include <stdio.h>
#include <string.h>

const char *why_format_ns(struct why_buf *buf, u64 ns)
{
	static const struct {
		u64 ns;
		const char *unit;
	} units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" } };
	double v;
	size_t i;

	for (i = 0; i < 3; i++) {
		/* From 999.5 of the smaller unit on, the larger one reads better. */
		if (ns + units[i].ns / 2000 < units[i].ns)
			continue;
		v = (double)ns / (double)units[i].ns;
		snprintf(buf->text, sizeof(buf->text), v < 9.95 ? "%.1f %s" : "%.0f %s", v,
			 units[i].unit);
		if (!i)
			snprintf(buf->text, sizeof(buf->text), "%.2f s", v);
		return buf->text;
	}
	snprintf(buf->text, sizeof(buf->text), "%llu ns", ns);
	return buf->text;
}

const char *why_format_count(struct why_buf *buf, u64 n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", n), i;
	char *p = buf->text;

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = 0;
	return buf->text;
}

const char *why_format_share(struct why_buf *buf, u64 part, u64 whole)
{
	if (!whole)
		return strcpy(buf->text, "-");
	snprintf(buf->text, sizeof(buf->text), "%.1f %%", 100.0 * (double)part / (double)whole);
	return buf->text;
}

/* Length of the well-formed UTF-8 character at `s` (RFC 3629), or 0. */
static size_t utf8_length(const unsigned char *s)
{
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xc2 && s[0] <= 0xdf ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 :
	    s[0] >= 0xf0 && s[0] <= 0xf4 ? 4 : 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* Control characters, C1 ones included: they could drive a terminal. */
static int is_control(const unsigned char *s)
{
	return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

char *why_format_name(char *dst, size_t size, const char *src)
{
	const unsigned char *s = (const unsigned char *)src;
	size_t used = 0, n;

	while (*s) {
		n = utf8_length(s);
		if (!n || is_control(s)) {
			if (used + 3 >= size)
				break;
			memcpy(dst + used, "\xef\xbf\xbd", 3);
			used += 3;
			s += n ? n : 1;
			continue;
		}
		if (used + n >= size)
			break;
		memcpy(dst + used, s, n);
		used += n;
		s += n;
	}
	dst[used] = 0;
	return dst;
}
