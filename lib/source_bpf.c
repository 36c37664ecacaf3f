// SPDX-License-Identifier: GPL-2.0-only
/*
 * The eBPF collector as a source: the one file that knows what the eBPF object holds. Programs
 * that this kernel has no event for are left out before loading; what a measurement needs is
 * named, never assumed.
 */
#include "lib/source.h"

#include "lib/bpf_run.h"
#include "lib/cgroup.h"
#include "lib/collect.h"
#include "lib/counts.h"
#include "lib/keyed.h"
#include "lib/kernel_types.h"
#include "lib/line_facts.h"
#include "lib/machine.h"
#include "lib/rates.h"
#include "lib/ring_reader.h"
#include "lib/series.h"
#include "lib/tables.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "build/bpf/whylate.skel.h"

struct why_source {
	struct whylate *skel;
	struct why_request req;
	char label[32];			/* v1 controller whose hierarchy names tasks; empty: v2 */
	struct why_tables tables;	/* mapped, written by the kernel */
	struct why_record *rings;	/* the same */
	size_t cpus_size, keyed_size, lines_size, counts_size, rings_size;
	struct why_ring_reader *readers;	/* [nr_cpus] */
	struct why_pressure first, last;	/* at the beginning; at the last tick */
	u64 begin_ns, end_ns;
	struct why_cgroup_map *cgroups;	/* as they were at the end */
	struct why_series *series;
	struct why_rates *rates;
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
	libbpf_set_print(keep_complaint);
	struct btf *btf = why_kernel_types();
	bool has = btf && why_has_event(btf, event);

	btf__free(btf);
	return has;
}

static bool has_counts(void)
{
	struct why_count_offsets offsets = {};
	struct btf *btf;

	libbpf_set_print(keep_complaint);
	btf = why_kernel_types();

	if (btf)
		why_find_counts(btf, &offsets);
	btf__free(btf);
	return offsets.softirqs && offsets.lines;
}

/* Leaves out what is not asked for or not there. */
static void choose_programs(struct why_source *src, const struct btf *btf)
{
	struct bpf_program *p;
	const char *event;

	bpf_object__for_each_program(p, src->skel->obj) {
		event = why_bpf_event(p);
		if (event && (!why_request_wants(&src->req, event) || !why_has_event(btf, event)))
			bpf_program__set_autoload(p, false);
	}
}

/* The kernel's number of a v1 controller's hierarchy; WHY_CGROUP_V2 for v2. */
static u32 subsys_of(const struct btf *btf, const char *controller)
{
	char name[64];
	s64 id;

	if (!*controller)
		return (u32)WHY_CGROUP_V2;
	/* The block layer's controller is called io inside. */
	snprintf(name, sizeof(name), "%s_cgrp_id",
		 strcmp(controller, "blkio") ? controller : "io");
	id = why_enum_value(btf, "cgroup_subsys_id", name);
	return id < 0 ? (u32)WHY_CGROUP_V2 : (u32)id;
}

static int configure(struct why_source *src, const struct btf *btf, struct why_error *err)
{
	struct why_config *cfg = (struct why_config *)&src->skel->rodata->why_cfg;
	struct why_cgroup cgroup;
	int rc;

	cfg->nr_cpus = src->tables.nr_cpus;
	cfg->ring_shift = src->req.ring_shift;
	cfg->subject = src->req.subject;
	cfg->subject_pid = src->req.pid;
	cfg->kinds = src->req.kinds;
	cfg->is_rt = why_is_rt();
	/* 08a7ce384e33 (6.4) */
	cfg->has_storage_cache = why_has_member(btf, "bpf_local_storage_map", "selem_ma");
	if (cfg->kinds & 1U << WHY_KIND_RELIEF)
		cfg->timerfd_read = why_kernel_symbol("timerfd_read_iter") ?:
				    why_kernel_symbol("timerfd_read");
	cfg->place_shift = why_places_shift(cfg->is_rt && !cfg->has_storage_cache);
	cfg->keyed_shift = why_keyed_shift(src->tables.nr_cpus, src->req.kinds);
	why_find_counts(btf, &cfg->counts);
	cfg->cpuhp_dead = (u32)why_enum_value(btf, "cpuhp_state", "CPUHP_TEARDOWN_CPU");
	snprintf(src->label, sizeof(src->label), "%s", why_cgroup_cpu_controller());
	cfg->label_subsys = subsys_of(btf, src->label);
	if (src->req.subject != WHY_SUBJECT_CGROUP)
		return 0;
	rc = why_cgroup_find(src->req.cgroup, &cgroup, err);
	if (rc)
		return rc;
	cfg->cgroup_id = cgroup.id;
	cfg->cgroup_subsys = subsys_of(btf, cgroup.controller);
	/* Tasks are named by the hierarchy that was asked about. */
	snprintf(src->label, sizeof(src->label), "%s", cgroup.controller);
	cfg->label_subsys = cfg->cgroup_subsys;
	return 0;
}

