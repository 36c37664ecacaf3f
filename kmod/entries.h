/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all CPUs do, an entry an event, with the context that it fired in: rings of each CPU's last
 * WHY_ENTRIES events, while they are asked for. Knows nothing of latencies.
 *
 *	memory		32 bytes an entry, 256 KiB a possible CPU
 *	hooks		first on their events: an entry's time is before that of any other hook
 *
 * Functions may sleep and are called by one thread at a time.
 */
#ifndef WHY_KMOD_ENTRIES_H
#define WHY_KMOD_ENTRIES_H

#include "core/record.h"

enum { WHY_ENTRIES_SHIFT = 13, WHY_ENTRIES = 1 << WHY_ENTRIES_SHIFT, WHY_ENTRY_COMM = 8 };

struct why_entry {
	struct why_record record;	/* bodies as in core/record.h, without lengths */
	u32 pid;			/* of the task that ran */
	u8 context;			/* enum why_context */
	u8 depth;			/* of preemption off, or WHY_CONTEXT_NO_DEPTH */
	char comm[WHY_ENTRY_COMM];	/* its name, cut: no zero at the end */
};

struct why_entry_copy {
	u64 at_ns;
	u32 cpu;
	u32 position;			/* in its CPU's order, modulo 2^32 */
	struct why_entry entry;
};

struct why_entry_copies {
	u64 missing;	/* entries of the time asked for that are not here, at least; 0: all are */
	u32 nr, room;
	struct why_entry_copy list[];
};

void why_entries_init(void);	/* once, at load */

/* Makes rings and hooks. Returns 0 or -errno, then with nothing left. */
int why_entries_start(void);

/* No hook runs when it returns; what was seen is there until it is freed. */
void why_entries_unhook(void);
void why_entries_free(void);

/*
 * All entries from `context_ns` before `begin_ns` (or since it is hooked, if that was in between)
 * to `end_ns`, in no order, those of CPU `first` first where there is no room for all. What has no
 * room is missing: without any it counts them.
 */
void why_entries_copy(struct why_entry_copies *to, u64 begin_ns, u64 context_ns, u64 end_ns,
		      u32 first);

#endif
