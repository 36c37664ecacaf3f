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

WHY_INLINE struct why_event why_event_of(u32 cpu, u64 at_ns, u32 type, u64 body)
{
	return (struct why_event){ .at_ns = at_ns, .cpu = cpu,
				   .record = { why_record_head(at_ns, 0, type), body } };
}

#endif
