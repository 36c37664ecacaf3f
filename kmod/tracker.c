// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is tracked: the list, by a mutex; commands change it at once, births and deaths by a work
 * item that hooks ask for.
 */
#include "kmod/tracked.h"

#include <linux/cgroup.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

LIST_HEAD(why_tracked_list);
static DEFINE_MUTEX(mutex);
static u32 nr_tracked;
static u32 writes;	/* that asked for somebody to be tracked, so far */

/* ---- one task ---- */

static struct why_tracked *find_tracked(struct task_struct *p)
{
	struct why_tracked *t = why_follow_is_on() ? why_follow_find(p) : NULL;

	if (why_follow_is_on())
		return t && !t->is_dead ? t : NULL;
	list_for_each_entry(t, &why_tracked_list, link)
		if (t->task == p && !t->is_dead)
			return t;
	return NULL;
}

static void take_born(void)
{
	struct why_tracked *t, *next;

	llist_for_each_entry_safe(t, next, why_take_born(), born) {
		list_add_tail(&t->link, &why_tracked_list);
		nr_tracked++;
	}
}

static void take_traces(void)
{
	struct why_tracked *t;

	list_for_each_entry(t, &why_tracked_list, link)
		why_trace_take(t);
}

static bool has_traces(void)
{
	struct why_tracked *t;

	list_for_each_entry(t, &why_tracked_list, link)
		if (t->asked.has_trace)
			return true;
	return false;
}

static int add_heir(struct task_struct *p, const struct why_tracked *parent)
{
	struct why_tracked *t = why_tracked_new();
	int rc = t ? 0 : -ENOMEM;

	if (t) {
		why_tracked_inherit(t, parent, p);
		rc = why_follow_begin(t);
	}
	if (!rc) {
		list_add_tail(&t->link, &why_tracked_list);
		nr_tracked++;
	} else if (t) {
		why_tracked_free(t);
	}
	put_task_struct(p);
	return rc == -EEXIST ? 0 : rc;
}

/* Those born while no hook saw it. Some time before their birth is seen they have that time. */
static int add_heirs(u64 since_ns)
{
	const struct why_tracked *parent;
	struct task_struct *p;
	int rc = 0;

	since_ns -= min(since_ns, 10ULL * NSEC_PER_MSEC);
	take_born();
	while (!rc && (p = why_find_heir(since_ns, &parent))) {
		rc = add_heir(p, parent);
		take_born();
	}
	return rc;
}

/*
 * With tables for `nr` or whoever there is by then, which costs what is under way; larger ones
 * where a task's few places are taken by others. Who was born meanwhile is followed too.
 */
static int restart(u32 nr, bool has_rings)
{
	u64 since_ns = ktime_get_ns();
	int rc;

	do {
		if (why_follow_is_on()) {
			take_traces();
			why_follow_stop();
			take_born();
		}
		nr = max(nr, nr_tracked + 1);
		rc = why_follow_start(nr, has_rings) ?: add_heirs(since_ns);
		nr *= 2;
	} while (rc == -ENOSPC);
	return rc;
}

/* Room for `nr`, and for traces if one is asked for. */
static int make_room(u32 nr, bool has_trace)
{
	bool has_rings = has_trace || why_follow_has_rings();

	if (why_follow_is_on() && !why_follow_is_full(nr) && has_rings == why_follow_has_rings())
		return 0;
	return restart(nr, has_rings);
}

/* Room was made; but its few places may be taken, by those born meanwhile above all. */
static int begin_following(struct why_tracked *t)
{
	u32 nr = nr_tracked + 1;
	int rc = why_follow_begin(t);

	while (rc == -ENOSPC) {
		nr *= 2;
		rc = restart(nr, why_follow_has_rings()) ?: why_follow_begin(t);
	}
	return rc;
}

