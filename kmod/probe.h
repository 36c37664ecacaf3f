/* SPDX-License-Identifier: GPL-2.0-only */
/* A probe on one of the kernel's tracepoints, which has the type of that event. */
#ifndef WHY_KMOD_PROBE_H
#define WHY_KMOD_PROBE_H

#include <linux/string.h>
#include <linux/tracepoint.h>

struct probe {
	const char *event;	/* NULL: it is none */
	void *function;
	struct tracepoint *tracepoint;	/* NULL: this kernel has none; set at load */
};

struct probe_list {
	struct probe *probes;
	u32 nr;
};

static inline void find_tracepoint(struct tracepoint *tp, void *list)
{
	struct probe_list *l = list;
	u32 i;

	for (i = 0; i < l->nr; i++)
		if (l->probes[i].event && !strcmp(l->probes[i].event, tp->name))
			l->probes[i].tracepoint = tp;
}

/* Once, at load. */
static inline void find_tracepoints(struct probe *probes, u32 nr)
{
	struct probe_list list = { probes, nr };

	for_each_kernel_tracepoint(find_tracepoint, &list);
}

#endif
