/* SPDX-License-Identifier: GPL-2.0-only */
/* An event's record as text. */
#ifndef WHY_KMOD_RECORD_TEXT_H
#define WHY_KMOD_RECORD_TEXT_H

#include "core/record.h"

enum { WHY_RECORD_TEXT_BYTES = 64 };

/* Returns the characters; 0: what is of hooks alone says nothing to a reader. */
int why_record_text(char text[WHY_RECORD_TEXT_BYTES], const struct why_record *r);

#endif