/* More is asked of who is tracked. */
static int ask_more(struct why_tracked *t, const struct why_asked *asked)
{
	int rc = make_room(nr_tracked, asked->has_trace);

	if (rc)
		return rc;
	if (t->write != writes) {
		t->before = t->asked;
		t->is_added = 0;
		t->write = writes;
	}
	t->asked.has_trace |= asked->has_trace;
	if (asked->group > t->asked.group) {
		/* In that order for who is born meanwhile. */
		t->asked.cgroup_id = asked->cgroup_id;
		smp_store_release(&t->asked.group, asked->group);
	}
	return 0;
}

static int add_task(struct task_struct *p, const struct why_asked *asked)
{
	struct why_tracked *t;
	int rc;

	take_born();
	t = find_tracked(p);
	if (t)
		return ask_more(t, asked);
	if (READ_ONCE(p->flags) & PF_EXITING)
		return -ESRCH;
	rc = make_room(nr_tracked + 1, asked->has_trace);
	t = rc ? NULL : why_tracked_new();
	if (!t)
		return rc ?: -ENOMEM;
	t->task = get_task_struct(p);
	t->pid = p->pid;
	t->tgid = p->tgid;
	t->asked = *asked;
	t->write = writes;
	t->is_added = 1;
	get_task_comm(t->comm, p);
	rc = begin_following(t);
	if (rc) {
		why_tracked_free(t);
		return rc == -EEXIST ? 0 : rc;
	}
	list_add_tail(&t->link, &why_tracked_list);
	nr_tracked++;
	return 0;
}

/* Off the list, onto one of those that go together: no hook may know them before they are freed. */
static void take_off(struct why_tracked *t, struct list_head *gone)
{
	why_follow_end(t);
	list_move_tail(&t->link, gone);
	nr_tracked--;
}

enum why_gone { BY_COMMAND, BY_DEATH, BY_UNDO };

/* BY_DEATH: they come from the list of the dead. Who died while it was taken off is on it now. */
static void dismiss(struct list_head *gone, enum why_gone by)
{
	struct why_tracked *t, *next;

	if (list_empty(gone))
		return;
	why_follow_settle();
	list_for_each_entry_safe(t, next, gone, link) {
		if (t->is_dead && by != BY_DEATH) {
			list_move_tail(&t->link, &why_tracked_list);
			nr_tracked++;
			continue;
		}
		if (why_follow_is_on())
			why_trace_take(t);
		if (by != BY_UNDO)
			why_tracked_log(t);
		list_del(&t->link);
		why_tracked_free(t);
	}
}

/* Whoever was born while it stopped is to be followed after all. */
static void stop_if_idle(void)
{
	if (nr_tracked || !why_follow_is_on())
		return;
	why_follow_stop();
	take_born();
	if (nr_tracked)
		restart(nr_tracked, has_traces());
	else
		why_spares_drop();
}

/* ---- births and deaths ---- */

/* `dead` was asked for before take_born(), so that each of them is in the list by now. */
static void take_dead(struct llist_node *dead_ones)
{
	struct why_tracked *t, *next;
	LIST_HEAD(gone);

	llist_for_each_entry_safe(t, next, dead_ones, died)
		take_off(t, &gone);
	dismiss(&gone, BY_DEATH);
}

static void settle_in(unsigned long jiffies);

static void settle(struct work_struct *unused)
{
	struct llist_node *dead_ones;

	mutex_lock(&mutex);
	dead_ones = why_take_dead();
	take_born();
	take_traces();
	take_dead(dead_ones);
	stop_if_idle();
	/* They may be on no more where there was no memory to begin them again: until there is. */
	if (nr_tracked && make_room(nr_tracked, has_traces())) {
		pr_warn_ratelimited("whylate: %u tracked tasks can't be followed now\n",
				    nr_tracked);
		settle_in(HZ);
	}
	if (why_follow_is_on())
		why_spares_fill();
	mutex_unlock(&mutex);
}

static DECLARE_DELAYED_WORK(settling, settle);

static void settle_in(unsigned long jiffies)
{
	mod_delayed_work(system_wq, &settling, jiffies);
}

static void kick(struct irq_work *unused)
{
	settle_in(0);
}

/* Hard: hooks run where PREEMPT_RT may take no lock that work items need. */
static struct irq_work kicking = IRQ_WORK_INIT_HARD(kick);

