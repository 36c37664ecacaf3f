/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of a recording (docs/trace-format.md): a head, sections, and, where the recorder could
 * finish, an index of the sections and a foot. A section is a run of one CPU's events or a text
 * (JSON) about the machine, its tasks and rows. Every section carries its length and checksums, so
 * that a file cut off anywhere opens up to its last whole section.
 *
 * One thread at a time for each writer and each cursor. The file's bytes are hostile.
 */
#ifndef WHY_LIB_RECORDING_H
#define WHY_LIB_RECORDING_H

#include "lib/error.h"
#include "lib/event.h"

#include <stdbool.h>
#include <stddef.h>

enum { WHY_RECORDING_VERSION = 1 };

/* Texts, in the order in which they come first. The numbers are in files: new ones go last. */
enum why_section {
	WHY_SECTION_META,	/* once: machine, kernel, clock, what was asked for */
	WHY_SECTION_TASKS,	/* tasks there are, their names and cgroups */
	WHY_SECTION_ROWS,	/* rows with a key, and their names */
	WHY_SECTION_TICK,	/* what no event tells, once a second */
	WHY_SECTION_FINAL,	/* once, last: the kernel's counts, losses, open waits */
	WHY_SECTION_EVENTS,	/* no text: a run of events */
	WHY_SECTION_NR,
};

struct why_writer;

/*
 * Opens the file, created where there is none ("-" is standard output); what is in it goes when
 * the first section is written. Texts and events are compressed at
 * once and written in one piece. Errors of writing (a full disk) come back from the call at hand,
 * and leave a file that opens up to the last whole section.
 */
int why_writer_open(const char *path, struct why_writer **ret, struct why_error *err);
int why_writer_text(struct why_writer *w, enum why_section what, const char *text,
		    struct why_error *err);

/*
 * Appends events[n] of CPU `cpu`, in order of time; `lost` are missing before them (n may be 0
 * then). Runs longer than WHY_PACK_EVENTS are split. -EINVAL, with nothing written, for times that
 * run back or a CPU of 8192 and more. After an error every later call gives it again.
 */
int why_writer_events(struct why_writer *w, u32 cpu, const struct why_event *events, size_t n,
		      u64 lost, struct why_error *err);

/* Bytes written so far. */
u64 why_writer_bytes(const struct why_writer *w);

/* Gives up what has not begun: the file is as it was, and gone if there was none. */
void why_writer_abandon(struct why_writer *w);

/* Writes the index and the foot, and frees `w` in any case. */
int why_writer_close(struct why_writer *w, struct why_error *err);

/* One section, as its head tells. */
struct why_section_head {
	enum why_section what;
	u32 cpu;		/* of events */
	u64 first_ns, last_ns;	/* of events */
	u64 nr_events;
	u64 lost;		/* events missing before this run */
	u64 offset;		/* of its head in the file */
	u64 size;		/* of its compressed content */
	u64 raw_size;
};

struct why_recording {
	struct why_section_head *sections;	/* [nr], in the order of the file */
	size_t nr;
	u64 bytes;		/* of the file */
	u64 nr_events, lost;	/* sums over all sections */
	u32 nr_cpus;		/* highest CPU with events + 1 */
	bool is_complete;	/* it has its foot */
	char damage[160];	/* what is wrong and what could be saved; empty: nothing */
	int fd;
};

/*
 * Opens a recording: reads the heads of all sections, from the index or, without one, by walking
 * over them; contents are read later. Memory: 80 bytes a section. Fails (exit 1) for what is no
 * recording, is of a later version, or has no whole section.
 */
int why_recording_open(const char *path, struct why_recording *ret, struct why_error *err);
void why_recording_close(struct why_recording *r);

/* A section's text, NUL-terminated, for free(); NULL and *err where it is damaged. */
char *why_recording_text(const struct why_recording *r, size_t section, struct why_error *err);

/* What reads runs of events: buffers, reused from run to run. */
struct why_run_reader;
struct why_run_reader *why_run_reader_new(void);
void why_run_reader_free(struct why_run_reader *reader);

/*
 * Reads the events of `section` into ret[WHY_PACK_EVENTS]. Returns their number; -EBADMSG where
 * the section is damaged, -errno where it could not be read. Calls for different readers may run
 * at once (pread).
 */
long why_recording_events(const struct why_recording *r, size_t section,
			  struct why_run_reader *reader, struct why_event *ret);

#endif
