// SPDX-License-Identifier: GPL-2.0-only
/* The command that is measured: see child.h. */
#include "cli/child.h"

#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: waits for one byte, then becomes the command. Signals as they were at our start. */
static void wait_and_exec(int go, int failed, bool is_output_taken, char **argv)
{
	char byte;
	int code;

	if (read(go, &byte, 1) != 1)
		_exit(0);
	why_restore_signals();
	if (is_output_taken)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(argv[0], argv);
	code = errno;
	if (write(failed, &code, sizeof(code)) < 0)
		_exit(126);
	_exit(127);
}

int why_child_prepare(struct why_child *c, char **argv, bool is_output_taken,
		      struct why_error *err)
{
	int go[2], failed[2];

	if (pipe2(go, O_CLOEXEC) || pipe2(failed, O_CLOEXEC))
		return why_error_set(err, WHY_EXIT_FAILED, errno, "", "start %.100s", argv[0]);
	c->pid = fork();
	if (c->pid < 0)
		return why_error_set(err, WHY_EXIT_FAILED, errno, "", "start %.100s", argv[0]);
	if (!c->pid) {
		close(go[1]);
		wait_and_exec(go[0], failed[1], is_output_taken, argv);
	}
	close(go[0]);
	close(failed[1]);
	c->go_fd = go[1];
	c->failed_fd = failed[0];
	return 0;
}

int why_child_release(struct why_child *c, char **argv, struct why_error *err)
{
	int code = 0;

	if (write(c->go_fd, "g", 1) != 1)
		code = errno;
	else if (read(c->failed_fd, &code, sizeof(code)) <= 0)
		code = 0;	/* closed by a successful exec */
	close(c->go_fd);
	close(c->failed_fd);
	if (!code)
		return 0;
	waitpid(c->pid, NULL, 0);
	c->pid = 0;
	return why_error_set(err, WHY_EXIT_FAILED, code, "give a command that can be run",
			     "run %.100s", argv[0]);
}

bool why_child_has_ended(struct why_child *c)
{
	if (!c->pid || waitpid(c->pid, NULL, WNOHANG) == 0)
		return false;
	c->pid = 0;
	return true;
}

void why_child_end(struct why_child *c)
{
	if (!c->pid)
		return;
	kill(c->pid, SIGTERM);
	c->pid = 0;
}
