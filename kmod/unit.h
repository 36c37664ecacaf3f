/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Core and hooks as one unit, as in bpf/whylate.bpf.c, with what puts them on events and runs them
 * by hand: of one session, which is this unit's own. Included by each .c file that measures; two of
 * them measure at once without knowing each other.
 */
#ifndef WHY_KMOD_UNIT_H
#define WHY_KMOD_UNIT_H

/* The core's functions are each unit's own, but for those of which it has none. */
#include "core/stall.h"
#undef WHY_HIDDEN
#define WHY_HIDDEN static __maybe_unused

#include "core/account.c"
#include "core/cpu.c"
#include "core/hist.c"
#include "core/ring.c"
#include "core/wait.c"

#include "hooks/delivery.c"
#include "hooks/edge.c"
#include "hooks/irq.c"
#include "hooks/sched.c"
#include "hooks/switch.c"
#include "hooks/tasks.c"
#include "hooks/work.c"

#include "hooks/events.h"
#include "kmod/tables.h"

#define PROBE_EVENTS	  WHY_EVENTS
#define PROBE_VECTOR_CALL (vector)
#include "kmod/probes.h"

#include <linux/cpu.h>
#include <linux/idr.h>
#include <linux/pid_namespace.h>
#include <linux/smp.h>

/* As why_tables_make() lays them out. */
static_assert(WHY_HAS_BUCKETS || sizeof(struct why_cpu) == offsetof(struct why_cpu, bucket));
static_assert(WHY_HAS_BUCKETS || sizeof(struct why_keyed) == offsetof(struct why_keyed, bucket));

struct edge_call {
	enum why_module_edge edge;
	u32 result;
};

static void run_edge_here(void *arg)
{
	struct edge_call *call = arg;

	switch (call->edge) {
	case WHY_MODULE_FIND:
		call->result = why_edge_find_here();
		break;
	case WHY_MODULE_BEGIN:
		call->result = why_edge_begin_here();
		break;
	case WHY_MODULE_WHOLE:
		call->result = why_edge_whole_here();
		break;
	case WHY_MODULE_END:
		call->result = why_edge_end_here();
		break;
	}
}

static void run_edge_offline(enum why_module_edge edge, u32 cpu)
{
	preempt_disable();
	if (edge == WHY_MODULE_BEGIN)
		why_edge_begin_offline(cpu);
	else if (edge == WHY_MODULE_END)
		why_edge_end_offline(cpu);
	preempt_enable();
}

enum { EDGE_TRIES = 1000 };

static int run_edge(enum why_module_edge edge, u32 cpu)
{
	struct edge_call call = { .edge = edge };
	u32 tries;

	for (tries = 0; tries < EDGE_TRIES; tries++) {
		if (smp_call_function_single((int)cpu, run_edge_here, &call, 1)) {
			run_edge_offline(edge, cpu);
			return 0;
		}
		if (call.result == WHY_EDGE_DONE)
			return 0;
	}
	return -EAGAIN;
}

static int run_edges(enum why_module_edge edge)
{
	int cpu, rc = 0;

	cpus_read_lock();
	for_each_possible_cpu(cpu) {
		rc = run_edge(edge, (u32)cpu);
		if (rc)
			break;
	}
	cpus_read_unlock();
	return rc;
}

/* The task of the least pid from *at on; with a reference, or NULL. */
static __maybe_unused struct task_struct *next_from(u32 *at)
{
	struct task_struct *p = NULL;
	struct pid *pid;
	int nr = (int)*at;

	rcu_read_lock();
	while (!p && (pid = idr_get_next(&init_pid_ns.idr, &nr))) {
		p = pid_task(pid, PIDTYPE_PID);
		nr++;
	}
	if (p)
		get_task_struct(p);
	rcu_read_unlock();
	*at = (u32)nr;
	return p;
}

#endif
