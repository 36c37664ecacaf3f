// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many short-lived processes of one command name: fork, perhaps exec, _exit, wait.
 * Batches keep several alive at once, so that ids and task structures are reused out of order.
 */
#include "load.h"

#include <sys/wait.h>

static uint64_t count = 1000, batch = 8;
static const char *comm = "shortlived";
static bool execs;

static void live_shortly(void)
{
	if (execs)
		execl("/proc/self/exe", comm, "--die-as", comm, NULL);
	load_set_name(comm);
	_exit(execs); /* an exec that failed is an error */
}

static void reap(uint64_t nr, uint64_t *ret_failed)
{
	int status;

	while (nr--)
		if (wait(&status) < 0 || status)
			++*ret_failed;
}

int main(int argc, char **argv)
{
	const char *die_as = NULL;
	const struct load_option options[] = {
		{"count", LOAD_NR, &count, "how many processes"},
		{"batch", LOAD_NR, &batch, "how many at once"},
		{"comm", LOAD_TEXT, &comm, "their command name"},
		{"exec", LOAD_FLAG, &execs, "each one executes this program again"},
		{"die-as", LOAD_TEXT, &die_as, "(the executed child) take this name and exit"},
		{0},
	};
	uint64_t begin_ns, failed = 0, nr;

	load_options(argc, argv, options);
	if (die_as) {
		load_set_name(die_as);
		return 0;
	}
	if (!batch)
		load_quit(2, 0, "--batch must be at least 1");
	load_wait_for_go();
	begin_ns = load_now_ns();
	for (uint64_t done = 0; done < count; done += nr) {
		nr = count - done < batch ? count - done : batch;
		for (uint64_t i = 0; i < nr; i++)
			if (!load_fork())
				live_shortly();
		reap(nr, &failed);
	}
	printf("{\"load\": \"forks\", \"pid\": %d, \"comm\": \"%s\", \"count\": %" PRIu64
	       ", \"failed\": %" PRIu64 ", \"begin_ns\": %" PRIu64 ", \"end_ns\": %" PRIu64 "}\n",
	       getpid(), comm, count, failed, begin_ns, load_now_ns());
	load_linger();
	return 0;
}
