// SPDX-License-Identifier: GPL-2.0-only
/*
 * A known number of work items of a known function: each byte written to a pty's master queues one
 * flush_to_ldisc on an unbound workqueue, which carries it to the slave.
 *
 *   writer  --|write|------------- interval -------------|read|write|--
 *                \                                        ^
 *   kworker ------|= flush_to_ldisc =|  byte is there ....|
 *
 * The next write comes only when the byte has arrived and the interval is over, so that no item can
 * be queued while one is pending, nor be done by one still at work. The byte is asked after with
 * FIONREAD: a read or poll that came too early would queue a barrier behind the item and wait.
 */
#include "load.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

/* Shorter than this the last item may still be at work, which would do the next one's part. */
#define SHORTEST_NS (200 * LOAD_US)

static uint64_t count = 1000, interval_ns = LOAD_MS, cpu, nr_late;
static int master, slave;

static void open_pty(void)
{
	struct termios raw;

	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) || unlockpt(master))
		load_quit(LOAD_CANNOT, errno, "no pty to be had (is devpts mounted?)");
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &raw))
		load_die("open the pty's slave");
	cfmakeraw(&raw); /* no echo: the other direction stays empty */
	if (tcsetattr(slave, TCSANOW, &raw))
		load_die("tcsetattr");
}

static bool has_arrived(void)
{
	int nr_bytes;

	if (ioctl(slave, FIONREAD, &nr_bytes))
		load_die("FIONREAD");
	return nr_bytes > 0;
}

static void pause_once(void)
{
	load_sleep_until(load_now_ns() + interval_ns);
}

static void do_one(void)
{
	char byte = 'w';

	if (write(master, &byte, 1) != 1)
		load_die("write to the pty");
	pause_once();
	if (!has_arrived()) {
		nr_late++;
		while (!has_arrived())
			pause_once();
		pause_once(); /* the item gave us the byte, but may not be over */
	}
	if (read(slave, &byte, 1) != 1)
		load_die("read from the pty");
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"count", LOAD_NR, &count, "how many (default 1000)"},
		{"interval", LOAD_TIME, &interval_ns, "between them (default 1ms)"},
		{"cpu", LOAD_NR, &cpu, "the writer's CPU (default 0)"},
		{0},
	};
	uint64_t begin_ns, end_ns;

	load_options(argc, argv, options);
	if (!count)
		load_quit(2, 0, "--count must be at least 1");
	if (interval_ns < SHORTEST_NS)
		load_quit(2, 0, "--interval must be at least 200us");
	if (cpu >= CPU_SETSIZE)
		load_quit(2, 0, "--cpu must be below %d", CPU_SETSIZE);
	load_pin(0, cpu);
	load_set_name("workqueuer");
	open_pty();
	load_wait_for_go();
	begin_ns = load_now_ns();
	for (uint64_t i = 0; i < count; i++)
		do_one();
	end_ns = load_now_ns();
	printf("{\"load\": \"works\", \"pid\": %d, \"function\": \"flush_to_ldisc\", \"items\": "
	       "%" PRIu64 ", \"late\": %" PRIu64 ", \"begin_ns\": %" PRIu64 ", \"end_ns\": %" PRIu64
	       "}\n",
	       getpid(), count, nr_late, begin_ns, end_ns);
	load_linger();
	return 0;
}
