// SPDX-License-Identifier: GPL-2.0-only
/*
 * The eBPF collector: the one file that knows what the eBPF object holds. Programs that this
 * kernel has no event for are left out before loading; what a measurement needs is named, never
 * assumed.
 */
#include "lib/collector.h"

#include "lib/bpf_run.h"
#include "lib/stall_collector.h"
#include "lib/kernel_types.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "skel/whylate.skel.h"

struct why_collector {
	struct whylate *skel;
	struct why_mapping mapping;
	int stats_fd;
	struct why_bpf_cost cost_begin, cost;
};

/* The last thing libbpf complained of, for the one line the user gets. */
static char complaint[200];

static int keep_complaint(enum libbpf_print_level level, const char *format, va_list ap)
{
	if (level == LIBBPF_WARN && !complaint[0]) {
		vsnprintf(complaint, sizeof(complaint), format, ap);
		complaint[strcspn(complaint, "\n")] = 0;
	}
	return 0;
}

static int unable(struct why_error *err, int code, const char *what)
{
	const char *hint = "whylate doctor tells what is missing";

	if (code == EPERM || code == EACCES)
		hint = "run it as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN";
	return why_error_set(err, WHY_EXIT_UNABLE, code, hint, "%s", what);
}

static int probe(struct why_error *err)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int fd;

	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return unable(err, errno, "read /sys/kernel/btf/vmlinux, the kernel's types");
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "why_probe", 4, 4, 1, &opts);
	if (fd < 0)
		return unable(err, -fd, "use eBPF");
	close(fd);
	return 0;
}

static bool has_event(const char *event)
{
	struct btf *types = why_kernel_types();
	bool has = types && why_has_event(types, event);

	why_kernel_types_free(types);
	return has;
}

/* Leaves out what is not asked for or not there. */
static void choose_programs(struct whylate *skel, const struct why_request *req,
			    const struct btf *types)
{
	struct bpf_program *p;
	const char *event;

	bpf_object__for_each_program(p, skel->obj) {
		event = why_bpf_event(p);
		if (event && (!why_request_wants(req, event) || !why_has_event(types, event)))
			bpf_program__set_autoload(p, false);
	}
}

static u64 nr_records(const struct why_config *cfg)
{
	return cfg->ring_shift ? (u64)cfg->nr_cpus << cfg->ring_shift : 1;
}

static int size_maps(struct whylate *skel, const struct why_config *cfg)
{
	const struct {
		struct bpf_map *map;
		u32 entries;
	} sizes[] = {
		{ skel->maps.why_cpus, cfg->nr_cpus },
		{ skel->maps.why_places, 1U << cfg->place_shift },
		{ skel->maps.why_keyed, 1U << cfg->keyed_shift },
		{ skel->maps.why_line_counts, cfg->nr_cpus * WHY_LINES },
		{ skel->maps.why_rings, (u32)nr_records(cfg) },
	};
	int rc = nr_records(cfg) > 1U << 31 ? -E2BIG : 0;
	size_t i;

	for (i = 0; !rc && i < sizeof(sizes) / sizeof(sizes[0]); i++)
		rc = bpf_map__set_max_entries(sizes[i].map, sizes[i].entries);
	return rc;
}

static const struct why_config *config_of(const struct why_collector *c)
{
	return (const struct why_config *)&c->skel->rodata->why_cfg;
}

static void configure(struct why_collector *c, const struct why_config *from,
		      const struct btf *types)
{
	struct why_config *cfg = (struct why_config *)config_of(c);

	*cfg = *from;
	/* 08a7ce384e33 (6.4) */
	cfg->has_storage_cache = why_has_member(types, "bpf_local_storage_map", "selem_ma");
	/* Where a new task cannot have storage, places for all of them. */
	cfg->place_shift = why_places_shift(cfg->is_rt && !cfg->has_storage_cache ? 14 : 10, 14);
}

/* Configures and loads; libbpf's own words go into the error. */
static int load(struct why_collector *c, const struct why_request *req,
		const struct why_config *cfg, struct why_error *err)
{
	struct btf *types = why_kernel_types();
	int rc;

	if (!types)
		return unable(err, errno, "read the kernel's types");
	choose_programs(c->skel, req, types);
	configure(c, cfg, types);
	why_kernel_types_free(types);
	rc = size_maps(c->skel, config_of(c));
	if (!rc)
		rc = whylate__load(c->skel);
	if (rc)
		return why_error_set(err, WHY_EXIT_UNABLE, -rc,
				     "whylate doctor tells what is missing",
				     "load the eBPF programs (%s)", complaint);
	return 0;
}

static int map_memory(struct why_collector *c, struct why_tables *t,
		      const struct why_record **ret_rings)
{
	const struct why_table_place places[WHY_MAPPED_NR] = {
		[WHY_MAPPED_CPUS] = { .fd = bpf_map__fd(c->skel->maps.why_cpus) },
		[WHY_MAPPED_KEYED] = { .fd = bpf_map__fd(c->skel->maps.why_keyed) },
		[WHY_MAPPED_LINES] = { .fd = bpf_map__fd(c->skel->maps.why_lines) },
		[WHY_MAPPED_LINE_COUNTS] = { .fd = bpf_map__fd(c->skel->maps.why_line_counts) },
		[WHY_MAPPED_RINGS] = { .fd = bpf_map__fd(c->skel->maps.why_rings) },
	};

	return why_tables_map(&c->mapping, config_of(c), places, t, ret_rings);
}

