// SPDX-License-Identifier: GPL-2.0-only
/* The kernel module as a collector: speaks abi/module.h with /dev/whylate. */
#include "lib/collector.h"

#include "abi/module.h"
#include "lib/kernel_types.h"
#include "lib/module_device.h"
#include "lib/stall_collector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Names of dead tasks that each CPU keeps. */
enum { EXITED_SHIFT = 8, LEAST_PLACES_SHIFT = 10, MOST_PLACES_SHIFT = 20 };

struct why_collector {
	int fd;
	struct why_mapping mapping;
};

static int probe(struct why_error *err)
{
	int fd = why_module_open(err);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Looks through the module's events. `f` returns whether to go on; 0 or -errno. */
static int each_event(int fd, bool (*f)(void *arg, const struct why_module_event *e), void *arg)
{
	struct why_module_event e = { .index = 0 };

	while (!ioctl(fd, WHY_IOC_EVENT, &e)) {
		if (!f(arg, &e))
			return 0;
		e.index++;
	}
	return errno == ENOENT ? 0 : -errno;
}

struct sought {
	const char *event;
	bool exists;
};

static bool compare(void *arg, const struct why_module_event *e)
{
	struct sought *s = arg;
	bool is_it = !strcmp(e->name, s->event);

	s->exists |= is_it && e->exists;
	return !is_it;
}

static bool has_event(const char *event)
{
	struct sought s = { .event = event };
	struct why_error ignored;
	int fd = why_module_open(&ignored);

	if (fd < 0)
		return false;
	each_event(fd, compare, &s);
	close(fd);
	return s.exists;
}

struct chosen {
	const struct why_request *req;
	u64 events;
};

static bool choose(void *arg, const struct why_module_event *e)
{
	struct chosen *c = arg;

	if (e->exists && why_request_wants(c->req, e->name))
		c->events |= 1ULL << e->index;
	return true;
}

static void find_queue(struct why_module_setup *setup)
{
	struct btf *types = why_kernel_types();

	why_module_find_queue(types, &setup->cfs_rq_rq, &setup->rq_nr_switches);
	why_kernel_types_free(types);
}

static int set_up(struct why_collector *c, const struct why_request *req,
		  const struct why_config *cfg)
{
	struct why_module_setup setup = {
		.version = WHY_MODULE_VERSION, .exited_shift = EXITED_SHIFT, .config = *cfg,
	};
	struct chosen chosen = { .req = req };
	int rc = each_event(c->fd, choose, &chosen);

	if (rc)
		return rc;
	setup.events = chosen.events;
	setup.config.place_shift = why_places_shift(LEAST_PLACES_SHIFT, MOST_PLACES_SHIFT);
	find_queue(&setup);
	return ioctl(c->fd, WHY_IOC_SETUP, &setup) ? -errno : 0;
}

static struct why_table_place place_of(const struct why_collector *c, enum why_module_table which)
{
	return (struct why_table_place){ c->fd, (off_t)which << WHY_MODULE_TABLE_SHIFT };
}

static int map_memory(struct why_collector *c, const struct why_config *cfg, struct why_tables *t,
		      const struct why_record **ret_rings)
{
	const struct why_table_place places[WHY_MAPPED_NR] = {
		[WHY_MAPPED_CPUS] = place_of(c, WHY_TABLE_CPUS),
		[WHY_MAPPED_KEYED] = place_of(c, WHY_TABLE_KEYED),
		[WHY_MAPPED_LINES] = place_of(c, WHY_TABLE_LINES),
		[WHY_MAPPED_LINE_COUNTS] = place_of(c, WHY_TABLE_LINE_COUNTS),
		[WHY_MAPPED_RINGS] = place_of(c, WHY_TABLE_RINGS),
	};

	return why_tables_map(&c->mapping, cfg, places, t, ret_rings);
}

static void close_collector(struct why_collector *c)
{
	why_tables_unmap(&c->mapping);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

static int open_collector(const struct why_request *req, const struct why_config *cfg,
			  struct why_collector **ret, struct why_tables *ret_tables,
			  const struct why_record **ret_rings, struct why_error *err)
{
	struct why_collector *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return why_module_unable(err, ENOMEM, "prepare the module's measurement");
	c->fd = why_module_open(err);
	if (c->fd < 0) {
		rc = c->fd;
		close_collector(c);
		return rc;
	}
	rc = set_up(c, req, cfg);
	rc = rc ?: map_memory(c, cfg, ret_tables, ret_rings);
	if (rc) {
		close_collector(c);
		return why_module_unable(err, -rc, "set up the module's measurement");
	}
	*ret = c;
	return 0;
}

static int run_edge(struct why_collector *c, enum why_stage stage)
{
	static const u32 edges[] = {
		[WHY_STAGE_FIND] = WHY_MODULE_FIND,
		[WHY_STAGE_BEGIN] = WHY_MODULE_BEGIN,
		[WHY_STAGE_WHOLE] = WHY_MODULE_WHOLE,
		[WHY_STAGE_END] = WHY_MODULE_END,
	};

	return ioctl(c->fd, WHY_IOC_EDGE, edges[stage]) ? -errno : 0;
}

/* Reads a walk to its end; `take` gets each record. */
static int read_walk(struct why_collector *c, enum why_module_walk walk, size_t size,
		     int (*take)(void *arg, const void *record), void *arg)
{
	static char buf[64 * sizeof(union why_walk_record)];
	ssize_t n, i;
	int rc = ioctl(c->fd, WHY_IOC_WALK, walk) ? -errno : 0;

	while (!rc && (n = read(c->fd, buf, sizeof(buf))) != 0) {
		if (n < 0)
			return -errno;
		for (i = 0; take && !rc && i < n; i += (ssize_t)size)
			rc = take(arg, buf + i);
	}
	return rc;
}

struct task_taker {
	int (*take)(void *arg, const struct why_task_record *r);
	void *arg;
};

static int take_task(void *arg, const void *record)
{
	const struct task_taker *t = arg;

	return t->take(t->arg, record);
}

static int walk_tasks(struct why_collector *c, enum why_walk walk,
		      int (*take)(void *arg, const struct why_task_record *r), void *arg)
{
	struct task_taker t = { .take = take, .arg = arg };
	enum why_module_walk what = WHY_MODULE_COLLECT;

	if (walk == WHY_WALK_ADOPT)
		what = take ? WHY_MODULE_TELL_AND_ADOPT : WHY_MODULE_ADOPT;
	return read_walk(c, what, sizeof(struct why_task_record), take ? take_task : NULL, &t);
}

/* The module gives a name's rows CPU by CPU; they become one. */
struct dead {
	struct why_module_exited *rows;
	size_t nr, room;
};

static int keep_dead(void *arg, const void *record)
{
	struct dead *d = arg;
	void *rows;

	if (d->nr == d->room) {
		d->room = d->room ? 2 * d->room : 64;
		rows = realloc(d->rows, d->room * sizeof(*d->rows));
		if (!rows)
			return -ENOMEM;
		d->rows = rows;
	}
	memcpy(&d->rows[d->nr++], record, sizeof(*d->rows));
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct why_exited_key));
}

