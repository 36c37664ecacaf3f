// SPDX-License-Identifier: GPL-2.0-only
/* By the kernel module: speaks abi/module.h with /dev/whylate. See stall_collector.h. */
#include "lib/stall_collector.h"

#include "abi/module.h"
#include "lib/kernel_types.h"
#include "lib/module_device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct why_stall_collector {
	int fd;
};

static void configure(const struct why_stall_request *request, struct why_module_stalls *ret)
{
	struct btf *types = why_kernel_types();

	*ret = (struct why_module_stalls){
		.version = WHY_MODULE_VERSION, .is_irqs_only = request->is_irqs_only,
		.period_ns = request->period_ns, .config.over_ns = request->over_ns,
	};
	why_module_find_queue(types, &ret->cfs_rq_rq, &ret->rq_nr_switches);
	if (types)
		ret->config.steal = why_per_cpu_distance(types, "steal_time", "steal");
	why_kernel_types_free(types);
}

static int begin(struct why_stall_collector *c, const struct why_stall_request *request,
		 bool *ret_has_preempt, struct why_error *err)
{
	struct why_module_stalls setup;

	c->fd = why_module_open(err);
	if (c->fd < 0)
		return c->fd;
	configure(request, &setup);
	if (!ioctl(c->fd, WHY_IOC_STALLS, &setup)) {
		*ret_has_preempt = setup.has_preempt;
		return 0;
	}
	if (errno == EOPNOTSUPP)
		return why_error_set(err, WHY_EXIT_UNABLE, 0, "it wants an x86 kernel of 6.1 or "
				     "later", "the kernel lacks events of its timer interrupt");
	return why_module_unable(err, errno, "find sections by the module");
}

static void close_collector(struct why_stall_collector *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

static int open_collector(const struct why_stall_request *request, u32 nr_cpus,
			  struct why_stall_collector **ret, bool *ret_has_preempt,
			  struct why_error *err)
{
	struct why_stall_collector *c = calloc(1, sizeof(*c));
	int rc;

	(void)nr_cpus;
	if (!c)
		return why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "begin");
	rc = begin(c, request, ret_has_preempt, err);
	if (rc)
		close_collector(c);
	else
		*ret = c;
	return rc;
}

static int take_all(struct why_stall_collector *c,
		    int (*take)(void *arg, const struct why_stall_record *r), void *arg)
{
	static struct why_stall_record records[64];
	ssize_t n, i;
	int rc = 0;

	while (!rc && (n = read(c->fd, records, sizeof(records))) != 0) {
		if (n < 0)
			return -errno;
		for (i = 0; !rc && i < n / (ssize_t)sizeof(*records); i++)
			rc = take(arg, &records[i]);
	}
	return rc;
}

/* Its timers are on every CPU that is online, and nobody holds them back. */
static bool is_held_back(struct why_stall_collector *c, u64 length_ns)
{
	(void)c, (void)length_ns;
	return false;
}

static void end(struct why_stall_collector *c)
{
	ioctl(c->fd, WHY_IOC_STALLS_END, 0);
}

static void tell_tally(struct why_stall_collector *c, u32 cpu, struct why_stall_tally *ret,
		       u64 *ret_begin_ns)
{
	struct why_module_stall_tally tally = { .cpu = cpu };

	ioctl(c->fd, WHY_IOC_STALL_TALLY, &tally);
	*ret = tally.tally;
	*ret_begin_ns = tally.begin_ns;
}

const struct why_stall_collector_ops why_stalls_module = {
	.open = open_collector,
	.take = take_all,
	.is_held_back = is_held_back,
	.end = end,
	.tally = tell_tally,
	.close = close_collector,
};
