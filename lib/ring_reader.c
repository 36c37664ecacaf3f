// SPDX-License-Identifier: GPL-2.0-only
/* Reads a ring that is being written: copies, then checks that the copy is good (core/ring.h). */
#include "lib/ring_reader.h"

#include "core/ring.h"
#include "lib/machine.h"

/* Catches up with a writer that has gone round. Returns the records skipped. */
static u64 skip_overwritten(struct why_ring_reader *reader, u64 head, u64 size)
{
	u64 lost;

	if (head - reader->next <= size)
		return 0;
	lost = head - size - reader->next;
	reader->next = head - size;
	return lost;
}

/*
 * In this order also where a processor would choose another: the writer stores the body before the
 * head, and claims the next lap before it touches either.
 */
static u32 copy_record(const struct why_record *slot, u64 position, u32 shift, const u64 *head,
		       struct why_record *ret)
{
	ret->head = __atomic_load_n(&slot->head, __ATOMIC_ACQUIRE);
	ret->body = WHY_LOAD(slot->body);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return why_ring_judge(ret, position, shift, WHY_LOAD(*head));
}

size_t why_ring_drain(struct why_ring_reader *reader, const struct why_record *rings,
		      const u64 *head, u32 shift, u32 cpu, struct why_event *ret, size_t max,
		      u64 *ret_lost)
{
	const struct why_record *ring = rings + ((size_t)cpu << shift), *slot;
	u64 size = 1ULL << shift, end = WHY_LOAD(*head), now = why_now_ns();
	struct why_record copy;
	u32 verdict;
	size_t n = 0;

	*ret_lost += skip_overwritten(reader, end, size);
	while (n < max && reader->next < end) {
		slot = &ring[why_ring_slot(reader->next, size)];
		verdict = copy_record(slot, reader->next, shift, head, &copy);
		if (verdict == WHY_RING_NOT_YET)
			break;
		reader->next++;
		if (verdict == WHY_RING_LOST) {
			(*ret_lost)++;
			continue;
		}
		ret[n++] = why_event_of(cpu, why_record_time(&copy, now), why_record_type(&copy),
					copy.body);
	}
	return n;
}
