// SPDX-License-Identifier: GPL-2.0-only
/* A list of spans: see spans.h. */
#include "lib/spans.h"

#include <errno.h>
#include <stdlib.h>

int why_spans_add(struct why_spans *s, const struct why_span *span)
{
	struct why_span *spans;

	if (span->end_ns <= span->begin_ns)
		return 0;
	if (s->nr == s->room) {
		spans = realloc(s->span, (s->room ? 2 * s->room : 16) * sizeof(*spans));
		if (!spans)
			return -ENOMEM;
		s->span = spans;
		s->room = s->room ? 2 * s->room : 16;
	}
	s->span[s->nr++] = *span;
	return 0;
}

void why_spans_free(struct why_spans *s)
{
	free(s->span);
	*s = (struct why_spans){ 0 };
}