static int size_maps(struct why_source *src)
{
	u64 records = src->req.ring_shift ? (u64)src->tables.nr_cpus << src->req.ring_shift : 1;
	const struct why_config *cfg = (const struct why_config *)&src->skel->rodata->why_cfg;
	const struct {
		struct bpf_map *map;
		u32 entries;
	} sizes[] = {
		{ src->skel->maps.why_cpus, src->tables.nr_cpus },
		{ src->skel->maps.why_places, 1U << cfg->place_shift },
		{ src->skel->maps.why_keyed, 1U << cfg->keyed_shift },
		{ src->skel->maps.why_line_counts, src->tables.nr_cpus * WHY_LINES },
		{ src->skel->maps.why_rings, (u32)records },
	};
	size_t i;
	int rc = records > 1U << 31 ? -E2BIG : 0;

	for (i = 0; !rc && i < sizeof(sizes) / sizeof(sizes[0]); i++)
		rc = bpf_map__set_max_entries(sizes[i].map, sizes[i].entries);
	return rc;
}

static int map_memory(struct why_source *src)
{
	struct why_tables *t = &src->tables;

	t->nr_keyed = 1U << src->skel->rodata->why_cfg.keyed_shift;
	t->cpus = why_bpf_map(src->skel->maps.why_cpus, sizeof(*t->cpus), t->nr_cpus,
			  &src->cpus_size);
	t->keyed = why_bpf_map(src->skel->maps.why_keyed, sizeof(*t->keyed), t->nr_keyed,
			   &src->keyed_size);
	t->lines = why_bpf_map(src->skel->maps.why_lines, sizeof(*t->lines), WHY_LINES,
			   &src->lines_size);
	t->counts = why_bpf_map(src->skel->maps.why_line_counts, sizeof(*t->counts),
			    (size_t)t->nr_cpus * WHY_LINES, &src->counts_size);
	if (!t->cpus || !t->keyed || !t->lines || !t->counts)
		return -errno;
	if (!src->req.ring_shift)
		return 0;
	src->rings = why_bpf_map(src->skel->maps.why_rings, sizeof(*src->rings),
			     (size_t)t->nr_cpus << src->req.ring_shift, &src->rings_size);
	return src->rings ? 0 : -errno;
}

static int allocate(struct why_source *src)
{
	src->readers = calloc(src->tables.nr_cpus, sizeof(*src->readers));
	src->series = why_series_new(src->tables.nr_cpus, src->req.kinds);
	src->rates = why_rates_new(src->tables.nr_cpus);
	if (why_pressure_init(&src->first, src->tables.nr_cpus) ||
	    why_pressure_init(&src->last, src->tables.nr_cpus))
		return -ENOMEM;
	return src->readers && src->series && src->rates ? 0 : -ENOMEM;
}

