// SPDX-License-Identifier: GPL-2.0-only
/* Texts about the machine, its tasks and its rows: see texts.h. */
#include "lib/texts.h"

#include "lib/json.h"
#include "lib/machine.h"
#include "lib/names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#ifndef WHY_VERSION
#define WHY_VERSION "unknown"
#endif

static struct json_object *kinds_array(u32 kinds)
{
	struct json_object *a = json_object_new_array();
	u32 kind;

	for (kind = 0; kind < WHY_KIND_NR; kind++)
		if (kinds >> kind & 1)
			json_object_array_add(a, json_object_new_string(why_kind_names[kind]));
	return a;
}

void why_meta_describe(struct why_meta *m, const struct why_snapshot *s, u32 nr_keyed)
{
	m->nr_cpus = s->nr_cpus;
	m->kinds = s->kinds;
	m->is_rt = why_is_rt();
	m->has_split_waker = s->has_split_waker;
	m->has_split_switch = s->has_split_switch;
	while (1U << m->keyed_shift < nr_keyed)
		m->keyed_shift++;
	snprintf(m->version, sizeof(m->version), "%s", WHY_VERSION);
	snprintf(m->hostname, sizeof(m->hostname), "%s", s->hostname);
	snprintf(m->kernel, sizeof(m->kernel), "%s", s->kernel);
	snprintf(m->collector, sizeof(m->collector), "%s", s->collector);
}

void why_meta_begin(struct why_meta *m, u64 begin_ns)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	m->begin_ns = begin_ns;
	m->begin_realtime_ns = (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec -
			       (why_now_ns() - begin_ns);
}

char *why_meta_text(const struct why_meta *m)
{
	struct json_object *o = json_object_new_object();

	why_json_put_text(o, "version", m->version);
	why_json_put_text(o, "hostname", m->hostname);
	why_json_put_text(o, "kernel", m->kernel);
	why_json_put_text(o, "collector", m->collector);
	why_json_put_text(o, "command", m->command);
	why_json_put_text(o, "clock", "CLOCK_MONOTONIC");
	why_json_put(o, "begin_ns", m->begin_ns);
	why_json_put(o, "begin_realtime_ns", m->begin_realtime_ns);
	why_json_put(o, "cpus", m->nr_cpus);
	json_object_object_add(o, "kinds", kinds_array(m->kinds));
	why_json_put(o, "keyed_shift", m->keyed_shift);
	why_json_put(o, "rt", m->is_rt);
	why_json_put(o, "split_waker", m->has_split_waker);
	why_json_put(o, "split_switch", m->has_split_switch);
	return why_json_finish(o);
}

static u32 read_kinds(struct json_object *a)
{
	u32 kinds = 0;
	size_t i;

	for (i = 0; i < why_json_length(a); i++) {
		const char *name = json_object_get_string(why_json_item(a, i));
		int kind = name ? why_kind_by_name(name, (unsigned int)strlen(name)) : -1;

		if (kind >= 0)
			kinds |= 1U << kind;
	}
	return kinds;
}

int why_meta_read(const char *text, struct why_meta *ret)
{
	struct json_object *o = why_json_parse(text);

	memset(ret, 0, sizeof(*ret));
	if (!o)
		return -EBADMSG;
	why_json_get_text(o, "version", ret->version, sizeof(ret->version));
	why_json_get_text(o, "hostname", ret->hostname, sizeof(ret->hostname));
	why_json_get_text(o, "kernel", ret->kernel, sizeof(ret->kernel));
	why_json_get_text(o, "collector", ret->collector, sizeof(ret->collector));
	why_json_get_text(o, "command", ret->command, sizeof(ret->command));
	ret->begin_ns = why_json_get(o, "begin_ns");
	ret->begin_realtime_ns = why_json_get(o, "begin_realtime_ns");
	ret->nr_cpus = (u32)why_json_get(o, "cpus");
	ret->kinds = read_kinds(json_object_object_get(o, "kinds"));
	ret->keyed_shift = (u32)why_json_get(o, "keyed_shift");
	ret->is_rt = why_json_get(o, "rt");
	ret->has_split_waker = why_json_get(o, "split_waker");
	ret->has_split_switch = why_json_get(o, "split_switch");
	json_object_put(o);
	if (!ret->nr_cpus || ret->nr_cpus > WHY_MOST_CPUS)
		return -EBADMSG;
	return ret->keyed_shift && ret->keyed_shift <= 16 ? 0 : -EBADMSG;
}

static struct json_object *task(const struct why_task_record *r)
{
	struct json_object *a = json_object_new_array();

	why_json_add(a, r->pid);
	why_json_add(a, r->tgid);
	why_json_add_bytes(a, r->comm, sizeof(r->comm));
	why_json_add(a, r->cgroup_id);
	why_json_add(a, r->is_subject);
	why_json_add(a, r->is_queued);
	why_json_add(a, r->prio);
	why_json_add(a, r->policy);
	return a;
}

