/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A veth pair between two network namespaces nobody else can see, for generators of packets:
 *
 *   near namespace (the caller's, afterwards)      far namespace (only a socket holds it)
 *   192.0.2.1 "near" ============================= "far" 192.0.2.2
 *
 * Neither namespace has a name or a mount, and the pair is born inside them: all of it goes with
 * the process, however it ends. The neighbour's address is told, not asked for, and IPv6 is off:
 * no packet passes but the caller's.
 */
#ifndef VETH_H
#define VETH_H

#include "load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define VETH_NEAR_IP "192.0.2.1"
#define VETH_FAR_IP  "192.0.2.2"

static const unsigned char veth_far_mac[6] = {0x02, 0, 0, 0, 0, 2};

/* An rtnetlink request about a link; filled by veth_put(). */
struct veth_request {
	struct nlmsghdr head;
	struct ifinfomsg info;
	char attributes[512];
};

static inline struct rtattr *veth_put(struct veth_request *request, int type, const void *data,
				      size_t len)
{
	size_t used = NLMSG_ALIGN(request->head.nlmsg_len);
	struct rtattr *attribute = (void *)((char *)request + used);

	attribute->rta_type = type;
	attribute->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(attribute), data, len);
	request->head.nlmsg_len = used + RTA_SPACE(len);
	return attribute;
}

/* What was put since @nest is inside it. */
static inline void veth_end(struct veth_request *request, struct rtattr *nest)
{
	nest->rta_len = (char *)request + request->head.nlmsg_len - (char *)nest;
}

/* Send and wait for the kernel's word: 0 or -errno. */
static inline int veth_ask(struct veth_request *request)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr verdict;
		char rest[1024];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || send(fd, request, request->head.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < (ssize_t)NLMSG_SPACE(sizeof(int)) ||
	    answer.head.nlmsg_type != NLMSG_ERROR)
		load_die("talk to rtnetlink");
	close(fd);
	return answer.verdict.error;
}

/* "near" here, "far" in the namespace behind @far_ns. */
static inline void veth_make_pair(int far_ns)
{
	const struct ifinfomsg nothing = {0};
	struct veth_request r = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(nothing)),
			 .nlmsg_type = RTM_NEWLINK,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL},
	};
	struct rtattr *link, *data, *peer;
	int err;

	veth_put(&r, IFLA_IFNAME, "near", sizeof("near"));
	link = veth_put(&r, IFLA_LINKINFO, NULL, 0);
	veth_put(&r, IFLA_INFO_KIND, "veth", sizeof("veth"));
	data = veth_put(&r, IFLA_INFO_DATA, NULL, 0);
	peer = veth_put(&r, VETH_INFO_PEER, &nothing, sizeof(nothing));
	veth_put(&r, IFLA_IFNAME, "far", sizeof("far"));
	veth_put(&r, IFLA_ADDRESS, veth_far_mac, sizeof(veth_far_mac));
	veth_put(&r, IFLA_NET_NS_FD, &far_ns, sizeof(far_ns));
	veth_end(&r, peer);
	veth_end(&r, data);
	veth_end(&r, link);
	err = veth_ask(&r);
	if (err == -EOPNOTSUPP)
		load_quit(LOAD_CANNOT, 0, "this kernel has no veth");
	if (err)
		load_quit(1, -err, "make a veth pair");
}

static inline struct sockaddr_in veth_at(const char *ip, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = port};

	inet_pton(AF_INET, ip, &address.sin_addr);
	return address;
}

/* Give @name, an interface of the namespace the socket @fd is from, its /24 and put it up. */
static inline void veth_bring_up(int fd, const char *name, const char *ip)
{
	struct sockaddr_in address = veth_at(ip, 0);
	struct ifreq interface = {0};

	strcpy(interface.ifr_name, name);
	memcpy(&interface.ifr_addr, &address, sizeof(address));
	if (ioctl(fd, SIOCSIFADDR, &interface))
		load_die("give %s its address", name);
	interface.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &interface))
		load_die("put %s up", name);
}

static inline void veth_tell_neighbour(int near_fd)
{
	struct sockaddr_in address = veth_at(VETH_FAR_IP, 0);
	struct arpreq entry = {.arp_flags = ATF_PERM | ATF_COM, .arp_dev = "near"};

	memcpy(&entry.arp_pa, &address, sizeof(address));
	entry.arp_ha.sa_family = ARPHRD_ETHER;
	memcpy(entry.arp_ha.sa_data, veth_far_mac, sizeof(veth_far_mac));
	if (ioctl(near_fd, SIOCSARP, &entry))
		load_die("tell the neighbour's address");
}

static inline void veth_enter_namespace(void)
{
	int fd;

	if (unshare(CLONE_NEWNET)) {
		if (errno == EINVAL)
			load_quit(LOAD_CANNOT, 0, "this kernel has no network namespaces");
		load_die("make a network namespace (takes CAP_SYS_ADMIN)");
	}
	fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);
	if (fd < 0 ? errno != ENOENT : write(fd, "1", 1) != 1)
		load_die("switch IPv6 off");
	if (fd >= 0)
		close(fd);
}

/*
 * Leave the caller's thread in the near namespace and return a UDP socket of the far one. Sockets
 * made from now on, by it and by threads it makes, are near.
 */
static inline int veth_set_up(void)
{
	int far_ns, far_fd, near_fd;

	veth_enter_namespace();
	far_ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	far_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	veth_enter_namespace();
	near_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (far_ns < 0 || far_fd < 0 || near_fd < 0)
		load_die("open namespaces");
	veth_make_pair(far_ns);
	/* The second end up finds the first: it can send at once, the first one a little later. */
	veth_bring_up(far_fd, "far", VETH_FAR_IP);
	veth_bring_up(near_fd, "near", VETH_NEAR_IP);
	veth_tell_neighbour(near_fd);
	close(near_fd);
	close(far_ns);
	return far_fd;
}

#endif
