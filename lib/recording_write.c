// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a recording: see recording.h. It only ever appends, so that a pipe will do; a section
 * goes out whole or is the last thing in the file. Memory: 1.5 MB, twice the longest text, and
 * up to 80 bytes a section for the index.
 */
#include "lib/recording_format.h"

#include "lib/pack_format.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct why_writer {
	char *path;
	int fd;
	int broken;			/* the errno that ended it; 0: none */
	bool may_block;			/* a pipe or the like: for as long as its reader pleases */
	u64 bytes;
	ZSTD_CCtx *zstd;
	u8 *raw;			/* [why_pack_bound(WHY_PACK_EVENTS)] */
	u8 *out;			/* [out_size]: a section's head and content */
	size_t out_size;
	struct why_file_section *index;	/* [max_sections] */
	size_t nr_sections, max_sections;
};

static const char *name_of(const struct why_writer *w)
{
	return w->fd == STDOUT_FILENO ? "standard output" : w->path;
}

static const char *hint_for(int code)
{
	switch (code) {
	case ENOSPC:
	case EDQUOT:
		return "the disk is full: what was written so far can be read; make room there, or "
		       "write to another disk";
	case EINTR:
		return "interrupted while its reader took nothing";
	case EFBIG:
		return "the file may grow no larger: see ulimit -f; what was written so far can be "
		       "read";
	default:
		return "what was written so far can be read";
	}
}

static int fail(struct why_writer *w, int code, struct why_error *err)
{
	w->broken = code;
	return why_error_set(err, WHY_EXIT_FAILED, code, hint_for(code), "write %.160s",
			     name_of(w));
}

static int no_memory(struct why_error *err)
{
	return why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "write a recording");
}

/* A signal that means the end is blocked until whoever waits for it takes it. */
static bool is_interrupted(void)
{
	sigset_t pending;

	return !sigpending(&pending) &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
		sigismember(&pending, SIGHUP));
}

/*
 * Waits until something can be written, but no longer than two seconds once it is to end. Returns 0
 * or an errno.
 */
static int wait_for_reader(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	u32 silent = 0;
	int n;

	for (;;) {
		n = poll(&p, 1, 1000);
		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0)
			return 0;
		silent = is_interrupted() ? silent + 1 : 0;
		if (silent == 2)
			return EINTR;
	}
}

/* Opens for writing; waits for who will read a pipe, unless it is to end. Returns -1 and errno. */
static int open_for_writing(const char *path)
{
	int fd;

	for (;;) {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
		if (fd >= 0 || errno != ENXIO)
			return fd;
		if (is_interrupted()) {
			errno = EINTR;
			return -1;
		}
		usleep(100000);
	}
}

/* Somebody else filled it first, or poll() does not know what it takes. */
static bool may_try_again(u32 *refused)
{
	usleep(1000);
	*refused = is_interrupted() ? *refused + 1 : 0;
	return *refused < 2000;
}

/* What a pipe takes at once where poll() says that it takes something. */
static size_t at_once(const struct why_writer *w, size_t size)
{
	return w->may_block && size > PIPE_BUF ? PIPE_BUF : size;
}

static int write_all(struct why_writer *w, const void *what, size_t size, struct why_error *err)
{
	const u8 *at = what;
	u32 refused = 0;
	ssize_t n;
	int code;

	while (size) {
		code = w->may_block ? wait_for_reader(w->fd) : 0;
		if (code)
			return fail(w, code, err);
		n = write(w->fd, at, at_once(w, size));
		if (n < 0 && errno == EAGAIN && may_try_again(&refused))
			continue;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(w, n ? errno : EIO, err);
		at += n;
		size -= (size_t)n;
		w->bytes += (u64)n;
	}
	return 0;
}

static void free_writer(struct why_writer *w)
{
	ZSTD_freeCCtx(w->zstd);
	free(w->index);
	free(w->out);
	free(w->raw);
	free(w->path);
	free(w);
}

static struct why_writer *new_writer(const char *path)
{
	struct why_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->path = strdup(path);
	w->zstd = ZSTD_createCCtx();
	w->raw = malloc(why_pack_bound(WHY_PACK_EVENTS));
	w->out_size = sizeof(struct why_file_section) +
		      why_file_bound(why_pack_bound(WHY_PACK_EVENTS));
	w->out = malloc(w->out_size);
	if (w->path && w->zstd && w->raw && w->out &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, 1)) &&
	    /* Columns have few long matches, and short ones cost more time than they save bytes. */
	    !ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_minMatch, 7)) &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1)))
		return w;
	free_writer(w);
	return NULL;
}

