/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One record in the ring: 16 bytes. A recording holds what the adapter saw and what it decided by
 * facts of the kernel that a replay cannot ask again; the core decides the rest a second time.
 *
 *	head |63 ............. 16|15 .... 8|7 .... 0|
 *	     | time, ns mod 2^48 | lap     | type   |	written last: a slot is good when its lap is
 *	body, one of:					that of the position wanted
 *	     |63 ..... 44|43 ... 22|21 ... 0|
 *	     | extra, 20 | b, 22   | a, 22  |		events of tasks and lines
 *	     |63 ........ 22|21 .......... 0|
 *	     | length, 42   | a             |		softirqs: length + 1, 0: none
 *	     |63 .. 28|27 .. 12|11 .. 4|3..0|
 *	     | length | sender | number| a  |		vectors: length + 1, 0: none
 *	     |63 ............ 16|15 ...... 0|
 *	     | length, 48       | place     |		samples of keyed rows
 *
 *	type		a		b		extra
 *	SWITCH		next pid	prev pid	WHY_OUT_* of prev, WHY_SWITCH_*, hidden
 *	HIDDEN		(the whole body: switches hidden before the SWITCH that follows)
 *	WAKING		woken pid	its CPU		enum why_waking, WHY_WAKING_*
 *	WAKEUP		woken pid	its CPU		1: its flight ended here
 *	MIGRATE		pid		from CPU	to CPU
 *	NEW		child pid	parent's pid	1: a thread of its parent's process
 *	ADOPTED		pid		enum why_task_state, found by a walk over all tasks
 *	RENAMED		pid		pid before	an exec by a thread took its leader's pid
 *	NAMED		pid		-		two TEXTs follow: its name
 *	GROUPED		pid		-		one TEXT follows: id of its cgroup
 *	TEXT		(the whole body: 8 bytes of what came before)
 *	IRQ_ENTRY	line		-		1: the last action of its line
 *	IRQ_EXIT	line		place + 1 of	WHY_IRQ_*
 *					the row
 *	VECTOR_ENTRY	enum why_vector; the length of its IPI's flight
 *	VECTOR_EXIT	enum why_vector
 *	SOFTIRQ_ENTRY	number; the length of its wait
 *	SOFTIRQ_EXIT	number
 *	SCHED_ENTRY, SCHED_EXIT		the scheduler's own time
 *	PART		first part of the SAMPLE that follows
 *	SAMPLE		a length that ended at this time, in the row at `place`
 *	BEGIN		current pid	context (account.h)	1: the kernel shows its count
 *	OFFLINE		(the whole body: switches while marked offline) the CPU died
 *	END		(the whole body: switches hidden at the end)
 *	PRIORITY	pid		prio + 1	policy; of the task that the SWITCH behind
 *							brings, where it is not as told last
 *	LOST		(the whole body: records missing before the next one; not in a ring)
 *
 * 22 bits hold every pid (PID_MAX_LIMIT, include/linux/threads.h) and 2^48 ns are 78 hours.
 * The CPU that a record is about is the ring's own. What is of more than one record has positions
 * next to each other and one time.
 */
#ifndef WHY_CORE_RECORD_H
#define WHY_CORE_RECORD_H

#include "core/base.h"

enum why_record_type {
	WHY_RECORD_NONE,
	WHY_RECORD_SWITCH,
	WHY_RECORD_HIDDEN,
	WHY_RECORD_WAKING,
	WHY_RECORD_WAKEUP,
	WHY_RECORD_MIGRATE,
	WHY_RECORD_NEW,
	WHY_RECORD_ADOPTED,
	WHY_RECORD_RENAMED,
	WHY_RECORD_NAMED,
	WHY_RECORD_GROUPED,
	WHY_RECORD_TEXT,
	WHY_RECORD_IRQ_ENTRY,
	WHY_RECORD_IRQ_EXIT,
	WHY_RECORD_VECTOR_ENTRY,
	WHY_RECORD_VECTOR_EXIT,
	WHY_RECORD_SOFTIRQ_ENTRY,
	WHY_RECORD_SOFTIRQ_EXIT,
	WHY_RECORD_SCHED_ENTRY,
	WHY_RECORD_SCHED_EXIT,
	WHY_RECORD_PART,
	WHY_RECORD_SAMPLE,
	WHY_RECORD_BEGIN,
	WHY_RECORD_OFFLINE,
	WHY_RECORD_END,
	WHY_RECORD_LOST,
	WHY_RECORD_PRIORITY,
	WHY_RECORD_NR,
};