/* One pass of attaching: exits and ends first, so that no entry is ever without its exit. */
static int attach_pass(struct why_source *src, bool exits)
{
	struct bpf_object_skeleton *s = src->skel->skeleton;
	const struct bpf_program *p;
	int i;

	for (i = 0; i < s->prog_cnt; i++) {
		p = *s->progs[i].prog;
		if (!why_bpf_event(p) || !bpf_program__autoload(p))
			continue;
		if ((strstr(why_bpf_event(p), "_exit") != NULL) != exits)
			continue;
		*s->progs[i].link = bpf_program__attach(p);
		if (!*s->progs[i].link)
			return -errno;
	}
	return 0;
}

static void close_source(struct why_source *src)
{
	if (!src)
		return;
	if (src->stats_fd >= 0)
		close(src->stats_fd);
	why_bpf_unmap(src->tables.cpus, src->cpus_size);
	why_bpf_unmap(src->tables.keyed, src->keyed_size);
	why_bpf_unmap(src->tables.lines, src->lines_size);
	why_bpf_unmap(src->tables.counts, src->counts_size);
	why_bpf_unmap(src->rings, src->rings_size);
	whylate__destroy(src->skel);
	why_pressure_free(&src->first);
	why_pressure_free(&src->last);
	free(src->readers);
	why_series_free(src->series);
	why_rates_free(src->rates);
	why_cgroup_map_free(src->cgroups);
	free(src);
}

/* Configures and loads; libbpf's own words go into the error. */
static int load(struct why_source *src, struct why_error *err)
{
	struct btf *btf = why_kernel_types();
	int rc;

	if (!btf)
		return unable(err, errno, "read the kernel's types");
	choose_programs(src, btf);
	rc = configure(src, btf, err);
	btf__free(btf);
	if (rc)
		return rc;
	rc = size_maps(src);
	if (!rc)
		rc = whylate__load(src->skel);
	if (rc)
		return why_error_set(err, WHY_EXIT_UNABLE, -rc,
				     "whylate doctor tells what is missing",
				     "load the eBPF programs (%s)", complaint);
	return 0;
}

static int attach(struct why_source *src, struct why_error *err)
{
	int rc = map_memory(src);

	if (!rc)
		rc = attach_pass(src, true);
	if (!rc)
		rc = attach_pass(src, false);
	return rc ? unable(err, -rc, "attach the eBPF programs") : 0;
}

static int open_source(const struct why_request *req, struct why_source **ret,
		       struct why_error *err)
{
	struct why_source *src = calloc(1, sizeof(*src));
	int rc, nr = why_nr_possible_cpus();

	if (!src || nr <= 0) {
		free(src);
		return why_error_set(err, WHY_EXIT_FAILED, src ? -nr : ENOMEM, "",
				     "count this machine's CPUs");
	}
	src->stats_fd = -1;
	src->req = *req;
	src->tables.nr_cpus = (u32)nr;
	complaint[0] = 0;
	libbpf_set_print(keep_complaint);
	src->skel = whylate__open();
	rc = src->skel ? allocate(src) : -errno;
	rc = rc ? unable(err, -rc, "prepare the eBPF programs") : load(src, err);
	if (!rc)
		rc = attach(src, err);
	if (rc) {
		close_source(src);
		return rc;
	}
	*ret = src;
	return 0;
}

static int start(struct why_source *src, struct why_error *err)
{
	struct whylate *s = src->skel;
	int rc;

	/* Storage first, where it may be allocated at leisure; then the states, once it counts. */
	rc = why_bpf_walk_tasks(s->progs.adopt_tasks, src->req.tell, src->req.tell_arg);
	why_pressure_read(&src->first);
	why_pressure_copy(&src->last, &src->first);
	if (src->req.tell)
		src->cgroups = why_cgroup_map_new(src->label);
	src->begin_ns = why_now_ns();
	why_series_begin(src->series, src->begin_ns, &src->first);
	why_rates_begin(src->rates, src->begin_ns);
	if (!rc)
		rc = why_bpf_run_edges(src->tables.nr_cpus, s->progs.find_here, NULL);
	if (!rc)
		rc = why_bpf_run_edges(src->tables.nr_cpus, s->progs.begin_here,
				       s->progs.begin_offline);
	if (!rc)
		rc = why_bpf_walk_tasks(s->progs.adopt_tasks, src->req.tell, src->req.tell_arg);
	return rc ? unable(err, -rc, "begin the measurement") : 0;
}

