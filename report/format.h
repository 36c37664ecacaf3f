/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Figures and names as a person reads them. Each returns `buf`, filled in. Value header: knows
 * nothing of sources.
 */
#ifndef WHY_REPORT_FORMAT_H
#define WHY_REPORT_FORMAT_H

#include "core/base.h"

#include <stddef.h>

struct why_buf {
	char text[96];
};

/* "812 ns", "3.1 us", "31 us", "1.2 ms", "4.71 s". */
const char *why_format_ns(struct why_buf *buf, u64 ns);

/* "1,204,331". */
const char *why_format_count(struct why_buf *buf, u64 n);

/* "71.2 %" of `whole`; "-" where that is 0. */
const char *why_format_share(struct why_buf *buf, u64 part, u64 whole);

/*
 * A name from a hostile source: printable UTF-8 stays, anything else becomes U+FFFD. `size` of
 * `dst` is at least 4; the text is cut at a character.
 */
char *why_format_name(char *dst, size_t size, const char *src);

#endif