void why_tracker_kick(void)
{
	irq_work_queue(&kicking);
}

/* ---- groups ---- */

/* By its number outside of all containers, as it is shown. */
static struct task_struct *find_task(pid_t nr)
{
	struct task_struct *p;

	rcu_read_lock();
	p = pid_task(find_pid_ns(nr, &init_pid_ns), PIDTYPE_PID);
	if (p)
		get_task_struct(p);
	rcu_read_unlock();
	return p;
}

/* The tasks that a group has now, each with a reference: so that adding them may sleep. */
struct members {
	struct task_struct **tasks;
	u32 nr, room;
};

static void keep_member(struct members *m, struct task_struct *p)
{
	if (m->nr < m->room)
		m->tasks[m->nr] = get_task_struct(p);
	m->nr++;
}

static void find_members(struct members *m, enum why_group group, struct task_struct *leader,
			 struct cgroup *cgroup)
{
	struct task_struct *p, *thread;

	rcu_read_lock();
	if (group == WHY_GROUP_PROCESS) {
		for_each_thread(leader, thread)
			keep_member(m, thread);
	} else {
		for_each_process_thread(p, thread)
			if (task_under_cgroup_hierarchy(thread, cgroup))
				keep_member(m, thread);
	}
	rcu_read_unlock();
}

static void put_members(struct members *m)
{
	u32 i;

	for (i = 0; i < min(m->nr, m->room); i++)
		put_task_struct(m->tasks[i]);
	kvfree(m->tasks);
	m->tasks = NULL;
}

/* Asks again with more room until all fit. */
static int get_members(struct members *m, enum why_group group, struct task_struct *leader,
		       struct cgroup *cgroup)
{
	m->room = 64;
	do {
		m->nr = 0;
		m->tasks = kvcalloc(m->room, sizeof(*m->tasks), GFP_KERNEL);
		if (!m->tasks)
			return -ENOMEM;
		find_members(m, group, leader, cgroup);
		if (m->nr <= m->room)
			return 0;
		put_members(m);
		m->room = 2 * m->nr;
	} while (1);
}

static int add_members(struct members *m, const struct why_asked *asked)
{
	int rc = make_room(nr_tracked + m->nr, asked->has_trace);
	u32 i;

	why_spares_fill();
	for (i = 0; i < m->nr && !rc; i++) {
		rc = add_task(m->tasks[i], asked);
		rc = rc == -ESRCH ? 0 : rc;
		cond_resched();
	}
	return rc;
}

/* Those of them that are not tracked yet, and are not about to be as somebody's child. */
static u32 nr_missing(const struct members *m)
{
	u32 i, nr = 0;

	take_born();
	for (i = 0; i < m->nr; i++)
		nr += !(m->tasks[i]->flags & PF_EXITING) && !find_tracked(m->tasks[i]);
	return nr;
}

enum { MOST_PASSES = 8 };

/* Again, until nobody is left whom a member brought forth before it was tracked itself. */
static int add_group(const struct why_asked *asked, struct task_struct *leader,
		     struct cgroup *cgroup)
{
	u32 passes = 0, missing;
	int rc;

	do {
		struct members m = {};

		rc = get_members(&m, asked->group, leader, cgroup);
		if (rc)
			return rc;
		missing = nr_missing(&m);
		rc = add_members(&m, asked);
		put_members(&m);
	} while (!rc && missing && ++passes < MOST_PASSES);
	return rc;
}

static int add_by_pid(const struct why_asked *asked, pid_t pid)
{
	struct task_struct *p = find_task(pid);
	int rc;

	if (!p)
		return -ESRCH;
	if (asked->group == WHY_GROUP_TASK)
		rc = add_task(p, asked);
	else
		rc = p->tgid == pid ? add_group(asked, p, NULL) : -ESRCH;
	put_task_struct(p);
	return rc;
}

