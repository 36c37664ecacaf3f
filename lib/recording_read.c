// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens a recording: see recording.h. No number of the file is believed before it is checked: not
 * a section's place, which must lie in the file, and not its sizes, which have upper bounds.
 */
#include "lib/recording_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HINT_RECORDING "give a file that `whylate record` has written"

enum { INDEX_CHUNK = 64 };

/* --- one head --- */

static void read_head(const struct why_file_section *f, struct why_section_head *ret)
{
	*ret = (struct why_section_head){
		.what = (enum why_section)le32toh(f->what),
		.cpu = le32toh(f->cpu),
		.first_ns = le64toh(f->first_ns),
		.last_ns = le64toh(f->last_ns),
		.nr_events = le32toh(f->nr_events),
		.lost = le64toh(f->lost),
		.offset = le64toh(f->offset),
		.size = le32toh(f->size),
		.raw_size = le32toh(f->raw_size),
	};
}

static bool is_run(const struct why_section_head *h)
{
	if (h->cpu >= WHY_CPUS_MAX || h->nr_events > WHY_PACK_EVENTS || h->first_ns > h->last_ns)
		return false;
	if (!h->nr_events)
		return !h->size && !h->raw_size;
	return h->raw_size <= why_pack_bound(h->nr_events) &&
	       h->size <= why_file_bound(h->raw_size);
}

static bool is_text(const struct why_section_head *h)
{
	return h->raw_size <= WHY_TEXT_MAX && h->size <= why_file_bound(h->raw_size);
}

/* A section of a kind that a later version may have is one, too, and passed over. */
static bool is_section(const struct why_file_section *f, const struct why_section_head *h)
{
	if (le32toh(f->magic) != WHY_SECTION_MAGIC || f->crc != why_file_crc(f, sizeof(*f)))
		return false;
	if (h->what == WHY_SECTION_EVENTS)
		return is_run(h);
	return h->what > WHY_SECTION_EVENTS || is_text(h);
}

static u64 end_of(const struct why_section_head *h)
{
	return h->offset + sizeof(struct why_file_section) + h->size;
}

