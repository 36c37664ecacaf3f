// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the ring's records as they come, for tests that follow single events:
 * "AT_NS CPU TYPE A B EXTRA" a line; on standard error "begun", and at the end "lost N".
 */
#include "lib/machine.h"
#include "lib/source.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 1024, RING_SHIFT = 16 };

static volatile sig_atomic_t is_over;

static void end(int sig)
{
	is_over = sig;
}

static u64 print_all(struct why_source *src)
{
	static struct why_event e[BATCH];
	u64 lost = 0;
	size_t n, i;
	u32 cpu;

	for (cpu = 0; cpu < why_source_nr_cpus(src); cpu++)
		while ((n = why_source_drain(src, cpu, e, BATCH, &lost)))
			for (i = 0; i < n; i++)
				printf("%llu %u %u %u %u %u\n", e[i].at_ns, e[i].cpu,
				       e[i].type, why_record_a(e[i].body),
				       why_record_b(e[i].body), why_record_extra(e[i].body));
	return lost;
}

int main(int argc, char **argv)
{
	struct why_request req = { .kinds = (1U << WHY_KIND_NR) - 1, .ring_shift = RING_SHIFT };
	struct timespec pause = { .tv_nsec = 2000000 };
	struct why_source *src = NULL;
	struct why_error err = { 0 };
	u64 lost = 0, until;

	if (argc != 2 || why_source_open(&why_collector_bpf, &req, &src, &err) ||
	    why_source_start(src, &err)) {
		fprintf(stderr, "events SECONDS: %s\n", err.what);
		return 1;
	}
	fputs("begun\n", stderr);
	signal(SIGINT, end);
	signal(SIGTERM, end);
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	until = why_now_ns() + (u64)(atof(argv[1]) * 1e9);
	while (!is_over && why_now_ns() < until) {
		lost += print_all(src);
		nanosleep(&pause, NULL);
	}
	why_source_freeze(src, &err);
	lost += print_all(src);
	fprintf(stderr, "lost %llu\n", lost);
	why_source_close(src);
	return 0;
}