/* Those of a part: `from` to `end`. */
static void put_tasks(struct json_object *o, const struct why_task_record *tasks, size_t from,
		      size_t end)
{
	struct json_object *a = json_object_new_array();

	for (; from < end; from++)
		json_object_array_add(a, task(&tasks[from]));
	json_object_object_add(o, "tasks", a);
}

static void put_cgroups(struct json_object *o, const struct why_cgroup_map *cgroups, size_t from)
{
	struct json_object *a = json_object_new_array(), *pair;
	size_t i, end = from + WHY_TEXT_PART;
	const char *path;
	u64 id;

	for (i = from; i < end && (path = why_cgroup_map_at(cgroups, i, &id)); i++) {
		pair = json_object_new_array();
		why_json_add(pair, id);
		why_json_add_bytes(pair, path, strlen(path));
		json_object_array_add(a, pair);
	}
	json_object_object_add(o, "cgroups", a);
}

char *why_tasks_text(const struct why_task_record *tasks, size_t nr,
		     const struct why_cgroup_map *cgroups, size_t part)
{
	struct json_object *o = json_object_new_object();
	size_t from = part * WHY_TEXT_PART, end = from + WHY_TEXT_PART;

	put_tasks(o, tasks, from, end < nr ? end : nr);
	put_cgroups(o, cgroups, from);
	return why_json_finish(o);
}

size_t why_tasks_parts(size_t nr, const struct why_cgroup_map *cgroups)
{
	size_t nr_cgroups = why_cgroup_map_nr(cgroups);

	nr = nr > nr_cgroups ? nr : nr_cgroups;
	return nr ? (nr + WHY_TEXT_PART - 1) / WHY_TEXT_PART : 1;
}

int why_texts_read_tasks(struct json_object *o,
			 int (*take)(void *arg, const struct why_task_record *r), void *arg,
			 struct why_cgroup_map *cgroups)
{
	struct json_object *a = json_object_object_get(o, "tasks"), *one;
	char path[4096];
	size_t i;
	int rc = 0;

	for (i = 0; !rc && i < why_json_length(a); i++) {
		struct why_task_record r = {};

		one = why_json_item(a, i);
		r.pid = (u32)why_json_at(one, 0);
		r.tgid = (u32)why_json_at(one, 1);
		why_json_bytes_at(one, 2, r.comm, sizeof(r.comm));
		r.cgroup_id = why_json_at(one, 3);
		r.is_subject = why_json_at(one, 4) != 0;
		r.is_queued = why_json_at(one, 5) != 0;
		r.prio = (u32)why_json_at(one, 6);
		r.policy = (u32)why_json_at(one, 7);
		rc = take(arg, &r);
	}
	a = json_object_object_get(o, "cgroups");
	for (i = 0; !rc && i < why_json_length(a); i++) {
		one = why_json_item(a, i);
		why_json_bytes_at(one, 1, path, sizeof(path) - 1);
		path[sizeof(path) - 1] = 0;
		rc = why_cgroup_map_add(cgroups, why_json_at(one, 0), path);
	}
	return rc;
}

int why_tasks_read(const char *text, int (*take)(void *arg, const struct why_task_record *r),
		   void *arg, struct why_cgroup_map *cgroups)
{
	struct json_object *o = why_json_parse(text);
	int rc = o ? why_texts_read_tasks(o, take, arg, cgroups) : -EBADMSG;

	json_object_put(o);
	return rc;
}

char *why_rows_text(const struct why_tables *t, bool *told, int *ret_rc)
{
	struct json_object *o = json_object_new_object(), *all = json_object_new_array(), *a;
	char *text;
	u32 i;

	for (i = 0; i < t->nr_keyed; i++) {
		if (told[i] || !WHY_LOAD(t->keyed[i].key))
			continue;
		a = json_object_new_array();
		why_json_add(a, i);
		why_json_add(a, t->keyed[i].key);
		why_json_add(a, t->keyed[i].irq);
		why_json_add_bytes(a, t->keyed[i].name, sizeof(t->keyed[i].name));
		json_object_array_add(all, a);
		told[i] = true;
	}
	*ret_rc = 0;
	if (!json_object_array_length(all)) {
		json_object_put(all);
		json_object_put(o);
		return NULL;
	}
	json_object_object_add(o, "rows", all);
	text = why_json_finish(o);
	*ret_rc = text ? 0 : -ENOMEM;
	return text;
}

int why_rows_read(const char *text, struct why_tables *into)
{
	struct json_object *o = why_json_parse(text), *all, *one;
	struct why_keyed *row;
	size_t i;

	if (!o)
		return -EBADMSG;
	all = json_object_object_get(o, "rows");
	for (i = 0; i < why_json_length(all); i++) {
		one = why_json_item(all, i);
		if (why_json_at(one, 0) >= into->nr_keyed)
			continue;
		row = &into->keyed[why_json_at(one, 0)];
		row->key = why_json_at(one, 1);
		row->irq = (u32)why_json_at(one, 2);
		why_json_bytes_at(one, 3, row->name, sizeof(row->name));
	}
	json_object_put(o);
	return 0;
}
