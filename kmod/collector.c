// SPDX-License-Identifier: GPL-2.0-only
/*
 * The measurement that user space sets up: hooks, edges and walks. Knows nothing of files.
 */
#include "kmod/unit.h"

#include "kmod/collector.h"

static bool is_set_up;

void why_collector_init(void)
{
	find_events();
}

int why_collector_event(struct why_module_event *e)
{
	if (e->index >= ARRAY_SIZE(probes))
		return -ENOENT;
	e->exists = probes[e->index].tracepoint != NULL;
	strscpy(e->name, probes[e->index].event, sizeof(e->name));
	return 0;
}

static void forget_cost(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(&costs, cpu), 0, sizeof(costs));
}

int why_collector_setup(const struct why_module_setup *setup)
{
	int rc = why_tables_make(&session, setup);

	if (rc)
		return rc;
	lines_top = 0;
	forget_cost();
	rc = hook(setup->events);
	if (rc)
		why_tables_free(&session);
	else
		is_set_up = true;
	return rc;
}

void why_collector_stop(void)
{
	if (!is_set_up)
		return;
	static_branch_disable(&is_costing);
	unhook(~0ULL);
	why_tables_free(&session);
	is_set_up = false;
}

int why_collector_edge(enum why_module_edge edge)
{
	return run_edges(edge);
}

/* Returns whether there is anything to tell of `p`. */
static bool visit(enum why_module_walk walk, struct task_struct *p, struct why_task_record *ret)
{
	bool has = false;

	memset(ret, 0, sizeof(*ret));
	rcu_read_lock();
	preempt_disable();
	if (walk == WHY_MODULE_COLLECT) {
		has = why_walk_collect(p, ret);
	} else {
		if (walk == WHY_MODULE_TELL_AND_ADOPT)
			why_walk_tell(p, ret);
		why_walk_adopt(p);
		has = walk == WHY_MODULE_TELL_AND_ADOPT;
	}
	preempt_enable();
	rcu_read_unlock();
	return has;
}

static size_t walk_exited(u32 *at, struct why_module_exited *ret)
{
	u32 nr = why_cfg.nr_cpus << session.exited_shift;

	while (*at < nr) {
		*ret = session.exited[(*at)++];
		if (ret->exited.nr_buried)
			return sizeof(*ret);
	}
	return 0;
}

size_t why_collector_walk(enum why_module_walk walk, u32 *at, union why_walk_record *ret)
{
	struct task_struct *p;
	bool has = false;

	if (walk == WHY_MODULE_EXITED)
		return walk_exited(at, &ret->exited);
	while (!has && (p = next_from(at))) {
		has = p->pid && visit(walk, p, &ret->task);
		put_task_struct(p);
		cond_resched();
	}
	return has ? sizeof(ret->task) : 0;
}

void *why_collector_table(enum why_module_table which, size_t *ret_bytes)
{
	return why_table(&session, which, ret_bytes);
}

void why_collector_cost(struct why_module_cost *cost)
{
	int cpu;

	if (cost->is_sampled)
		static_branch_enable(&is_costing);
	else
		static_branch_disable(&is_costing);
	cost->runs = cost->run_ns = 0;
	for_each_possible_cpu(cpu) {
		cost->runs += per_cpu(costs, cpu).runs;
		cost->run_ns += per_cpu(costs, cpu).ns;
	}
	cost->table_bytes = why_tables_bytes(&session, &cost->ring_bytes);
	cost->table_bytes -= cost->ring_bytes;
}
