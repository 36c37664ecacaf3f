// SPDX-License-Identifier: GPL-2.0-only
/* See stalls.h. Each CPU has a ring, which its hooks fill and the reader empties. */
#include "kmod/stall_unit.h"

#include "kmod/stalls.h"

/* Of a reader that comes every 20 ms, one section each 80 us. */
enum { ROOM = 256 };

/* Hooks with interrupts on may be interrupted in the middle of theirs. */
struct slot {
	u32 is_full;		/* set by the hook, cleared by the reader */
	struct why_stall_record record;
};

struct ring {
	u32 head;		/* places given to hooks, by their CPU */
	u32 tail;		/* places read, by the reader */
	struct slot slots[ROOM];
};

static struct ring *rings;	/* [nr_cpus] */

static struct why_stall_record *reserve_record(void)
{
	struct ring *ring = &rings[this_cpu_id()];
	u32 head;

	do {
		head = READ_ONCE(ring->head);
		if (head - smp_load_acquire(&ring->tail) >= ROOM)
			return NULL;
	} while (cmpxchg(&ring->head, head, head + 1) != head);
	return &ring->slots[head % ROOM].record;
}

static void keep_record(struct why_stall_record *r)
{
	smp_store_release(&container_of(r, struct slot, record)->is_full, 1);
}

static bool is_set_up, is_hooked;

void why_stalls_init(void)
{
	find_events();
}

/* A switch is told from another by the kernel's count of them. */
static bool tells_preempt(void)
{
	return why_compat_cfs_rq_rq >= 0 && hweight64(events_named(preempt_events,
				ARRAY_SIZE(preempt_events))) == ARRAY_SIZE(preempt_events);
}

int why_stalls_setup(struct why_module_stalls *setup)
{
	const char *missing = lacks();
	int rc = why_learn_offsets(setup->cfs_rq_rq, setup->rq_nr_switches);

	if (rc)
		return rc;
	if (setup->version != WHY_MODULE_VERSION || !why_is_near(setup->config.steal) ||
	    setup->config.steal % 8 ||
	    (setup->period_ns && setup->period_ns < WHY_MODULE_LEAST_PERIOD_NS))
		return -EINVAL;
	if (missing)
		return -EOPNOTSUPP;
	setup->has_preempt = !setup->is_irqs_only && tells_preempt();
	rings = vzalloc(array_size(nr_cpu_ids, sizeof(*rings)));
	rc = rings ? begin_stalls(&setup->config, setup->period_ns, setup->has_preempt) : -ENOMEM;
	is_set_up = is_hooked = !rc;
	if (rc) {
		vfree(rings);
		rings = NULL;
	}
	return rc;
}

bool why_stalls_are_set_up(void)
{
	return is_set_up;
}

void why_stalls_end(void)
{
	if (is_hooked)
		end_stalls();
	is_hooked = false;
}

void why_stalls_stop(void)
{
	if (!is_set_up)
		return;
	why_stalls_end();
	is_set_up = false;
	free_stalls();
	vfree(rings);
	rings = NULL;
}

size_t why_stalls_take(struct why_stall_record *ret)
{
	struct ring *ring;
	struct slot *slot;

	for (ring = rings; ring < rings + stalls.nr_cpus; ring++) {
		slot = &ring->slots[ring->tail % ROOM];
		if (!smp_load_acquire(&slot->is_full))
			continue;
		*ret = slot->record;
		slot->is_full = 0;
		smp_store_release(&ring->tail, ring->tail + 1);
		return sizeof(*ret);
	}
	return 0;
}

int why_stalls_tally(struct why_module_stall_tally *t)
{
	const struct why_stall_cpu *c = cpu_of(t->cpu);

	if (!c)
		return -ENOENT;
	t->begin_ns = c->begin_ns;
	t->tally = c->tally;
	return 0;
}
