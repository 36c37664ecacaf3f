/* SPDX-License-Identifier: GPL-2.0-only */
/* What `whylate doctor` found, as text and as JSON. */
#ifndef WHY_REPORT_DOCTOR_H
#define WHY_REPORT_DOCTOR_H

#include "lib/capability.h"

#include <stdio.h>

struct why_check {
	const char *what;
	bool is_ok;
	char detail[256];
};

struct why_diagnosis {
	const char *collector;
	char kernel[65];
	char hostname[65];
	unsigned int nr_cpus;
	struct why_check checks[16];
	size_t nr_checks;
	struct why_capability found[64];
	size_t nr_found;
};

void why_doctor_text(FILE *out, const struct why_diagnosis *d);
int why_doctor_json(FILE *out, const struct why_diagnosis *d);

#endif
