/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/whylate: the module's measurements, from user space. Each open file may have one, by its
 * set-up; there is one of each sort at a time, a second one gets EBUSY. The order of life:
 *
 *	open -> EVENT 0, 1, ... -> SETUP -> mmap -> WALK ADOPT, EDGE FIND, EDGE BEGIN ... -> close
 *	open -> STALLS -> read, read ... -> STALLS_END -> read -> STALL_TALLY 0, 1, ... -> close
 *
 * close() undoes all of it. Numbers are the ioctl's; all structs are the same for 32 and 64 bits.
 */
#ifndef WHY_ABI_MODULE_H
#define WHY_ABI_MODULE_H

#include "abi/config.h"
#include "abi/stall.h"
#include "abi/task.h"

enum { WHY_MODULE_VERSION = 3, WHY_MODULE_EVENT_LEN = 32 };

/* The index-th event that the module has a hook for; ENOENT: no more. */
struct why_module_event {
	u32 index;		/* in */
	u32 exists;		/* in this kernel */
	char name[WHY_MODULE_EVENT_LEN];
};

struct why_module_setup {
	u32 version;		/* WHY_MODULE_VERSION */
	u32 exited_shift;	/* log2 of the names of dead tasks kept per CPU */
	u64 events;		/* 1 << index: those to hook */
	int cfs_rq_rq;		/* offset of cfs_rq.rq, -1: not told */
	int rq_nr_switches;	/* of rq.nr_switches */
	struct why_config config;
};

enum why_module_edge { WHY_MODULE_FIND, WHY_MODULE_BEGIN, WHY_MODULE_WHOLE, WHY_MODULE_END };

/* What read() gives from then on: one record after the other, then nothing. */
enum why_module_walk {
	WHY_MODULE_ADOPT,
	WHY_MODULE_TELL_AND_ADOPT,
	WHY_MODULE_COLLECT,
	WHY_MODULE_EXITED,
};

/* A row of the dead tasks of one name on one CPU. */
struct why_module_exited {
	struct why_exited_key key;
	struct why_exited exited;
};

union why_walk_record {
	struct why_task_record task;
	struct why_module_exited exited;	/* WHY_MODULE_EXITED */
};

struct why_module_cost {
	u64 is_sampled;		/* in: begin (1) or end (0) */
	u64 runs;		/* sampled so far */
	u64 run_ns;
	u64 table_bytes;	/* of all tables but the rings */
	u64 ring_bytes;
};

/*
 * Sections with interrupts or preemption off are looked for from here on; read() gives those found
 * since (struct why_stall_record), then nothing for now. EOPNOTSUPP: this kernel lacks an event.
 */
struct why_module_stalls {
	u32 version;		/* WHY_MODULE_VERSION */
	u32 is_irqs_only;
	u32 has_preempt;	/* out: preemption's are found too */
	int cfs_rq_rq, rq_nr_switches;	/* as in struct why_module_setup */
	u32 reserved;
	u64 period_ns;		/* of a timer on each CPU that only comes to be late; 0: none */
	struct why_stall_config config;	/* but for where the module knows itself */
};

enum { WHY_MODULE_LEAST_PERIOD_NS = 10000 };

struct why_module_stall_tally {
	u32 cpu;		/* in; ENOENT: there is no such CPU */
	u32 reserved;
	u64 begin_ns;		/* since when; 0: it had no event */
	struct why_stall_tally tally;
};

/* mmap() offsets, in units of 1 << WHY_MODULE_TABLE_SHIFT bytes. */
enum why_module_table {
	WHY_TABLE_CPUS,		/* struct why_cpu [config.nr_cpus] */
	WHY_TABLE_KEYED,	/* struct why_keyed [1 << config.keyed_shift] */
	WHY_TABLE_LINES,	/* struct why_line [WHY_LINES] */
	WHY_TABLE_LINE_COUNTS,	/* struct why_line_count [config.nr_cpus][WHY_LINES] */
	WHY_TABLE_RINGS,	/* struct why_record [config.nr_cpus][1 << config.ring_shift] */
	WHY_TABLE_NR_MAPPED,
	/* The module's own: */
	WHY_TABLE_PLACES = WHY_TABLE_NR_MAPPED,
	WHY_TABLE_EXITED,
	WHY_TABLE_QUEUED,
	WHY_TABLE_LATE,
	WHY_TABLE_NR,
};

enum { WHY_MODULE_TABLE_SHIFT = 40 };

/* _IOC() written out, for both sides: direction, size, 'w', number. */
#define WHY_IOC(dir, nr, size) ((dir) << 30 | (u32)(size) << 16 | 'w' << 8 | (nr))
#define WHY_IOC_EVENT WHY_IOC(3U, 1, sizeof(struct why_module_event))
#define WHY_IOC_SETUP WHY_IOC(1U, 2, sizeof(struct why_module_setup))
#define WHY_IOC_EDGE  WHY_IOC(0U, 3, 0)		/* enum why_module_edge; on all CPUs */
#define WHY_IOC_WALK  WHY_IOC(0U, 4, 0)		/* enum why_module_walk */
#define WHY_IOC_COST  WHY_IOC(3U, 5, sizeof(struct why_module_cost))
#define WHY_IOC_STALLS	    WHY_IOC(3U, 6, sizeof(struct why_module_stalls))
#define WHY_IOC_STALLS_END  WHY_IOC(0U, 7, 0)
#define WHY_IOC_STALL_TALLY WHY_IOC(3U, 8, sizeof(struct why_module_stall_tally))

#endif
