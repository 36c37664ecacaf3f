// SPDX-License-Identifier: GPL-2.0-only
/*
 * A known number of UDP datagrams from a thread on one CPU to a thread on another, over loopback or
 * a veth pair. Each is one packet through NET_RX on the sender's CPU and reaches the receiver or is
 * a counted loss.
 *
 *   sender   --|send|--|send|--|send|--
 *                  \       \       X      the socket's buffer is full: dropped
 *   receiver -------|recv|--|recv|-----
 *
 * The end is known, not guessed: what the receiver got and what its socket dropped make up what was
 * sent. If they don't, the rest was lost on the way, believed after PATIENCE_NS without a packet.
 */
#include "load.h"
#include "veth.h"

#include <linux/sock_diag.h>

#define PATIENCE_NS	(500 * LOAD_MS)
#define MOST_BYTES	65507
#define MOST_VETH_BYTES 1472 /* one packet of 1500 bytes, no fragments */

static uint64_t count = 10000, size = 64, rate, from, to = 1, buffer_bytes;
static bool has_veth;
static int in, out;
static sem_t start, done;
static _Atomic bool is_listening;
/* The sender's; final when it says so. */
static uint64_t nr_sent, nr_refused, sent_ns;
static _Atomic bool is_sent;
/* The receiver's, until it rests. */
static uint64_t nr_received, nr_disordered, nr_dropped, received_ns;

/* As the kernel counts what found the receiver's buffer full. */
static uint64_t socket_drops(void)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);

	if (getsockopt(in, SOL_SOCKET, SO_MEMINFO, info, &len))
		load_die("SO_MEMINFO");
	return info[SK_MEMINFO_DROPS];
}

static bool is_all_told(void)
{
	uint64_t last_ns;

	if (!is_sent)
		return false;
	nr_dropped = socket_drops();
	last_ns = received_ns > sent_ns ? received_ns : sent_ns;
	return nr_received + nr_dropped >= nr_sent || load_now_ns() > last_ns + PATIENCE_NS;
}

static void *receive_all(void *arg)
{
	static char packet[MOST_BYTES];
	uint64_t number, next = 0;

	load_set_name("packetsink");
	load_pin(0, to);
	load_wait(&start);
	is_listening = true;
	do {
		if (recv(in, packet, sizeof(packet), 0) < (ssize_t)sizeof(number))
			continue;
		received_ns = load_now_ns();
		nr_received++;
		memcpy(&number, packet, sizeof(number));
		if (number < next)
			nr_disordered++;
		else
			next = number + 1;
	} while (!is_all_told());
	load_rest(&done);
	return arg;
}

static void send_all(void)
{
	static char packet[MOST_BYTES];
	uint64_t begin_ns = load_now_ns(), due_ns;

	for (uint64_t i = 0; i < count; i++) {
		if (rate) {
			due_ns = begin_ns + i / rate * LOAD_S + i % rate * LOAD_S / rate;
			if (load_now_ns() < due_ns)
				load_sleep_until(due_ns);
		}
		memcpy(packet, &i, sizeof(i));
		if (send(out, packet, size, 0) == (ssize_t)size)
			nr_sent++;
		else
			nr_refused++;
	}
	sent_ns = load_now_ns();
	is_sent = true;
}

/* Both ends know each other: nobody else's datagram is let in. */
static void connect_both(const char *in_ip)
{
	struct sockaddr_in self = veth_at(in_ip, 0), peer;
	socklen_t len = sizeof(self);

	out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (out < 0 || bind(in, (void *)&self, len) || getsockname(in, (void *)&self, &len) ||
	    connect(out, (void *)&self, len) || getsockname(out, (void *)&peer, &len) ||
	    connect(in, (void *)&peer, len))
		load_die("connect the sockets");
}

static void open_sockets(void)
{
	const struct timeval pause = {.tv_usec = 50000};
	int room = buffer_bytes;

	in = has_veth ? veth_set_up() : socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (in < 0 || setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof(pause)))
		load_die("open the receiver's socket");
	if (room && setsockopt(in, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		load_die("SO_RCVBUFFORCE %d", room);
	connect_both(has_veth ? VETH_FAR_IP : "127.0.0.1");
}

static void check_options(void)
{
	uint64_t most = has_veth ? MOST_VETH_BYTES : MOST_BYTES;

	if (!count)
		load_quit(2, 0, "--count must be at least 1");
	if (size < sizeof(uint64_t) || size > most)
		load_quit(2, 0, "--size must be 8 to %" PRIu64, most);
	if (rate > LOAD_S)
		load_quit(2, 0, "--rate must be at most 1000000000");
	if (from >= CPU_SETSIZE || to >= CPU_SETSIZE)
		load_quit(2, 0, "--from and --to must be below %d", CPU_SETSIZE);
	if (buffer_bytes > 1 << 30)
		load_quit(2, 0, "--buffer must be at most %d", 1 << 30);
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"count", LOAD_NR, &count, "how many (default 10000)"},
		{"size", LOAD_NR, &size, "bytes of each (default 64)"},
		{"rate", LOAD_NR, &rate, "how many a second (default 0: as fast as it can)"},
		{"from", LOAD_NR, &from, "the sender's CPU (default 0)"},
		{"to", LOAD_NR, &to, "the receiver's CPU (default 1)"},
		{"buffer", LOAD_NR, &buffer_bytes, "the receiver's (default the system's)"},
		{"veth", LOAD_FLAG, &has_veth, "from a namespace to another, not over loopback"},
		{0},
	};
	uint64_t begin_ns;

	load_options(argc, argv, options);
	check_options();
	load_pin(0, from);
	load_set_name("packetflood");
	sem_init(&start, 0, 0);
	sem_init(&done, 0, 0);
	open_sockets();
	load_thread(receive_all, NULL, 0);
	load_wait_for_go();
	sem_post(&start);
	while (!is_listening)
		sched_yield();
	begin_ns = load_now_ns();
	send_all();
	load_wait(&done);
	printf("{\"load\": \"packets\", \"pid\": %d, \"over\": \"%s\", \"sent\": %" PRIu64
	       ", \"refused\": %" PRIu64 ", \"received\": %" PRIu64 ", \"lost\": %" PRIu64
	       ", \"dropped\": %" PRIu64 ", \"disordered\": %" PRIu64 ", \"begin_ns\": %" PRIu64
	       ", \"end_ns\": %" PRIu64 "}\n",
	       getpid(), has_veth ? "veth" : "loopback", nr_sent, nr_refused, nr_received,
	       nr_sent - nr_received, nr_dropped, nr_disordered, begin_ns,
	       received_ns > sent_ns ? received_ns : sent_ns);
	load_linger();
	return 0;
}
