/* SPDX-License-Identifier: GPL-2.0-only */
/* A violation's story into bytes: for a ticket, or a line of JSON (docs/json.md). */
#ifndef WHY_REPORT_VIOLATION_H
#define WHY_REPORT_VIOLATION_H

#include "explain/diagnosis.h"
#include "lib/snapshot.h"

#include <stdio.h>

/* What a violation's names are looked up in, and its time counted from. */
struct why_telling {
	const struct why_violation *violation;
	const struct why_story *story;
	const struct why_snapshot *snapshot;	/* names lines; when the measurement began */
};

/* The sentence, the table that sums, the time-line. */
void why_report_violation(FILE *out, const struct why_telling *t);

/* One line. Returns 0 or -ENOMEM. */
int why_report_violation_json(FILE *out, const struct why_telling *t);

enum { WHY_WORDS = 160, WHY_SENTENCE = 8 * WHY_WORDS };

/* Words that both have in common. Each returns `ret`, filled in. */
const char *why_words_who(char ret[WHY_WORDS], const struct why_telling *t, struct why_who who);
const char *why_words_subject(char ret[WHY_WORDS], const struct why_telling *t);
/* "fifo 20", "nice -5"; empty where it is not known. */
const char *why_words_priority(char ret[WHY_WORDS], const struct why_person *p);
const char *why_words_policy(u32 policy);
const char *why_words_class(u32 class_);	/* of a span */
/* As chrt(1) and nice(1) have it: 1 to 99 of real-time policies, else the nice value. */
int why_words_prio(const struct why_person *p);
/* What it is a case of, in a sentence or two; empty where it is none. */
const char *why_words_case(char ret[WHY_SENTENCE], const struct why_telling *t);
/* One sentence. */
const char *why_words_sentence(char ret[WHY_SENTENCE], const struct why_telling *t);

#endif
