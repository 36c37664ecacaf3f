// SPDX-License-Identifier: GPL-2.0-only
/*
 * UDP packets over loopback as fast as one thread sends and another receives: every packet is a
 * NET_RX softirq and, often, a wake-up from one.
 */
#include "load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static uint64_t for_ns = 2 * LOAD_S, nr_packets, bytes = 64;
static int in, out;
static uint64_t nr_sent, nr_refused;
static _Atomic uint64_t nr_received;
static _Atomic bool is_over;

static void *receive(void *arg)
{
	char packet[65536];

	load_set_name("udpsink");
	while (!is_over)
		if (recv(in, packet, sizeof(packet), 0) >= 0)
			nr_received++;
	load_rest(arg);
	return NULL;
}

static void *send_all(void *arg)
{
	char packet[65536] = {0};
	uint64_t end_ns = load_now_ns() + for_ns;

	load_set_name("udpflood");
	while (nr_packets ? nr_sent + nr_refused < nr_packets : load_now_ns() < end_ns) {
		if (send(out, packet, bytes, 0) == (ssize_t)bytes)
			nr_sent++;
		else
			nr_refused++;
	}
	load_rest(arg);
	return NULL;
}

static void open_sockets(void)
{
	struct sockaddr_in self = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {.tv_usec = 50000};
	socklen_t len = sizeof(self);

	in = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (in < 0 || out < 0 || bind(in, (void *)&self, len) ||
	    setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    getsockname(in, (void *)&self, &len) || connect(out, (void *)&self, len))
		load_die("open loopback sockets");
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"for", LOAD_TIME, &for_ns, "how long"},
		{"packets", LOAD_NR, &nr_packets, "so many packets instead"},
		{"bytes", LOAD_NR, &bytes, "of each packet (default 64)"},
		{0},
	};
	uint64_t begin_ns, end_ns;
	sem_t done;

	load_options(argc, argv, options);
	if (bytes > 65507)
		load_quit(2, 0, "--bytes must be at most 65507");
	sem_init(&done, 0, 0);
	open_sockets();
	load_wait_for_go();
	begin_ns = load_now_ns();
	load_thread(receive, &done, 0);
	load_thread(send_all, &done, 0);
	load_wait(&done);
	end_ns = load_now_ns();
	is_over = true; /* the sink's patience ends its last wait */
	load_wait(&done);
	printf("{\"load\": \"udpflood\", \"pid\": %d, \"sent\": %" PRIu64 ", \"refused\": %" PRIu64
	       ", \"received\": %" PRIu64 ", \"begin_ns\": %" PRIu64 ", \"end_ns\": %" PRIu64 "}\n",
	       getpid(), nr_sent, nr_refused, (uint64_t)nr_received, begin_ns, end_ns);
	load_linger();
	return 0;
}
