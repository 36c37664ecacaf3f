// SPDX-License-Identifier: GPL-2.0-only
/* Which collectors there are: see collector.h. */
#include "lib/collector.h"

#include <string.h>

const struct why_collector_ops *why_collector_named(const char *name)
{
	if (!strcmp(name, why_collector_bpf.name))
		return &why_collector_bpf;
	return strcmp(name, why_collector_module.name) ? NULL : &why_collector_module;
}