/* Those of one name, from the i-th on, into `into`. Returns the first of the next, or -errno. */
static ssize_t collect_name(const struct dead *d, size_t i, struct why_collection *into)
{
	size_t end = i, k;
	struct why_exited *per_cpu;
	int rc;

	while (end < d->nr && !by_name(&d->rows[i], &d->rows[end]))
		end++;
	per_cpu = calloc(end - i, sizeof(*per_cpu));
	if (!per_cpu)
		return -ENOMEM;
	for (k = i; k < end; k++)
		per_cpu[k - i] = d->rows[k].exited;
	rc = why_collect_exited(into, &d->rows[i].key, per_cpu, (u32)(end - i));
	free(per_cpu);
	return rc ?: (ssize_t)end;
}

static int take_exited(struct why_collector *c, struct why_collection *into)
{
	struct dead d = {};
	ssize_t at = read_walk(c, WHY_MODULE_EXITED, sizeof(*d.rows), keep_dead, &d);

	if (d.nr)
		qsort(d.rows, d.nr, sizeof(*d.rows), by_name);
	while (at >= 0 && (size_t)at < d.nr)
		at = collect_name(&d, (size_t)at, into);
	free(d.rows);
	return at < 0 ? (int)at : 0;
}

static void ask_cost(struct why_collector *c, bool is_sampled, struct why_module_cost *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->is_sampled = is_sampled;
	ioctl(c->fd, WHY_IOC_COST, ret);
}

static void sample_cost(struct why_collector *c, bool is_begin)
{
	struct why_module_cost cost;

	ask_cost(c, is_begin, &cost);
}

static void tell_cost(struct why_collector *c, struct why_collector_cost *ret)
{
	struct why_module_cost cost;

	ask_cost(c, false, &cost);
	ret->runs = cost.runs;
	ret->run_ns = cost.run_ns;
	/* Tracepoints call a probe as often as they fire. */
	ret->recursion_misses = 0;
	ret->missed_in[0] = 0;
}

const struct why_collector_ops why_collector_module = {
	.name = "module",
	.probe = probe,
	.has_event = has_event,
	.open = open_collector,
	.edge = run_edge,
	.walk = walk_tasks,
	.take_exited = take_exited,
	.sample_cost = sample_cost,
	.cost = tell_cost,
	.close = close_collector,
	.stalls = &why_stalls_module,
};
