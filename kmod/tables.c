// SPDX-License-Identifier: GPL-2.0-only
/* Allocates what the hooks write: see tables.h. */
#include "kmod/tables.h"

#include <linux/cgroup.h>
#include <linux/cpumask.h>
#include <linux/kernel_stat.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

int why_compat_cfs_rq_rq = -1;
int why_compat_rq_nr_switches = -1;

enum { MAX_PLACE_SHIFT = 22, MAX_KEYED_SHIFT = 20, MAX_RING_SHIFT = 24, MAX_EXITED_SHIFT = 12,
       MAX_SCHED_OFFSET = 1 << 14 };

/* Where each table's address is, and its size now. */
static void **table_at(struct why_session *s, enum why_module_table which, size_t *ret_bytes)
{
	switch (which) {
	case WHY_TABLE_CPUS:
		*ret_bytes = s->cfg.nr_cpus * (s->has_buckets ? sizeof(struct why_cpu) :
						offsetof(struct why_cpu, bucket));
		return (void **)&s->cpus;
	case WHY_TABLE_KEYED:
		*ret_bytes = (s->has_buckets ? sizeof(struct why_keyed) :
			      offsetof(struct why_keyed, bucket)) << s->cfg.keyed_shift;
		return (void **)&s->keyed;
	case WHY_TABLE_LINES:
		*ret_bytes = WHY_LINES * sizeof(struct why_line);
		return (void **)&s->lines;
	case WHY_TABLE_LINE_COUNTS:
		/* Who keeps no buckets does not compare with the kernel's counts either. */
		*ret_bytes = s->has_buckets ? (size_t)s->cfg.nr_cpus * WHY_LINES *
					      sizeof(struct why_line_count) : 0;
		return (void **)&s->line_counts;
	case WHY_TABLE_RINGS:
		*ret_bytes = s->cfg.ring_shift ?
			(s->cfg.nr_cpus * sizeof(struct why_record)) << s->cfg.ring_shift : 0;
		return (void **)&s->rings;
	case WHY_TABLE_PLACES:
		*ret_bytes = sizeof(struct why_place) << s->cfg.place_shift;
		return (void **)&s->places;
	case WHY_TABLE_EXITED:
		*ret_bytes = (s->cfg.nr_cpus * sizeof(struct why_module_exited)) <<
			     s->exited_shift;
		return (void **)&s->exited;
	case WHY_TABLE_QUEUED:
		*ret_bytes = sizeof(struct why_queued) << WHY_QUEUED_SHIFT;
		return (void **)&s->queued;
	case WHY_TABLE_LATE:
		*ret_bytes = sizeof(u64) << WHY_LATE_SHIFT;
		return (void **)&s->late;
	default:
		*ret_bytes = 0;
		return NULL;
	}
}

/*
 * Whether these offsets lead from this task to its CPU's run queue: an address among that CPU's own
 * variables, with a count that a switch of ours moves on.
 */
static bool lead_to_queue(int cfs_rq_rq, int rq_nr_switches)
{
#ifdef CONFIG_FAIR_GROUP_SCHED
	u64 before = 0, after = 0, queue = 0;
	long distance;

	if (cfs_rq_rq < 0 || cfs_rq_rq > MAX_SCHED_OFFSET || cfs_rq_rq % 8 ||
	    rq_nr_switches < 0 || rq_nr_switches > MAX_SCHED_OFFSET || rq_nr_switches % 8)
		return false;
	migrate_disable();
	copy_from_kernel_nofault(&queue, (char *)current->se.cfs_rq + cfs_rq_rq, sizeof(queue));
	distance = (long)queue - (long)raw_cpu_ptr(&kstat);
	if (abs(distance) < 1 << 20) {
		copy_from_kernel_nofault(&before, (char *)(long)queue + rq_nr_switches, 8);
		schedule_timeout_uninterruptible(1);
		copy_from_kernel_nofault(&after, (char *)(long)queue + rq_nr_switches, 8);
	}
	migrate_enable();
	return after > before && after - before < 1000000;
#else
	return false;
#endif
}

