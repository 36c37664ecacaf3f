/* SPDX-License-Identifier: GPL-2.0-only */
/* One record of a ring, with its CPU and its full time. */
#ifndef WHY_LIB_EVENT_H
#define WHY_LIB_EVENT_H

#include "core/record.h"

struct why_event {
	u64 at_ns;		/* CLOCK_MONOTONIC */
	u32 cpu;		/* that wrote it */
	struct why_record record;
};

#endif
