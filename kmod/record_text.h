/* SPDX-License-Identifier: GPL-2.0-only */
/* An event's record as text, and a task's name. */
#ifndef WHY_KMOD_RECORD_TEXT_H
#define WHY_KMOD_RECORD_TEXT_H

#include "core/record.h"

#include <linux/sched.h>

enum { WHY_RECORD_TEXT_BYTES = 64 };

/* Returns the characters; 0: what is of hooks alone says nothing to a reader. */
int why_record_text(char text[WHY_RECORD_TEXT_BYTES], const struct why_record *r);

/*
 * A task may name itself as it likes: what is no printable ASCII becomes '?', so that a line stays
 * one. `name`: `most` characters, fewer where one is 0. Returns `text`.
 */
const char *why_name_text(char text[TASK_COMM_LEN], const char *name, size_t most);

#endif