static int open_file(struct why_writer *w, struct why_error *err)
{
	struct stat st;

	if (!strcmp(w->path, "-"))
		w->fd = STDOUT_FILENO;
	else
		w->fd = open_for_writing(w->path);
	if (w->fd < 0)
		return why_error_set(err, WHY_EXIT_FAILED, errno,
				     "give a file that can be written", "write %.160s", w->path);
	w->may_block = !fstat(w->fd, &st) && !S_ISREG(st.st_mode);
	if (isatty(w->fd))
		return why_error_set(err, WHY_EXIT_FAILED, 0, "give a file with -o, or send it "
				     "through a pipe",
				     "write %.160s: a terminal shows no recording", name_of(w));
	return 0;
}

int why_writer_open(const char *path, struct why_writer **ret, struct why_error *err)
{
	struct why_writer *w = new_writer(path);
	int rc;

	if (!w)
		return no_memory(err);
	rc = open_file(w, err);
	if (rc)
		free_writer(w);
	else
		*ret = w;
	return rc;
}

void why_writer_abandon(struct why_writer *w)
{
	struct stat st;

	if (w->fd != STDOUT_FILENO) {
		if (!w->bytes && !fstat(w->fd, &st) && S_ISREG(st.st_mode) && !st.st_size)
			unlink(w->path);
		close(w->fd);
	}
	free_writer(w);
}

/* What was in the file goes only now that something takes its place. */
static int begin_file(struct why_writer *w, struct why_error *err)
{
	struct why_file_head head = { .version = htole32(WHY_RECORDING_VERSION) };
	struct stat st;

	if (w->bytes)
		return 0;
	memcpy(head.magic, WHY_FILE_MAGIC, sizeof(head.magic));
	head.crc = why_file_crc(&head, sizeof(head));
	if (w->fd != STDOUT_FILENO && !fstat(w->fd, &st) && S_ISREG(st.st_mode) &&
	    ftruncate(w->fd, 0))
		return fail(w, errno, err);
	return write_all(w, &head, sizeof(head), err);
}

/* --- sections --- */

static int keep_head(struct why_writer *w, const struct why_file_section *head)
{
	size_t max = w->max_sections + w->max_sections / 4 + 64;
	struct why_file_section *grown;

	if (w->nr_sections == w->max_sections) {
		grown = realloc(w->index, max * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		w->index = grown;
		w->max_sections = max;
	}
	w->index[w->nr_sections++] = *head;
	return 0;
}

/* Writes the section whose content stands in w->out, behind the place of its head. */
static int write_section(struct why_writer *w, struct why_file_section *head, size_t size,
			 size_t raw_size, struct why_error *err)
{
	int rc = begin_file(w, err);

	if (rc)
		return rc;
	head->magic = htole32(WHY_SECTION_MAGIC);
	head->offset = htole64(w->bytes);
	head->size = htole32((u32)size);
	head->raw_size = htole32((u32)raw_size);
	head->crc = why_file_crc(head, sizeof(*head));
	if (keep_head(w, head))
		return no_memory(err);
	memcpy(w->out, head, sizeof(*head));
	return write_all(w, w->out, sizeof(*head) + size, err);
}

static int broken_zstd(struct why_writer *w, size_t rc, struct why_error *err)
{
	return why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "write %.160s: zstd: %s", name_of(w),
			     ZSTD_getErrorName(rc));
}

static int make_room(struct why_writer *w, size_t raw_size)
{
	size_t size = sizeof(struct why_file_section) + why_file_bound(raw_size);
	u8 *grown;

	if (size <= w->out_size)
		return 0;
	grown = realloc(w->out, size);
	if (!grown)
		return -ENOMEM;
	w->out = grown;
	w->out_size = size;
	return 0;
}

int why_writer_text(struct why_writer *w, enum why_section what, const char *text,
		    struct why_error *err)
{
	struct why_file_section head = { .what = htole32(what) };
	size_t raw_size = strlen(text), at = sizeof(head), size;

	if (w->broken)
		return fail(w, w->broken, err);
	if (what >= WHY_SECTION_EVENTS || raw_size > WHY_TEXT_MAX)
		return why_error_set(err, WHY_EXIT_FAILED, EINVAL, "",
				     "write %.160s: a text of kind %d and %zu bytes", name_of(w),
				     what, raw_size);
	if (make_room(w, raw_size))
		return no_memory(err);
	size = ZSTD_compress2(w->zstd, w->out + at, w->out_size - at, text, raw_size);
	if (ZSTD_isError(size))
		return broken_zstd(w, size, err);
	return write_section(w, &head, size, raw_size, err);
}

