/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One error: filled in once, where the fact is known, carried up as it is, printed by cli/ alone.
 * Owner: the caller. A function that takes one returns 0, or -errno with the error filled in.
 */
#ifndef WHY_LIB_ERROR_H
#define WHY_LIB_ERROR_H

/* Beside errno values: this machine cannot do it (exit 77). */
enum { WHY_EXIT_DONE, WHY_EXIT_FAILED, WHY_EXIT_USAGE, WHY_EXIT_UNABLE = 77 };

struct why_error {
	int exit_code;		/* WHY_EXIT_*: what the program should answer */
	char what[256];		/* "what failed: why" */
	char hint[320];		/* what to do; may be empty */
};

/*
 * Fills in `err`: `text` is formatted; where `code` (an errno, positive) is not 0, ": " and its
 * text follow. Returns -code, or -1 where code is 0.
 */
int why_error_set(struct why_error *err, int exit_code, int code, const char *hint,
		  const char *text, ...) __attribute__((format(printf, 5, 6)));

#endif
