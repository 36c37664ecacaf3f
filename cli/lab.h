/* SPDX-License-Identifier: GPL-2.0-only */
/* What the lab's commands share. */
#ifndef WHY_CLI_LAB_H
#define WHY_CLI_LAB_H

#include "cli/cli.h"

/* argv[0] is "scene". Returns the exit code. */
int why_lab_scene(int argc, char **argv);

/* The number of a CPU that there may be. */
int why_lab_parse_cpu(const char *text, u32 *ret, struct why_error *err);

#endif
