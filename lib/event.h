/* SPDX-License-Identifier: GPL-2.0-only */
/* What a record of a ring says, with its CPU and its full time. */
#ifndef WHY_LIB_EVENT_H
#define WHY_LIB_EVENT_H

#include "core/record.h"

struct why_event {
	u64 at_ns;		/* CLOCK_MONOTONIC */
	u64 body;		/* as the record has it */
	u32 cpu;		/* that wrote it */
	u8 type;		/* enum why_record_type, or one that is not known yet */
};

WHY_INLINE struct why_event why_event_of(u32 cpu, u64 at_ns, u32 type, u64 body)
{
	return (struct why_event){ .at_ns = at_ns, .body = body, .cpu = cpu, .type = (u8)type };
}

#endif
