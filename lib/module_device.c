// SPDX-License-Identifier: GPL-2.0-only
/* See module_device.h. */
#include "lib/module_device.h"

#include "lib/kernel_types.h"

#include <errno.h>
#include <fcntl.h>

#define DEVICE "/dev/whylate"

int why_module_unable(struct why_error *err, int code, const char *what)
{
	const char *hint = "whylate doctor tells what is missing";

	if (code == ENOENT)
		hint = "insmod whylate.ko";
	else if (code == EPERM || code == EACCES)
		hint = "run it as root";
	else if (code == EBUSY)
		hint = "one measurement by the module at a time";
	return why_error_set(err, WHY_EXIT_UNABLE, code, hint, "%s", what);
}

int why_module_open(struct why_error *err)
{
	int fd = open(DEVICE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return why_module_unable(err, errno, "open " DEVICE ", the whylate module's");
	return fd;
}

void why_module_find_queue(const struct btf *types, int *ret_cfs_rq_rq, int *ret_rq_nr_switches)
{
	*ret_cfs_rq_rq = types ? why_member_offset(types, "cfs_rq", "rq") : -1;
	*ret_rq_nr_switches = types ? why_member_offset(types, "rq", "nr_switches") : -1;
}