static int add_by_cgroup(struct why_asked *asked, const char *path)
{
	struct cgroup *cgroup = cgroup_get_from_path(path);
	int rc;

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	asked->cgroup_id = cgroup_id(cgroup);
	rc = add_group(asked, NULL, cgroup);
	cgroup_put(cgroup);
	return rc;
}

/*
 * The last write failed midway: whom it added goes, the others are as they were. What they had
 * under way is lost where it was refused larger tables; those of before are made again in a moment.
 */
static void undo_write(void)
{
	struct why_tracked *t, *next;
	LIST_HEAD(gone);

	take_born();
	list_for_each_entry_safe(t, next, &why_tracked_list, link) {
		if (t->write != writes || t->is_dead)
			continue;
		if (t->is_added)
			take_off(t, &gone);
		else
			t->asked = t->before;
	}
	dismiss(&gone, BY_UNDO);
	if (nr_tracked)
		why_tracker_kick();
}

int why_tracker_add(enum why_group group, pid_t pid, const char *path, bool has_trace)
{
	struct why_asked asked = { .group = group, .has_trace = has_trace };
	int rc;

	mutex_lock(&mutex);
	writes++;
	rc = group == WHY_GROUP_CGROUP ? add_by_cgroup(&asked, path) : add_by_pid(&asked, pid);
	if (rc)
		undo_write();
	if (why_follow_is_on())
		why_spares_fill();
	stop_if_idle();
	mutex_unlock(&mutex);
	return rc;
}

static bool is_meant(const struct why_tracked *t, enum why_group group, pid_t pid, u64 id)
{
	if (group == WHY_GROUP_CGROUP)
		return t->asked.group == WHY_GROUP_CGROUP && t->asked.cgroup_id == id;
	return (group == WHY_GROUP_PROCESS ? t->tgid : t->pid) == pid;
}

static int find_id(const char *path, u64 *ret_id)
{
	struct cgroup *cgroup = cgroup_get_from_path(path);

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	*ret_id = cgroup_id(cgroup);
	cgroup_put(cgroup);
	return 0;
}

int why_tracker_remove(enum why_group group, pid_t pid, const char *path)
{
	struct why_tracked *t, *next;
	LIST_HEAD(gone);
	u64 id = 0;
	int rc = group == WHY_GROUP_CGROUP ? find_id(path, &id) : 0;

	if (rc)
		return rc;
	rc = -ESRCH;

	mutex_lock(&mutex);
	take_born();
	list_for_each_entry_safe(t, next, &why_tracked_list, link) {
		if (t->is_dead || !is_meant(t, group, pid, id))
			continue;
		take_off(t, &gone);
		rc = 0;
	}
	dismiss(&gone, BY_COMMAND);
	stop_if_idle();
	mutex_unlock(&mutex);
	return rc;
}

int why_tracker_bound(pid_t pid, enum why_metric metric, u64 bound_ns)
{
	struct why_tracked *t;
	int rc = -ESRCH;

	mutex_lock(&mutex);
	take_born();
	list_for_each_entry(t, &why_tracked_list, link) {
		if (t->pid != pid || t->is_dead)
			continue;
		why_follow_bound(t, metric, bound_ns);
		rc = 0;
	}
	mutex_unlock(&mutex);
	return rc;
}

void why_tracker_lock(void)
{
	mutex_lock(&mutex);
	take_born();
}

void why_tracker_unlock(void)
{
	mutex_unlock(&mutex);
}

void why_tracker_init(void)
{
	why_follow_init();
}

/* Nobody writes commands any more. */
void why_tracker_exit(void)
{
	struct why_tracked *t, *next;
	LIST_HEAD(gone);

	mutex_lock(&mutex);
	take_traces();
	if (why_follow_is_on())
		why_follow_stop();
	/* Nobody is born or dies any more. */
	why_take_dead();
	take_born();
	list_for_each_entry_safe(t, next, &why_tracked_list, link)
		take_off(t, &gone);
	dismiss(&gone, BY_DEATH);
	mutex_unlock(&mutex);
	irq_work_sync(&kicking);
	cancel_delayed_work_sync(&settling);
	why_spares_drop();
}
