// SPDX-License-Identifier: GPL-2.0-only
/* Output that holds nobody up: see outbox.h. */
#include "cli/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 4 << 20, PATIENCE_MS = 100 };

void why_outbox_init(struct why_outbox *o, FILE *f, const char *name)
{
	char tty[64];
	int fd;

	fflush(f);
	*o = (struct why_outbox){ .fd = fileno(f), .name = name, .text = malloc(ROOM) };
	/* One that is stopped (Ctrl-S) takes less than it says: opened anew, not to wait for it. */
	if (ttyname_r(o->fd, tty, sizeof(tty)))
		return;
	fd = open(tty, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		o->fd = fd;
}

bool why_outbox_put(struct why_outbox *o, const char *text, size_t n)
{
	if (o->text && o->sent && o->used + n > ROOM) {
		memmove(o->text, o->text + o->sent, o->used - o->sent);
		o->used -= o->sent;
		o->sent = 0;
	}
	if (!o->text || o->used + n > ROOM) {
		o->dropped++;
		return false;
	}
	memcpy(o->text + o->used, text, n);
	o->used += n;
	why_outbox_pump(o);
	return true;
}

/* Whether the reader takes something within `ms`. */
static bool is_ready(const struct why_outbox *o, int ms)
{
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };

	return poll(&p, 1, ms) > 0;
}

static void pump(struct why_outbox *o, int patience_ms)
{
	size_t left;
	ssize_t n;

	while (o->sent < o->used && !o->error && is_ready(o, patience_ms)) {
		/* So much a pipe that is ready takes without waiting (pipe(7)). */
		left = o->used - o->sent;
		n = write(o->fd, o->text + o->sent, left < PIPE_BUF ? left : PIPE_BUF);
		if (n > 0)
			o->sent += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			break;
		else if (n < 0 && errno != EINTR)
			o->error = errno;
	}
	if (o->sent == o->used)
		o->sent = o->used = 0;
}

void why_outbox_pump(struct why_outbox *o)
{
	pump(o, 0);
}

static bool is_signalled(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
	       sigismember(&pending, SIGHUP);
}

int why_outbox_end(struct why_outbox *o, struct why_error *err)
{
	const struct timespec a_moment = { .tv_nsec = 10000000 };
	int rc = 0;

	while (o->used && !o->error && !is_signalled()) {
		pump(o, PATIENCE_MS);
		if (o->used)
			nanosleep(&a_moment, NULL);
	}
	free(o->text);
	o->text = NULL;
	if (o->error)
		rc = why_error_set(err, WHY_EXIT_FAILED, o->error, "", "write %.200s", o->name);
	return rc;
}