static int freeze(struct why_source *src, struct why_error *err)
{
	int rc;

	/* Before the end: from then on tasks come and go unseen until they are walked over. */
	why_cgroup_map_free(src->cgroups);
	src->cgroups = why_cgroup_map_new(src->label);
	rc = why_bpf_run_edges(src->tables.nr_cpus, src->skel->progs.end_here,
			       src->skel->progs.end_offline);
	src->end_ns = why_now_ns();
	return rc ? unable(err, -rc, "end the measurement") : 0;
}

static int tick(struct why_source *src, struct why_snapshot *into, struct why_error *err)
{
	u64 now = src->end_ns ? src->end_ns : why_now_ns();
	int rc;

	why_pressure_read(&src->last);
	rc = why_series_tick(src->series, &src->tables, now, &src->last, into);
	rc = rc ?: why_line_facts_update(into);
	return rc ? why_error_set(err, WHY_EXIT_FAILED, -rc, "", "keep the series") : 0;
}

static int window(struct why_source *src, struct why_snapshot *into, struct why_error *err)
{
	u64 now = src->end_ns ? src->end_ns : why_now_ns();
	int rc = why_rates_window(src->rates, &src->tables, now, into);

	/* Where affinity was at the beginning; from then on the ticks look. */
	if (!rc && !into->nr_lines)
		rc = why_line_facts_update(into);
	return rc ? why_error_set(err, WHY_EXIT_FAILED, -rc, "", "keep the storms") : 0;
}

static void sample_cost(struct why_source *src, bool is_begin)
{
	struct why_bpf_cost end;
	u64 misses;

	if (is_begin && src->stats_fd < 0) {
		src->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
		src->cost_begin = why_bpf_cost(src->skel->obj, &misses);
	} else if (!is_begin && src->stats_fd >= 0) {
		end = why_bpf_cost(src->skel->obj, &misses);
		close(src->stats_fd);
		src->stats_fd = -1;
		src->cost.runs += end.runs - src->cost_begin.runs;
		src->cost.run_ns += end.run_ns - src->cost_begin.run_ns;
	}
}

/* Where the tasks that are walked over go. */
struct takers {
	struct why_collection *collection;
	const struct why_request *req;
};

static int take_task(void *arg, const struct why_task_record *r)
{
	const struct takers *t = arg;
	int rc = why_collect_task(t->collection, r);

	return rc || !t->req->tell ? rc : t->req->tell(t->req->tell_arg, r);
}

static int take_exited(struct why_source *src, struct why_collection *c)
{
	int fd = bpf_map__fd(src->skel->maps.why_exited), rc = 0, nr = libbpf_num_possible_cpus();
	struct why_exited *values = calloc((size_t)nr, sizeof(*values));
	struct why_exited_key key, *last = NULL;

	if (!values)
		return -ENOMEM;
	while (!rc && !bpf_map_get_next_key(fd, last, &key)) {
		if (!bpf_map_lookup_elem(fd, &key, values))
			rc = why_collect_exited(c, &key, values, (u32)nr);
		last = &key;
	}
	free(values);
	return rc;
}

static void take_cost(struct why_source *src, struct why_snapshot *into)
{
	struct why_overhead *o = &into->overhead;

	why_bpf_cost(src->skel->obj, &into->recursion_misses);
	o->sampled_events = src->cost.runs;
	o->is_known = src->cost.runs != 0;
	if (!o->is_known)
		return;
	o->ns_per_event = (double)src->cost.run_ns / (double)src->cost.runs;
	o->cpu_percent = 100.0 * o->ns_per_event * (double)o->events /
			 (double)(src->end_ns - src->begin_ns);
}

