// SPDX-License-Identifier: GPL-2.0-only
/* A violation as a value: see violation.h. */
#include "lib/violation.h"

#include <stdlib.h>

void why_violation_free(struct why_violation *v)
{
	u32 i;

	if (!v)
		return;
	for (i = 0; i < v->nr_holds; i++)
		why_spans_free(&v->holds[i].spans);
	v->nr_holds = 0;
	why_spans_free(&v->spans);
	why_spans_free(&v->before);
	free(v->people);
	v->people = NULL;
	v->nr_people = 0;
}

const struct why_person *why_violation_person(const struct why_violation *v, u32 pid)
{
	size_t i;

	for (i = 0; i < v->nr_people; i++)
		if (v->people[i].pid == pid)
			return &v->people[i];
	return NULL;
}