/* Compresses w->raw, a run of n; each area becomes a block, for they have little in common. */
static size_t compress_run(struct why_writer *w, size_t n, size_t raw_size)
{
	size_t columns = (size_t)why_load_le(w->raw) & 0xffffffff, i, left;
	size_t end[] = { WHY_PACK_HEAD + n, WHY_PACK_HEAD + 2 * n, WHY_PACK_HEAD + 2 * n + columns,
			 raw_size };
	ZSTD_inBuffer in = { .src = w->raw };
	ZSTD_outBuffer out = { .dst = w->out + sizeof(struct why_file_section),
			       .size = w->out_size - sizeof(struct why_file_section) };

	ZSTD_CCtx_reset(w->zstd, ZSTD_reset_session_only);
	ZSTD_CCtx_setPledgedSrcSize(w->zstd, raw_size);
	for (i = 0; i < 4; i++) {
		in.size = end[i];
		left = ZSTD_compressStream2(w->zstd, &out, &in, i < 3 ? ZSTD_e_flush : ZSTD_e_end);
		if (left)	/* an error, or no room where why_file_bound() says there is */
			return ZSTD_isError(left) ? left : (size_t)-1;
	}
	return out.pos;
}

static int write_run(struct why_writer *w, u32 cpu, const struct why_event *events, size_t n,
		     u64 lost, struct why_error *err)
{
	struct why_file_section head = {
		.what = htole32(WHY_SECTION_EVENTS),
		.cpu = htole32(cpu),
		.nr_events = htole32((u32)n),
		.first_ns = htole64(n ? events[0].at_ns : 0),
		.last_ns = htole64(n ? events[n - 1].at_ns : 0),
		.lost = htole64(lost),
	};
	size_t raw_size = n ? why_pack(events, n, w->raw) : 0;
	size_t size = n ? compress_run(w, n, raw_size) : 0;

	if (ZSTD_isError(size))
		return broken_zstd(w, size, err);
	return write_section(w, &head, size, raw_size, err);
}

static int is_in_order(const struct why_event *events, size_t n)
{
	u64 back = 0;
	size_t i;

	for (i = 1; i < n; i++)
		back |= events[i].at_ns < events[i - 1].at_ns;
	return !back;
}

int why_writer_events(struct why_writer *w, u32 cpu, const struct why_event *events, size_t n,
		      u64 lost, struct why_error *err)
{
	size_t run;
	int rc = 0;

	if (w->broken)
		return fail(w, w->broken, err);
	if (cpu >= WHY_CPUS_MAX || !is_in_order(events, n))
		return why_error_set(err, WHY_EXIT_FAILED, EINVAL, "",
				     "write %.160s: events of CPU %u out of order",
				     name_of(w), cpu);
	while (!rc && (n || lost)) {
		run = n < WHY_PACK_EVENTS ? n : WHY_PACK_EVENTS;
		rc = write_run(w, cpu, events, run, lost, err);
		events += run;
		n -= run;
		lost = 0;
	}
	return rc;
}

u64 why_writer_bytes(const struct why_writer *w)
{
	return w->bytes;
}

/* --- the end --- */

static int write_index(struct why_writer *w, struct why_error *err)
{
	size_t size = w->nr_sections * sizeof(*w->index);
	struct why_file_section head = {
		.magic = htole32(WHY_SECTION_MAGIC),
		.what = htole32(WHY_SECTION_INDEX),
		.offset = htole64(w->bytes),
		.size = htole32((u32)size),
		.raw_size = htole32((u32)size),
	};
	struct why_file_foot foot = {
		.index_offset = htole64(w->bytes),
		.nr_sections = htole64(w->nr_sections),
	};
	int rc;

	memcpy(foot.magic, WHY_FOOT_MAGIC, sizeof(foot.magic));
	foot.crc = why_file_crc(&foot, sizeof(foot));
	head.crc = why_file_crc(&head, sizeof(head));
	rc = write_all(w, &head, sizeof(head), err);
	if (!rc)
		rc = write_all(w, w->index, size, err);
	return rc ? rc : write_all(w, &foot, sizeof(foot), err);
}

int why_writer_close(struct why_writer *w, struct why_error *err)
{
	int rc = w->broken ? fail(w, w->broken, err) : begin_file(w, err);

	rc = rc ?: write_index(w, err);
	if (w->fd != STDOUT_FILENO && close(w->fd) && !rc)
		rc = fail(w, errno, err);
	free_writer(w);
	return rc;
}