static void take_names(const struct why_source *src, struct why_snapshot *into)
{
	struct utsname u;

	into->collector = why_source_bpf.name;
	into->begin_ns = src->begin_ns;
	into->end_ns = src->end_ns;
	into->kinds = src->req.kinds;
	into->has_split_waker = src->req.split_waker;
	into->has_split_switch = src->req.split_switch;
	uname(&u);
	snprintf(into->hostname, sizeof(into->hostname), "%s", u.nodename);
	snprintf(into->kernel, sizeof(into->kernel), "%s", u.release);
}

/* Rows with keys, counts and lines, in place of what was there. */
static int take_interrupts(struct why_source *src, struct why_snapshot *into, bool has_names)
{
	int rc;

	why_snapshot_clear_interrupts(into);
	rc = why_collect_keyed(into, &src->tables, has_names);
	if (!rc)
		rc = why_collect_counts(into, &src->tables, (const struct why_count_offsets *)
					&src->skel->rodata->why_cfg.counts);
	return rc ?: why_line_facts_update(into);
}

static int peek(struct why_source *src, struct why_snapshot *into, struct why_error *err)
{
	int rc = take_interrupts(src, into, false);
	u32 i;

	into->begin_ns = src->begin_ns;
	into->end_ns = why_now_ns();
	for (i = 0; i < into->nr_cpus; i++)
		into->facts[i].is_seen = src->tables.cpus[i].begin_ns != 0;
	return rc ? why_error_set(err, WHY_EXIT_FAILED, -rc, "", "look at the interrupts") : 0;
}

static int snapshot(struct why_source *src, struct why_snapshot *into, struct why_error *err)
{
	struct why_collection c = { .into = into, .cgroups = src->cgroups };
	struct takers takers = { .collection = &c, .req = &src->req };
	u32 i;
	int rc;

	take_names(src, into);
	rc = take_interrupts(src, into, true);
	if (!rc)
		rc = why_collect_cpus(&c, src->tables.cpus, &src->first, &src->last);
	if (!rc)
		rc = why_bpf_walk_tasks(src->skel->progs.collect_tasks, take_task, &takers);
	if (!rc)
		rc = take_exited(src, &c);
	for (i = 0; i < into->nr_cpus; i++)
		into->has_rq_switches |= into->cpus[i].end_rq_switches != 0;
	why_snapshot_merge(into);
	take_cost(src, into);
	return rc ? why_error_set(err, WHY_EXIT_FAILED, -rc, "", "collect the tasks' figures") : 0;
}

static size_t drain(struct why_source *src, u32 cpu, struct why_event *ret, size_t max,
		    u64 *ret_lost)
{
	if (!src->rings)
		return 0;
	return why_ring_drain(&src->readers[cpu], src->rings, &src->tables.cpus[cpu].ring_head,
			      src->req.ring_shift, cpu, ret, max, ret_lost);
}

static void describe(const struct why_source *src, struct why_snapshot *into)
{
	take_names(src, into);
}

static const struct why_cgroup_map *cgroups(const struct why_source *src)
{
	return src->cgroups;
}

static const struct why_pressure *pressure(const struct why_source *src)
{
	return &src->last;
}

static u64 ring_size(const struct why_source *src)
{
	return src->req.ring_shift ? 1ULL << src->req.ring_shift : 0;
}

static const struct why_tables *tables(const struct why_source *src)
{
	return &src->tables;
}

static u32 nr_cpus(const struct why_source *src)
{
	return src->tables.nr_cpus;
}

const struct why_source_ops why_source_bpf = {
	.name = "bpf",
	.probe = probe,
	.has_event = has_event,
	.has_counts = has_counts,
	.open = open_source,
	.start = start,
	.tick = tick,
	.window = window,
	.peek = peek,
	.sample_cost = sample_cost,
	.freeze = freeze,
	.snapshot = snapshot,
	.drain = drain,
	.ring_size = ring_size,
	.tables = tables,
	.describe = describe,
	.cgroups = cgroups,
	.pressure = pressure,
	.close = close_source,
	.nr_cpus = nr_cpus,
};
