// SPDX-License-Identifier: GPL-2.0-only
/* By eBPF: loads bpf/stalls.bpf.c; the probe is perf's. See stall_collector.h. */
#include "lib/stall_collector.h"

#include "skel/stalls.skel.h"
#include "lib/bpf_run.h"
#include "lib/kernel_types.h"
#include "lib/machine.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000ULL

struct why_stall_collector {
	struct stalls *programs;
	struct ring_buffer *records;
	const struct why_stall_cpu *cpus;	/* [nr_cpus], mapped */
	size_t cpus_size;
	int *probes;		/* [nr_cpus], perf's; -1: none */
	struct why_stall_request request;
	u32 nr_cpus;
	bool has_preempt;
	/* Of the taking under way: */
	int (*take)(void *arg, const struct why_stall_record *r);
	void *arg;
	int rc;			/* of the last that was taken */
};

static int take_record(void *arg, void *data, size_t size)
{
	struct why_stall_collector *c = arg;

	if (!c->rc && size >= sizeof(struct why_stall_record))
		c->rc = c->take(c->arg, data);
	return 0;
}

/* Does without the events that this kernel lacks. Returns one it can't do without, or NULL. */
static const char *choose_programs(const struct why_stall_collector *c, const struct btf *types)
{
	static const char *const needed[] = { "local_timer_entry", "local_timer_exit",
					      "hrtimer_start", "hrtimer_expire_entry" };
	struct bpf_program *p;
	const char *event;
	size_t i;

	bpf_object__for_each_program(p, c->programs->obj) {
		event = why_bpf_event(p);
		bpf_program__set_autoload(p, why_has_event(types, event) &&
					     (c->has_preempt || strncmp(event, "sched_", 6)));
	}
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!why_has_event(types, needed[i]))
			return needed[i];
	return NULL;
}

static int configure(struct why_stall_collector *c, struct why_error *err)
{
	struct btf *types = why_kernel_types();
	struct why_stall_config *cfg = (struct why_stall_config *)&c->programs->rodata->why_cfg;
	const char *lacks;

	if (!types)
		return why_error_set(err, WHY_EXIT_UNABLE, errno, "see whylate doctor",
				     "read the kernel's types");
	c->has_preempt = !c->request.is_irqs_only &&
			   why_has_event(types, "sched_set_need_resched_tp") &&
			   why_has_event(types, "sched_entry_tp");
	lacks = choose_programs(c, types);
	cfg->over_ns = c->request.over_ns;
	cfg->irq_regs = why_per_cpu_distance(types, "__irq_regs", NULL);
	cfg->steal = why_per_cpu_distance(types, "steal_time", "steal");
	cfg->preempt_count = why_preempt_count_distance(types);
	btf__free(types);
	if (lacks)
		return why_error_set(err, WHY_EXIT_UNABLE, 0, "it wants an x86 kernel of 6.1 or "
				     "later", "the kernel lacks %s", lacks);
	if (!cfg->irq_regs || !cfg->preempt_count)
		return why_error_set(err, WHY_EXIT_UNABLE, 0, "", "the kernel's types do not tell "
				     "what an interrupt has interrupted");
	return 0;
}

/* One pass: exits first, so that no entry is ever without its exit. */
static int attach(struct stalls *s, bool exits)
{
	struct bpf_object_skeleton *all = s->skeleton;
	const struct bpf_program *p;
	int i;

	for (i = 0; i < all->prog_cnt; i++) {
		p = *all->progs[i].prog;
		if (!bpf_program__autoload(p) ||
		    (strstr(why_bpf_event(p), "_exit") != NULL) != exits)
			continue;
		*all->progs[i].link = bpf_program__attach(p);
		if (!*all->progs[i].link)
			return -errno;
	}
	return 0;
}

static int load(struct why_stall_collector *c, struct why_error *err)
{
	int rc;

	libbpf_set_print(NULL);		/* what failed is told below, in one line */
	c->programs = stalls__open();
	if (!c->programs)
		return why_error_set(err, WHY_EXIT_UNABLE, errno, "", "open the programs");
	rc = configure(c, err);
	if (rc)
		return rc;
	rc = bpf_map__set_max_entries(c->programs->maps.why_stall_cpus, c->nr_cpus);
	rc = rc ?: stalls__load(c->programs);
	if (rc)
		return why_error_set(err, WHY_EXIT_UNABLE, -rc, rc == -EPERM || rc == -EACCES ?
				     "run it as root" : "see whylate doctor",
				     "load the programs");
	c->cpus = why_bpf_map(c->programs->maps.why_stall_cpus, sizeof(*c->cpus),
				c->nr_cpus, &c->cpus_size);
	c->records = ring_buffer__new(bpf_map__fd(c->programs->maps.why_stall_records),
					take_record, c, NULL);
	if (!c->cpus || !c->records)
		return why_error_set(err, WHY_EXIT_FAILED, errno, "", "read what is found");
	rc = attach(c->programs, true) ?: attach(c->programs, false);
	return rc ? why_error_set(err, WHY_EXIT_UNABLE, -rc, "see whylate doctor",
				  "attach the programs") : 0;
}