/* They are facts of the running kernel: once they are known, whoever has them wrong is refused. */
int why_learn_offsets(int cfs_rq_rq, int rq_nr_switches)
{
	if (cfs_rq_rq == -1 || rq_nr_switches == -1)
		return 0;
	if (why_compat_cfs_rq_rq >= 0)
		return cfs_rq_rq == why_compat_cfs_rq_rq &&
		       rq_nr_switches == why_compat_rq_nr_switches ? 0 : -EINVAL;
	if (!lead_to_queue(cfs_rq_rq, rq_nr_switches))
		return -EINVAL;
	why_compat_rq_nr_switches = rq_nr_switches;
	smp_store_release(&why_compat_cfs_rq_rq, cfs_rq_rq);
	return 0;
}

static bool is_subsys(u32 subsys)
{
	return subsys == (u32)WHY_CGROUP_V2 || subsys < CGROUP_SUBSYS_COUNT;
}

bool why_is_near(int offset)
{
	return offset > -(1 << 20) && offset < 1 << 20 && !(offset % 4);
}

static bool are_near(const struct why_count_offsets *c)
{
	u32 i;

	for (i = 0; i < WHY_VECTOR_NR; i++)
		if (!why_is_near(c->vectors[i]))
			return false;
	return why_is_near(c->softirqs) && why_is_near(c->lines) &&
	       why_is_near(c->preempt_count) && why_is_near(c->vector_irq) &&
	       why_is_near(c->per_cpu_offset);
}

static bool is_valid(const struct why_module_setup *m)
{
	const struct why_config *c = &m->config;

	return m->version == WHY_MODULE_VERSION && c->nr_cpus == nr_cpu_ids &&
	       c->place_shift && c->place_shift <= MAX_PLACE_SHIFT &&
	       c->keyed_shift && c->keyed_shift <= MAX_KEYED_SHIFT &&
	       c->ring_shift <= MAX_RING_SHIFT && m->exited_shift <= MAX_EXITED_SHIFT &&
	       is_subsys(c->cgroup_subsys) && is_subsys(c->label_subsys) &&
	       are_near(&c->counts);
}

int why_tables_make(struct why_session *s, const struct why_module_setup *setup)
{
	enum why_module_table which;
	size_t bytes;
	void **at;

	if (!is_valid(setup) || why_learn_offsets(setup->cfs_rq_rq, setup->rq_nr_switches))
		return -EINVAL;
	s->cfg = setup->config;
	s->is_whole = 0;
	s->cfg.is_rt = IS_ENABLED(CONFIG_PREEMPT_RT);
	s->exited_shift = setup->exited_shift;
	for (which = 0; which < WHY_TABLE_NR; which++) {
		at = table_at(s, which, &bytes);
		if (!bytes)
			continue;
		*at = vmalloc_user(bytes);
		if (!*at) {
			why_tables_free(s);
			return -ENOMEM;
		}
	}
	return 0;
}

void why_tables_free(struct why_session *s)
{
	enum why_module_table which;
	size_t bytes;
	void **at;

	for (which = 0; which < WHY_TABLE_NR; which++) {
		at = table_at(s, which, &bytes);
		vfree(*at);
		*at = NULL;
	}
}

void *why_table(struct why_session *s, enum why_module_table which, size_t *ret_bytes)
{
	void **at = table_at(s, which, ret_bytes);

	return at ? *at : NULL;
}

u64 why_tables_bytes(struct why_session *s, u64 *ret_rings)
{
	enum why_module_table which;
	size_t bytes;
	u64 all = 0;

	*ret_rings = 0;
	for (which = 0; which < WHY_TABLE_NR; which++) {
		if (!why_table(s, which, &bytes))
			continue;
		all += PAGE_ALIGN(bytes);
		if (which == WHY_TABLE_RINGS)
			*ret_rings = PAGE_ALIGN(bytes);
	}
	return all;
}