/* Of a SWITCH, above WHY_OUT_* (core/task.h), which take the low 8 bits of `extra`. */
enum {
	WHY_SWITCH_NEXT_SUBJECT = 0x100,
	WHY_SWITCH_WOKEN = 0x200,	/* prev was left WOKEN: a waking crossed this switch */
	WHY_SWITCH_NO_PREV = 0x400,	/* prev was refused its state */
	WHY_SWITCH_NO_NEXT = 0x800,
	WHY_SWITCH_KNOWN = 0x1000,	/* the kernel's count tells how many were hidden: */
	WHY_SWITCH_HIDDEN_SHIFT = 13,
	WHY_SWITCH_HIDDEN_MAX = 127,	/* more: a HIDDEN came before */
};

/* Of a WAKING, above enum why_waking. */
enum {
	WHY_WAKING_ASLEEP = 4,
	WHY_WAKING_RELIEF = 8,	/* its own timer woke it */
	WHY_WAKING_PAUSED = 16,	/* something else did, from a pause */
};

/* Of an IRQ_EXIT. */
enum { WHY_IRQ_UNHANDLED = 1 };

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

WHY_INLINE u32 why_record_a(u64 body)
{
	return (u32)body & WHY_RECORD_FIELD;
}

WHY_INLINE u32 why_record_b(u64 body)
{
	return (u32)(body >> WHY_RECORD_FIELD_BITS) & WHY_RECORD_FIELD;
}

WHY_INLINE u32 why_record_extra(u64 body)
{
	return (u32)(body >> (2 * WHY_RECORD_FIELD_BITS));
}

/*
 * A length that may be missing, in `bits` bits: 0 is none. One that does not fit is missing: a
 * softirq that waited for an hour, an IPI that flew for a minute.
 */
WHY_INLINE u64 why_record_pack(u32 has, u64 ns, u32 bits)
{
	return has && ns < (1ULL << bits) - 1 ? ns + 1 : 0;
}

enum { WHY_SOFTIRQ_LENGTH_BITS = 42, WHY_VECTOR_LENGTH_BITS = 36 };

/* `packed` by why_record_pack(), of WHY_SOFTIRQ_LENGTH_BITS. */
WHY_INLINE u64 why_record_softirq(u32 nr, u64 packed)
{
	return packed << WHY_RECORD_FIELD_BITS | (nr & WHY_RECORD_FIELD);
}

WHY_INLINE u64 why_record_softirq_wait(u64 body)
{
	return body >> WHY_RECORD_FIELD_BITS;
}

/* `packed` of WHY_VECTOR_LENGTH_BITS; `number` is the processor's. */
WHY_INLINE u64 why_record_vector(u32 vector, u32 number, u32 sender, u64 packed)
{
	return packed << 28 | (u64)(sender & 0xffff) << 12 | (number & 0xff) << 4 | (vector & 0xf);
}

WHY_INLINE u32 why_record_vector_of(u64 body)
{
	return (u32)body & 0xf;
}

WHY_INLINE u32 why_record_vector_number(u64 body)
{
	return (u32)(body >> 4) & 0xff;
}

WHY_INLINE u32 why_record_vector_sender(u64 body)
{
	return (u32)(body >> 12) & 0xffff;
}

WHY_INLINE u64 why_record_vector_flight(u64 body)
{
	return body >> 28;
}

WHY_INLINE u64 why_record_sample(u32 place, u64 ns)
{
	return ns << 16 | (place & 0xffff);
}

WHY_INLINE u32 why_record_sample_place(u64 body)
{
	return (u32)body & 0xffff;
}

WHY_INLINE u64 why_record_sample_ns(u64 body)
{
	return body >> 16;
}

#endif