/* An event that nobody reads: all it does is to be due. */
static int open_probe(u32 cpu, u64 period_ns)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK, .sample_period = period_ns,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, (int)cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static int open_probes(struct why_stall_collector *c, struct why_error *err)
{
	u32 cpu, nr = 0;

	if (!c->request.period_ns)
		return 0;
	for (cpu = 0; cpu < c->nr_cpus; cpu++) {
		c->probes[cpu] = open_probe(cpu, c->request.period_ns);
		nr += c->probes[cpu] >= 0;
		if (c->probes[cpu] < 0 && errno != ENODEV)
			return why_error_set(err, WHY_EXIT_UNABLE, errno,
					     errno == EACCES || errno == EPERM ?
						     "run it as root" : "another rate?",
					     "probe CPU %u", cpu);
	}
	return nr ? 0 : why_error_set(err, WHY_EXIT_UNABLE, ENODEV, "", "probe any CPU");
}

static void close_collector(struct why_stall_collector *c);

static int open_collector(const struct why_stall_request *request, u32 nr_cpus,
			  struct why_stall_collector **ret, bool *ret_has_preempt,
			  struct why_error *err)
{
	struct why_stall_collector *c = calloc(1, sizeof(*c));
	u32 i;
	int rc;

	if (c)
		c->probes = calloc(nr_cpus, sizeof(*c->probes));
	if (!c || !c->probes) {
		free(c);
		return why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "begin");
	}
	for (i = 0; i < nr_cpus; i++)
		c->probes[i] = -1;
	c->nr_cpus = nr_cpus;
	c->request = *request;
	rc = load(c, err) ?: open_probes(c, err);
	if (rc) {
		close_collector(c);
		return rc;
	}
	*ret_has_preempt = c->has_preempt;
	*ret = c;
	return 0;
}

static int take_all(struct why_stall_collector *c,
		    int (*take)(void *arg, const struct why_stall_record *r), void *arg)
{
	int n;

	c->take = take;
	c->arg = arg;
	n = ring_buffer__consume(c->records);
	return n < 0 ? n : c->rc;
}

/* perf takes fewer samples than it is asked for where they are more than it allows. */
static bool is_throttled(u64 period_ns)
{
	FILE *f = fopen("/proc/sys/kernel/perf_event_max_sample_rate", "re");
	u64 most = 0;
	bool is_known = f && fscanf(f, "%llu", &most) == 1;

	if (f)
		fclose(f);
	return is_known && most * period_ns < NSEC_PER_SEC;
}

/* A CPU that was off meanwhile has lost its probe, one that came since never had it. */
static bool is_probe_lost(const struct why_stall_collector *c, u32 cpu, u64 length_ns)
{
	u64 times[3] = { 0 };	/* count, enabled, running: perf_event_open(2) */

	return c->probes[cpu] < 0 ||
	       read(c->probes[cpu], times, sizeof(times)) != (ssize_t)sizeof(times) ||
	       times[2] < length_ns / 100 * 99;
}

static bool is_held_back(struct why_stall_collector *c, u64 length_ns)
{
	bool is_online[c->nr_cpus], is_lost = false;
	u32 i;

	if (!c->request.period_ns)
		return false;
	if (why_online_cpus(is_online, c->nr_cpus))
		return true;
	for (i = 0; i < c->nr_cpus; i++)
		is_lost |= is_online[i] && is_probe_lost(c, i, length_ns);
	return is_lost || is_throttled(c->request.period_ns);
}

static void end(struct why_stall_collector *c)
{
	u32 i;

	for (i = 0; i < c->nr_cpus; i++) {
		if (c->probes[i] >= 0)
			close(c->probes[i]);
		c->probes[i] = -1;
	}
	if (c->programs)
		stalls__detach(c->programs);
}

static void tell_tally(struct why_stall_collector *c, u32 cpu, struct why_stall_tally *ret,
		       u64 *ret_begin_ns)
{
	*ret = c->cpus[cpu].tally;
	*ret_begin_ns = c->cpus[cpu].begin_ns;
}

static void close_collector(struct why_stall_collector *c)
{
	if (!c)
		return;
	end(c);
	ring_buffer__free(c->records);
	why_bpf_unmap((void *)c->cpus, c->cpus_size);
	stalls__destroy(c->programs);
	free(c->probes);
	free(c);
}

const struct why_stall_collector_ops why_stalls_bpf = {
	.open = open_collector,
	.take = take_all,
	.is_held_back = is_held_back,
	.end = end,
	.tally = tell_tally,
	.close = close_collector,
};