static int add_section(struct why_recording *r, const struct why_section_head *h, size_t *max)
{
	size_t more = *max + *max / 4 + 16;
	struct why_section_head *grown;

	if (h->what >= WHY_SECTION_NR)
		return 0;
	if (r->nr == *max) {
		grown = realloc(r->sections, more * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		r->sections = grown;
		*max = more;
	}
	r->sections[r->nr++] = *h;
	r->nr_events += h->what == WHY_SECTION_EVENTS ? h->nr_events : 0;
	r->lost += h->what == WHY_SECTION_EVENTS ? h->lost : 0;
	if (h->what == WHY_SECTION_EVENTS && h->cpu >= r->nr_cpus)
		r->nr_cpus = h->cpu + 1;
	return 0;
}

static void forget_sections(struct why_recording *r)
{
	free(r->sections);
	r->sections = NULL;
	r->nr = 0;
	r->nr_events = r->lost = 0;
	r->nr_cpus = 0;
}

/* --- by the index --- */

/* Adds `nr` copied heads. They must lie one behind the other, from *end on. */
static int add_copies(struct why_recording *r, const struct why_file_section *copies, size_t nr,
		      u64 *end, size_t *max)
{
	struct why_section_head h;
	size_t i;

	for (i = 0; i < nr; i++) {
		read_head(&copies[i], &h);
		if (!is_section(&copies[i], &h) || h.offset != *end)
			return -EBADMSG;
		*end = end_of(&h);
		if (add_section(r, &h, max))
			return -ENOMEM;
	}
	return 0;
}

static int read_copies(struct why_recording *r, const struct why_file_foot *foot)
{
	struct why_file_section copies[INDEX_CHUNK];
	u64 left = le64toh(foot->nr_sections), end = sizeof(struct why_file_head);
	u64 at = le64toh(foot->index_offset) + sizeof(struct why_file_section);
	size_t nr, max = 0;
	int rc = 0;

	for (; !rc && left; left -= nr) {
		nr = left < INDEX_CHUNK ? (size_t)left : INDEX_CHUNK;
		rc = why_file_read(r->fd, copies, nr * sizeof(*copies), at);
		if (rc)
			break;
		at += nr * sizeof(*copies);
		rc = add_copies(r, copies, nr, &end, &max);
	}
	return !rc && end != le64toh(foot->index_offset) ? -EBADMSG : rc;
}

/* The foot stands at the end, and the index ends where it begins. */
static bool read_foot(const struct why_recording *r, struct why_file_foot *ret)
{
	u64 fixed = sizeof(struct why_file_head) + sizeof(struct why_file_section) + sizeof(*ret);
	u64 nr, room;

	if (r->bytes < fixed || why_file_read(r->fd, ret, sizeof(*ret), r->bytes - sizeof(*ret)) ||
	    memcmp(ret->magic, WHY_FOOT_MAGIC, sizeof(ret->magic)) ||
	    ret->crc != why_file_crc(ret, sizeof(*ret)))
		return false;
	nr = le64toh(ret->nr_sections);
	room = r->bytes - fixed;
	return nr <= room / sizeof(struct why_file_section) &&
	       le64toh(ret->index_offset) == sizeof(struct why_file_head) + room -
					     nr * sizeof(struct why_file_section);
}

/* --- by walking --- */

static void __attribute__((format(printf, 2, 3)))
note_damage(struct why_recording *r, const char *text, ...)
{
	va_list ap;

	va_start(ap, text);
	vsnprintf(r->damage, sizeof(r->damage), text, ap);
	va_end(ap);
}

/*
 * Reads the head at `at`: 0; -ENODATA where the section is not all there; -EBADMSG where it is
 * none; -errno.
 */
static int walk_to(const struct why_recording *r, u64 at, struct why_section_head *ret)
{
	struct why_file_section f;
	int rc;

	if (r->bytes - at < sizeof(f))
		return -ENODATA;
	rc = why_file_read(r->fd, &f, sizeof(f), at);
	if (rc)
		return rc;
	read_head(&f, ret);
	if (!is_section(&f, ret) || ret->offset != at)
		return -EBADMSG;
	return end_of(ret) > r->bytes ? -ENODATA : 0;
}

/* Says why the walk ended at `at`, after what `rc` tells. */
static void explain_end(struct why_recording *r, u64 at, int rc)
{
	if (rc == -ENODATA)
		note_damage(r, "cut off after %llu events at byte %llu: the end is missing",
			    r->nr_events, at);
	else if (rc)
		note_damage(r, "damaged after %llu events at byte %llu: nothing behind can be read",
			    r->nr_events, at);
	else
		note_damage(r, "its index is damaged: all of its %llu events can be read",
			    r->nr_events);
}

static int walk(struct why_recording *r)
{
	struct why_section_head h = { .what = WHY_SECTION_META };
	u64 at = sizeof(struct why_file_head);
	size_t max = 0;
	int rc;

	for (;;) {
		rc = walk_to(r, at, &h);
		if (rc || h.what == (enum why_section)WHY_SECTION_INDEX)
			break;
		if (add_section(r, &h, &max))
			return -ENOMEM;
		at = end_of(&h);
	}
	if (rc && rc != -ENODATA && rc != -EBADMSG)
		return rc;
	explain_end(r, at, rc);
	return 0;
}

static int find_sections(struct why_recording *r)
{
	struct why_file_foot foot;
	int rc;

	r->is_complete = read_foot(r, &foot);
	rc = r->is_complete ? read_copies(r, &foot) : -EBADMSG;
	if (rc != -EBADMSG)
		return rc;
	forget_sections(r);
	return walk(r);
}

/* --- opening --- */

static int refuse(const char *path, const char *why, const char *hint, struct why_error *err)
{
	return why_error_set(err, WHY_EXIT_FAILED, 0, hint, "read %.160s: %s", path, why);
}

static int check_head(const char *path, const struct why_recording *r, struct why_error *err)
{
	struct why_file_head head;
	int rc = r->bytes < sizeof(head) ? -EBADMSG : why_file_read(r->fd, &head, sizeof(head), 0);

	if (rc && rc != -EBADMSG)
		return why_error_set(err, WHY_EXIT_FAILED, -rc, "", "read %.160s", path);
	if (rc || memcmp(head.magic, WHY_FILE_MAGIC, sizeof(head.magic)))
		return refuse(path, "it is no recording", HINT_RECORDING, err);
	if (head.crc != why_file_crc(&head, sizeof(head)))
		return refuse(path, "its first bytes are damaged", "copy it again", err);
	if (le32toh(head.version) != WHY_RECORDING_VERSION)
		return refuse(path, "it is of a later version than this program reads",
			      "read it with the whylate that wrote it, or a later one", err);
	return 0;
}

static int open_regular(const char *path, struct why_recording *r, struct why_error *err)
{
	struct stat st;

	/* Non-blocking: a pipe's open would wait for its writer. */
	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (r->fd < 0 || fstat(r->fd, &st))
		return why_error_set(err, WHY_EXIT_FAILED, errno, HINT_RECORDING,
				     "read %.160s", path);
	if (S_ISDIR(st.st_mode))
		return why_error_set(err, WHY_EXIT_FAILED, EISDIR, HINT_RECORDING,
				     "read %.160s", path);
	if (!S_ISREG(st.st_mode))
		return refuse(path, "it is no regular file",
			      "a recording is read from its end: save it to a file first", err);
	r->bytes = (u64)st.st_size;
	if (!r->bytes)
		return refuse(path, "it is empty", HINT_RECORDING, err);
	return check_head(path, r, err);
}

int why_recording_open(const char *path, struct why_recording *ret, struct why_error *err)
{
	struct why_recording r = { .fd = -1 };
	int rc = open_regular(path, &r, err);

	if (!rc) {
		rc = find_sections(&r);
		if (rc)
			why_error_set(err, WHY_EXIT_FAILED, -rc, "", "read %.160s", path);
		else if (!r.nr)
			rc = refuse(path, "it holds no whole section",
				    "its recorder ended before it had written one", err);
	}
	if (rc)
		why_recording_close(&r);
	else
		*ret = r;
	return rc;
}

void why_recording_close(struct why_recording *r)
{
	forget_sections(r);
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}