/* In the object's order (hooks/events.h): exits before entries. */
static int attach_programs(struct why_collector *c)
{
	struct bpf_object_skeleton *s = c->skel->skeleton;
	const struct bpf_program *p;
	int i;

	for (i = 0; i < s->prog_cnt; i++) {
		p = *s->progs[i].prog;
		if (!why_bpf_event(p) || !bpf_program__autoload(p))
			continue;
		*s->progs[i].link = bpf_program__attach(p);
		if (!*s->progs[i].link)
			return -errno;
	}
	return 0;
}

static int attach(struct why_collector *c, struct why_tables *ret_tables,
		  const struct why_record **ret_rings, struct why_error *err)
{
	int rc = map_memory(c, ret_tables, ret_rings);

	rc = rc ?: attach_programs(c);
	return rc ? unable(err, -rc, "attach the eBPF programs") : 0;
}

static void close_collector(struct why_collector *c)
{
	if (c->stats_fd >= 0)
		close(c->stats_fd);
	why_tables_unmap(&c->mapping);
	whylate__destroy(c->skel);
	free(c);
}

static int open_collector(const struct why_request *req, const struct why_config *cfg,
			  struct why_collector **ret, struct why_tables *ret_tables,
			  const struct why_record **ret_rings, struct why_error *err)
{
	struct why_collector *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return unable(err, ENOMEM, "prepare the eBPF programs");
	c->stats_fd = -1;
	complaint[0] = 0;
	libbpf_set_print(keep_complaint);
	c->skel = whylate__open();
	rc = c->skel ? load(c, req, cfg, err) : unable(err, errno, "prepare the eBPF programs");
	if (!rc)
		rc = attach(c, ret_tables, ret_rings, err);
	if (rc)
		close_collector(c);
	else
		*ret = c;
	return rc;
}

static int run_edge(struct why_collector *c, enum why_stage stage)
{
	struct whylate *s = c->skel;
	u32 nr = config_of(c)->nr_cpus;

	switch (stage) {
	case WHY_STAGE_FIND:
		return why_bpf_run_edges(nr, s->progs.find_here, NULL);
	case WHY_STAGE_BEGIN:
		return why_bpf_run_edges(nr, s->progs.begin_here, s->progs.begin_offline);
	case WHY_STAGE_WHOLE:
		return why_bpf_run_edges(nr, s->progs.whole_here, NULL);
	default:
		return why_bpf_run_edges(nr, s->progs.end_here, s->progs.end_offline);
	}
}

static int walk_tasks(struct why_collector *c, enum why_walk walk,
		      int (*take)(void *arg, const struct why_task_record *r), void *arg)
{
	return why_bpf_walk_tasks(walk == WHY_WALK_ADOPT ? c->skel->progs.adopt_tasks :
							   c->skel->progs.collect_tasks, take, arg);
}

static void sample_cost(struct why_collector *c, bool is_begin)
{
	struct why_bpf_cost end;

	if (is_begin && c->stats_fd < 0) {
		c->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
		c->cost_begin = why_bpf_cost(c->skel->obj);
	} else if (!is_begin && c->stats_fd >= 0) {
		end = why_bpf_cost(c->skel->obj);
		close(c->stats_fd);
		c->stats_fd = -1;
		c->cost.runs += end.runs - c->cost_begin.runs;
		c->cost.run_ns += end.run_ns - c->cost_begin.run_ns;
	}
}

static void tell_cost(struct why_collector *c, struct why_collector_cost *ret)
{
	ret->recursion_misses = why_bpf_misses(c->skel->obj, ret->missed_in,
					       sizeof(ret->missed_in));
	ret->runs = c->cost.runs;
	ret->run_ns = c->cost.run_ns;
}

static int take_exited(struct why_collector *c, struct why_collection *into)
{
	int fd = bpf_map__fd(c->skel->maps.why_exited), rc = 0, nr = libbpf_num_possible_cpus();
	struct why_exited *values = calloc((size_t)nr, sizeof(*values));
	struct why_exited_key key, *last = NULL;

	if (!values)
		return -ENOMEM;
	while (!rc && !bpf_map_get_next_key(fd, last, &key)) {
		if (!bpf_map_lookup_elem(fd, &key, values))
			rc = why_collect_exited(into, &key, values, (u32)nr);
		last = &key;
	}
	free(values);
	return rc;
}

const struct why_collector_ops why_collector_bpf = {
	.name = "bpf",
	.probe = probe,
	.has_event = has_event,
	.open = open_collector,
	.edge = run_edge,
	.walk = walk_tasks,
	.take_exited = take_exited,
	.sample_cost = sample_cost,
	.cost = tell_cost,
	.close = close_collector,
	.stalls = &why_stalls_bpf,
};
