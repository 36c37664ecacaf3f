// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/whylate/: who is tracked and by which bounds. A file takes a command a write, and
 * gives what is in force (a page of it: /proc/whylate/tasks has all).
 */
#include "kmod/sysfs.h"

#include "kmod/command.h"
#include "kmod/tracker.h"

#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

static struct kobject *folder;

/* A command's text is too much for the stack. */
static struct why_command *new_command(void)
{
	return kmalloc(sizeof(struct why_command), GFP_KERNEL);
}

static ssize_t add_pid_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return why_tracker_print_pids(buf);
}

static ssize_t add_pid_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t count)
{
	struct why_command *c = new_command();
	int rc = c ? why_command_task(buf, count, true, c) : -ENOMEM;

	rc = rc ?: why_tracker_add(c->group, c->number, c->path, c->has_trace);
	kfree(c);
	return rc ?: (ssize_t)count;
}

static ssize_t del_pid_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t count)
{
	struct why_command *c = new_command();
	int rc = c ? why_command_task(buf, count, false, c) : -ENOMEM;

	rc = rc ?: why_tracker_remove(c->group, c->number, c->path);
	kfree(c);
	return rc ?: (ssize_t)count;
}

static ssize_t store_bound(enum why_metric metric, const char *buf, size_t count)
{
	struct why_command *c = new_command();
	int rc = c ? why_command_bound(buf, count, metric == WHY_METRIC_IRQ, c) : -ENOMEM;

	if (!rc)
		rc = c->is_irq ? why_tracker_bound_line(c->number, c->bound_ns) :
				 why_tracker_bound(c->number, metric, c->bound_ns);
	kfree(c);
	return rc ?: (ssize_t)count;
}

static struct kobj_attribute add_pid = __ATTR(add_pid, 0600, add_pid_show, add_pid_store);
static struct kobj_attribute del_pid = __ATTR(del_pid, 0200, NULL, del_pid_store);

#define BOUND(name, metric)                                                                        \
	static ssize_t name##_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)   \
	{                                                                                          \
		return why_tracker_print_bounds(buf, metric);                                      \
	}                                                                                          \
	static ssize_t name##_store(struct kobject *kobj, struct kobj_attribute *attr,             \
				    const char *buf, size_t count)                                 \
	{                                                                                          \
		return store_bound(metric, buf, count);                                            \
	}                                                                                          \
	static struct kobj_attribute name = __ATTR(name, 0600, name##_show, name##_store)

BOUND(set_slo_latency_bound, WHY_METRIC_LATENCY);
BOUND(set_slo_response_bound, WHY_METRIC_RESPONSE);
BOUND(set_slo_response_relief_bound, WHY_METRIC_RELIEF);
BOUND(set_slo_irq_handling_bound, WHY_METRIC_IRQ);

static struct attribute *attributes[] = {
	&add_pid.attr,
	&del_pid.attr,
	&set_slo_latency_bound.attr,
	&set_slo_response_bound.attr,
	&set_slo_response_relief_bound.attr,
	&set_slo_irq_handling_bound.attr,
	NULL,
};

static const struct attribute_group group = { .attrs = attributes };

int why_sysfs_init(void)
{
	int rc;

	folder = kobject_create_and_add("whylate", kernel_kobj);
	if (!folder)
		return -ENOMEM;
	rc = sysfs_create_group(folder, &group);
	if (rc)
		kobject_put(folder);
	return rc;
}

void why_sysfs_exit(void)
{
	sysfs_remove_group(folder, &group);
	kobject_put(folder);
}
