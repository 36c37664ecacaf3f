// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracked tasks that hooks give life to and take it from, where nothing may be allocated: a small
 * store of those unborn, filled by whoever may sleep, and lists of what has happened since
 * somebody looked.
 */
#include "kmod/tracked.h"

#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

enum { SPARES = 128 };

static DEFINE_RAW_SPINLOCK(spares_lock);
static LLIST_HEAD(spares);
static atomic_t nr_spares = ATOMIC_INIT(0);
static LLIST_HEAD(born);
static LLIST_HEAD(dead);
static atomic64_t unborn = ATOMIC64_INIT(0);

struct why_tracked *why_spare_take(void)
{
	struct llist_node *node;
	unsigned long flags;

	raw_spin_lock_irqsave(&spares_lock, flags);
	node = llist_del_first(&spares);
	raw_spin_unlock_irqrestore(&spares_lock, flags);
	if (!node)
		return NULL;
	atomic_dec(&nr_spares);
	return llist_entry(node, struct why_tracked, born);
}

void why_spare_put(struct why_tracked *t)
{
	llist_add(&t->born, &spares);
	atomic_inc(&nr_spares);
}

void why_tracked_born(struct why_tracked *t)
{
	llist_add(&t->born, &born);
}

void why_tracked_died(struct why_tracked *t)
{
	if (xchg(&t->is_dead, 1))
		return;
	llist_add(&t->died, &dead);
	why_tracker_kick();
}

void why_unborn_count(void)
{
	atomic64_inc(&unborn);
}

u64 why_unborn(void)
{
	return (u64)atomic64_read(&unborn);
}

struct why_tracked *why_tracked_new(void)
{
	struct why_tracked *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (t)
		raw_spin_lock_init(&t->lock);
	return t;
}

void why_tracked_free(struct why_tracked *t)
{
	if (t->task)
		put_task_struct(t->task);
	kvfree(t->trace);
	kfree(t);
}

void why_tracked_inherit(struct why_tracked *t, const struct why_tracked *parent,
			 struct task_struct *child)
{
	u32 i;

	t->task = get_task_struct(child);
	t->pid = child->pid;
	t->tgid = child->tgid;
	memcpy(t->comm, child->comm, sizeof(t->comm));
	t->asked = parent->asked;
	t->before = parent->before;
	t->write = parent->write;
	t->is_added = parent->is_added || parent->before.group == WHY_GROUP_TASK;
	for (i = 0; i < WHY_METRIC_NR; i++)
		t->figures[i].bound_ns = parent->figures[i].bound_ns;
}

/* Threads have their process's parent: any of it may have brought them forth. */
static bool is_heir(const struct why_tracked *t, const struct task_struct *p)
{
	if (t->asked.group == WHY_GROUP_TASK)
		return false;
	return t->tgid == p->tgid ||
	       (t->asked.group == WHY_GROUP_CGROUP &&
		rcu_access_pointer(p->real_parent) == t->task);
}

/* NULL where it is tracked itself. */
static const struct why_tracked *parent_of(const struct task_struct *p)
{
	const struct why_tracked *t, *found = NULL;

	list_for_each_entry(t, &why_tracked_list, link) {
		if (t->task == p)
			return NULL;
		if (is_heir(t, p))
			found = t;
	}
	return found;
}

struct task_struct *why_find_heir(u64 since_ns, const struct why_tracked **ret_parent)
{
	struct task_struct *p, *thread, *found = NULL;

	*ret_parent = NULL;
	rcu_read_lock();
	for_each_process_thread(p, thread) {
		if (!found && thread->start_time >= since_ns && !(thread->flags & PF_EXITING))
			*ret_parent = parent_of(thread);
		if (!found && *ret_parent)
			found = get_task_struct(thread);
	}
	rcu_read_unlock();
	return found;
}

void why_spares_fill(void)
{
	struct why_tracked *t;

	while (atomic_read(&nr_spares) < SPARES && (t = why_tracked_new()))
		why_spare_put(t);
}

void why_spares_drop(void)
{
	struct why_tracked *t;

	while ((t = why_spare_take()))
		why_tracked_free(t);
}

struct llist_node *why_take_born(void)
{
	return llist_reverse_order(llist_del_all(&born));
}

struct llist_node *why_take_dead(void)
{
	return llist_reverse_order(llist_del_all(&dead));
}
