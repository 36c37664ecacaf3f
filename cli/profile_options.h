/* SPDX-License-Identifier: GPL-2.0-only */
/* What `whylate profile` was asked to do. */
#ifndef WHY_CLI_PROFILE_OPTIONS_H
#define WHY_CLI_PROFILE_OPTIONS_H

#include "cli/cli.h"

struct profile_options {
	struct why_request request;
	u64 duration_ns;	/* ~0: until the command ends */
	const char *json;	/* file, "-" or NULL */
	int hist_kind;		/* -1: none */
	bool has_series;
	bool is_help;
	char **command;		/* NULL: none */
};

/* Returns 0, or fills in a usage error. */
int profile_options_parse(struct profile_options *o, int argc, char **argv, struct why_error *err);

void profile_options_help(void);

#endif
