// SPDX-License-Identifier: GPL-2.0-only
/* From a request and this machine to what the hooks are told: see configure.h. */
#include "lib/configure.h"

#include "lib/cgroup.h"
#include "lib/kernel_types.h"
#include "lib/machine.h"
#include "lib/tables.h"

#include <stdio.h>
#include <string.h>

/* The kernel's number of a v1 controller's hierarchy; WHY_CGROUP_V2 for v2. */
static u32 subsys_of(const struct btf *btf, const char *controller)
{
	char name[64];
	s64 id;

	if (!*controller || !btf)
		return (u32)WHY_CGROUP_V2;
	/* The block layer's controller is called io inside. */
	snprintf(name, sizeof(name), "%s_cgrp_id",
		 strcmp(controller, "blkio") ? controller : "io");
	id = why_enum_value(btf, "cgroup_subsys_id", name);
	return id < 0 ? (u32)WHY_CGROUP_V2 : (u32)id;
}

static int find_subject(const struct why_request *req, const struct btf *types,
			struct why_config *ret, char *ret_label, struct why_error *err)
{
	struct why_cgroup cgroup;
	int rc = why_cgroup_find(req->cgroup, &cgroup, err);

	if (rc)
		return rc;
	ret->cgroup_id = cgroup.id;
	ret->cgroup_subsys = subsys_of(types, cgroup.controller);
	/* Tasks are named by the hierarchy that was asked about. */
	snprintf(ret_label, WHY_LABEL_LEN, "%s", cgroup.controller);
	ret->label_subsys = ret->cgroup_subsys;
	return 0;
}

int why_configure(const struct why_request *req, u32 nr_cpus, struct why_config *ret,
		  char *ret_label, struct why_error *err)
{
	struct btf *types = why_kernel_types();
	int rc = 0;

	memset(ret, 0, sizeof(*ret));
	ret->nr_cpus = nr_cpus;
	ret->ring_shift = req->ring_shift;
	ret->events_only = req->events_only;
	ret->subject = req->subject;
	ret->subject_pid = req->pid;
	ret->kinds = req->kinds;
	ret->is_rt = why_is_rt();
	if (ret->kinds & 1U << WHY_KIND_RELIEF)
		ret->timerfd_read = why_kernel_symbol("timerfd_read_iter") ?:
				    why_kernel_symbol("timerfd_read");
	ret->keyed_shift = why_keyed_shift(nr_cpus, req->kinds);
	snprintf(ret_label, WHY_LABEL_LEN, "%s", why_cgroup_cpu_controller());
	ret->label_subsys = subsys_of(types, ret_label);
	if (types) {
		why_find_counts(types, &ret->counts);
		ret->cpuhp_dead = (u32)why_enum_value(types, "cpuhp_state",
						      "CPUHP_TEARDOWN_CPU");
	}
	if (req->subject == WHY_SUBJECT_CGROUP)
		rc = find_subject(req, types, ret, ret_label, err);
	why_kernel_types_free(types);
	return rc;
}
