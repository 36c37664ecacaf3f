// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refuses memory to one system call: its first allocation, then its second, and so on until it has
 * no more, by a kernel with CONFIG_FAULT_INJECTION (Documentation/fault-injection: fail-nth).
 *
 *	refused load FILE		loads it, and unloads it where that was done
 *	refused write FILE TEXT UNDO [FILE]
 *		writes TEXT, and UNDO where that was done ("": nothing), to the second FILE if any
 *
 * Says "N refused, N done": how often it failed, always with ENOMEM, and how often it was done all
 * the same. Any other error ends it, and so does a failure that leaves something behind: where FILE
 * can be read it must say the same as before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 100000, STATE_BYTES = 1 << 16 };

static int nth = -1;	/* /proc/self/fail-nth */

static void die(const char *what)
{
	fprintf(stderr, "refused: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void refuse(int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", n);

	if (pwrite(nth, text, (size_t)len, 0) != len)
		die("/proc/self/fail-nth");
}

/* Whether the n-th allocation was there to be refused; from here on none is. */
static int was_refused(void)
{
	char text[16] = "";

	if (pread(nth, text, sizeof(text) - 1, 0) <= 0)
		die("/proc/self/fail-nth");
	refuse(0);
	return atoi(text) == 0;
}

static int load(int fd)
{
	return syscall(SYS_finit_module, fd, "", 0) ? errno : 0;
}

static int opened(const char *file, int flags)
{
	int fd = open(file, flags | O_CLOEXEC);

	if (fd < 0)
		die(file);
	return fd;
}

static int write_text(int fd, const char *text)
{
	ssize_t n = write(fd, text, strlen(text));

	return n == (ssize_t)strlen(text) ? 0 : errno;
}

/* Of a file that is open already: the n-th allocation is the call's, not one of open(). */
static int call_refused(int n, bool is_load, char **argv, bool *ret_was_refused)
{
	int fd = opened(argv[2], is_load ? O_RDONLY : O_WRONLY), rc;

	refuse(n);
	rc = is_load ? load(fd) : write_text(fd, argv[3]);
	*ret_was_refused = was_refused();
	close(fd);
	return rc;
}

/* What FILE says; empty where nobody may read it. */
static void read_state(const char *file, char state[STATE_BYTES])
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, state, STATE_BYTES - 1);

	state[n < 0 ? 0 : n] = 0;
	if (fd >= 0)
		close(fd);
}

static void undo(bool is_load, int argc, char **argv)
{
	int fd;

	if (is_load && syscall(SYS_delete_module, "whylate", 0))
		die("unload");
	if (is_load || !*argv[4])
		return;
	fd = opened(argv[argc == 6 ? 5 : 2], O_WRONLY);
	errno = write_text(fd, argv[4]);
	if (errno)
		die("undo");
	close(fd);
}

int main(int argc, char **argv)
{
	static char before[STATE_BYTES], after[STATE_BYTES];
	bool is_load = argc == 3 && !strcmp(argv[1], "load"), was;
	int n, rc, refused = 0, done = 0;

	if (!is_load && ((argc != 5 && argc != 6) || strcmp(argv[1], "write")))
		return fprintf(stderr, "refused load FILE | write FILE TEXT UNDO [FILE]\n"), 2;
	nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth < 0)
		die("/proc/thread-self/fail-nth");
	for (n = 1; n < MOST; n++) {
		if (!is_load)
			read_state(argv[2], before);
		rc = call_refused(n, is_load, argv, &was);
		errno = rc;
		if (rc && rc != ENOMEM)
			die("the call");
		if (rc && !is_load)
			read_state(argv[2], after);
		if (rc && strcmp(before, after)) {
			fprintf(stderr, "refused: it left this behind: %.4000s\n", after);
			return 1;
		}
		if (!rc)
			undo(is_load, argc, argv);
		if (!rc && !was)
			break;
		refused += rc != 0;
		done += !rc;
	}
	printf("%d refused, %d done\n", refused, done);
	return 0;
}
