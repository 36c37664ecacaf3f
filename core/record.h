/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One event in the ring: 16 bytes.
 *
 *	head |63 ............. 16|15 .... 8|7 .... 0|
 *	     | time, ns mod 2^48 | lap     | type   |	written last: a slot is good when its lap is
 *	body |63 ..... 44|43 ... 22|21 ... 0|
 *	     | extra, 20 | b, 22   | a, 22  |
 *
 *	type		a		b		extra
 *	SWITCH		next pid	prev pid	WHY_OUT_* of prev
 *	WAKING		woken pid	its CPU		enum why_waking
 *	WAKEUP		woken pid	its CPU		0
 *	MIGRATE		pid		from CPU	to CPU
 *	NEW		child pid	its CPU		0
 *	EDGE		vector or line	0		enum why_edge
 *
 * 22 bits hold every pid (PID_MAX_LIMIT, include/linux/threads.h) and 2^48 ns are 78 hours.
 * The CPU that wrote a record is the ring's own.
 */
#ifndef WHY_CORE_RECORD_H
#define WHY_CORE_RECORD_H

#include "core/base.h"

enum why_record_type {
	WHY_RECORD_NONE,
	WHY_RECORD_SWITCH,
	WHY_RECORD_WAKING,
	WHY_RECORD_WAKEUP,
	WHY_RECORD_MIGRATE,
	WHY_RECORD_NEW,
	WHY_RECORD_EDGE,
};

enum { WHY_RECORD_FIELD_BITS = 22, WHY_RECORD_FIELD = (1 << WHY_RECORD_FIELD_BITS) - 1 };

struct why_record {
	u64 head;
	u64 body;
};

WHY_INLINE u64 why_record_head(u64 now, u32 lap, u32 type)
{
	return now << 16 | (u64)(lap & 0xff) << 8 | type;
}

WHY_INLINE u64 why_record_body(u32 a, u32 b, u32 extra)
{
	return (u64)extra << (2 * WHY_RECORD_FIELD_BITS) |
	       (u64)(b & WHY_RECORD_FIELD) << WHY_RECORD_FIELD_BITS | (a & WHY_RECORD_FIELD);
}

WHY_INLINE u32 why_record_type(const struct why_record *r)
{
	return (u32)r->head & 0xff;
}

WHY_INLINE u32 why_record_lap(const struct why_record *r)
{
	return (u32)(r->head >> 8) & 0xff;
}

/* The record's time, given any time `near` it by less than 39 hours. */
WHY_INLINE u64 why_record_time(const struct why_record *r, u64 near)
{
	u64 ahead = ((r->head >> 16) - near) << 16 >> 16;

	return ahead >> 47 ? near + ahead - (1ULL << 48) : near + ahead;
}

WHY_INLINE u32 why_record_a(const struct why_record *r)
{
	return (u32)r->body & WHY_RECORD_FIELD;
}

WHY_INLINE u32 why_record_b(const struct why_record *r)
{
	return (u32)(r->body >> WHY_RECORD_FIELD_BITS) & WHY_RECORD_FIELD;
}

WHY_INLINE u32 why_record_extra(const struct why_record *r)
{
	return (u32)(r->body >> (2 * WHY_RECORD_FIELD_BITS));
}

#endif
