// SPDX-License-Identifier: GPL-2.0-only
/* See stall_source.h. */
#include "lib/stall_source.h"

#include "build/bpf/stalls.skel.h"
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

struct why_stall_source {
	struct stalls *programs;
	struct ring_buffer *records;
	const struct why_stall_cpu *cpus;	/* [nr_cpus], mapped */
	size_t cpus_size;
	int *probes;		/* [nr_cpus], perf's; -1: none */
	struct why_stall_request request;
	u32 nr_cpus;
	u64 begin_ns;
	bool has_preempt;
	int rc;			/* of the last that was taken */
};

static int take_record(void *arg, void *data, size_t size)
{
	struct why_stall_source *src = arg;

	const struct why_stall_record *r = data;

	/* Until it has begun it sees itself begin. */
	if (!src->rc && size >= sizeof(*r) && r->stall.end_ns >= src->begin_ns)
		src->rc = src->request.take(src->request.arg, r);
	return 0;
}

/* Does without the events that this kernel lacks. Returns one it can't do without, or NULL. */
static const char *choose_programs(const struct why_stall_source *src, const struct btf *types)
{
	static const char *const needed[] = { "local_timer_entry", "local_timer_exit",
					      "hrtimer_start", "hrtimer_expire_entry" };
	struct bpf_program *p;
	const char *event;
	size_t i;

	bpf_object__for_each_program(p, src->programs->obj) {
		event = why_bpf_event(p);
		bpf_program__set_autoload(p, why_has_event(types, event) &&
					     (src->has_preempt || strncmp(event, "sched_", 6)));
	}
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!why_has_event(types, needed[i]))
			return needed[i];
	return NULL;
}

static int configure(struct why_stall_source *src, struct why_error *err)
{
	struct btf *types = why_kernel_types();
	struct why_stall_config *cfg = (struct why_stall_config *)&src->programs->rodata->why_cfg;
	const char *lacks;

	if (!types)
		return why_error_set(err, WHY_EXIT_UNABLE, errno, "see whylate doctor",
				     "read the kernel's types");
	src->has_preempt = !src->request.is_irqs_only &&
			   why_has_event(types, "sched_set_need_resched_tp") &&
			   why_has_event(types, "sched_entry_tp");
	lacks = choose_programs(src, types);
	cfg->over_ns = src->request.over_ns;
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

static int load(struct why_stall_source *src, struct why_error *err)
{
	int rc;

	libbpf_set_print(NULL);		/* what failed is told below, in one line */
	src->programs = stalls__open();
	if (!src->programs)
		return why_error_set(err, WHY_EXIT_UNABLE, errno, "", "open the programs");
	rc = configure(src, err);
	if (rc)
		return rc;
	rc = bpf_map__set_max_entries(src->programs->maps.why_stall_cpus, src->nr_cpus);
	rc = rc ?: stalls__load(src->programs);
	if (rc)
		return why_error_set(err, WHY_EXIT_UNABLE, -rc, rc == -EPERM || rc == -EACCES ?
				     "run it as root" : "see whylate doctor",
				     "load the programs");
	src->cpus = why_bpf_map(src->programs->maps.why_stall_cpus, sizeof(*src->cpus),
				src->nr_cpus, &src->cpus_size);
	src->records = ring_buffer__new(bpf_map__fd(src->programs->maps.why_stall_records),
					take_record, src, NULL);
	if (!src->cpus || !src->records)
		return why_error_set(err, WHY_EXIT_FAILED, errno, "", "read what is found");
	rc = attach(src->programs, true) ?: attach(src->programs, false);
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

static int open_probes(struct why_stall_source *src, struct why_error *err)
{
	u32 cpu, nr = 0;

	if (!src->request.period_ns)
		return 0;
	for (cpu = 0; cpu < src->nr_cpus; cpu++) {
		src->probes[cpu] = open_probe(cpu, src->request.period_ns);
		nr += src->probes[cpu] >= 0;
		if (src->probes[cpu] < 0 && errno != ENODEV)
			return why_error_set(err, WHY_EXIT_UNABLE, errno,
					     errno == EACCES || errno == EPERM ?
						     "run it as root" : "another rate?",
					     "probe CPU %u", cpu);
	}
	return nr ? 0 : why_error_set(err, WHY_EXIT_UNABLE, ENODEV, "", "probe any CPU");
}

int why_stall_source_open(const struct why_stall_request *request, struct why_stall_source **ret,
			  struct why_error *err)
{
	struct why_stall_source *src = calloc(1, sizeof(*src));
	int nr_cpus = why_nr_possible_cpus(), i, rc;

	if (src && nr_cpus > 0)
		src->probes = calloc((size_t)nr_cpus, sizeof(*src->probes));
	if (!src || !src->probes) {
		free(src);
		return why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "begin");
	}
	for (i = 0; i < nr_cpus; i++)
		src->probes[i] = -1;
	src->nr_cpus = (u32)nr_cpus;
	src->request = *request;
	rc = load(src, err) ?: open_probes(src, err);
	if (rc) {
		why_stall_source_close(src);
		return rc;
	}
	src->begin_ns = why_now_ns();
	*ret = src;
	return 0;
}

int why_stall_source_take(struct why_stall_source *src, struct why_error *err)
{
	int n = ring_buffer__consume(src->records);
	int rc = n < 0 ? n : src->rc;

	return rc < 0 ? why_error_set(err, WHY_EXIT_FAILED, -rc, "", "read what is found") : 0;
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
static bool is_probe_lost(const struct why_stall_source *src, u32 cpu, u64 length_ns)
{
	u64 times[3] = { 0 };	/* count, enabled, running: perf_event_open(2) */

	return src->probes[cpu] < 0 ||
	       read(src->probes[cpu], times, sizeof(times)) != (ssize_t)sizeof(times) ||
	       times[2] < length_ns / 100 * 99;
}

static bool is_held_back(const struct why_stall_source *src)
{
	u64 length_ns = why_now_ns() - src->begin_ns;
	bool is_online[src->nr_cpus], is_lost = false;
	u32 i;

	if (!src->request.period_ns)
		return false;
	if (why_online_cpus(is_online, src->nr_cpus))
		return true;
	for (i = 0; i < src->nr_cpus; i++)
		is_lost |= is_online[i] && is_probe_lost(src, i, length_ns);
	return is_lost || is_throttled(src->request.period_ns);
}

static void add_tallies(struct why_stalls *s, const struct why_stall_cpu *cpus)
{
	const struct why_stall_tally *t;
	struct why_stall_tally *sum = &s->tally;
	double share;
	u32 i;

	for (i = 0; i < s->nr_cpus; i++) {
		t = &cpus[i].tally;
		sum->nr_due += t->nr_due;
		sum->nr_user += t->nr_user;
		sum->nr_user_late += t->nr_user_late;
		sum->nr_stolen += t->nr_stolen;
		sum->nr_unplaced += t->nr_unplaced;
		sum->nr_lost += t->nr_lost;
		share = cpus[i].begin_ns && cpus[i].begin_ns < s->end_ns ?
			(double)t->timer_ns / (double)(s->end_ns - cpus[i].begin_ns) : 0;
		if (share > s->timer_share_max)
			s->timer_share_max = share;
	}
}

static void stop(struct why_stall_source *src)
{
	u32 i;

	for (i = 0; src->probes && i < src->nr_cpus; i++) {
		if (src->probes[i] >= 0)
			close(src->probes[i]);
		src->probes[i] = -1;
	}
	if (src->programs)
		stalls__detach(src->programs);
}

int why_stall_source_finish(struct why_stall_source *src, struct why_stalls *ret,
			    struct why_error *err)
{
	int rc;

	ret->is_held_back = is_held_back(src);
	stop(src);
	rc = why_stall_source_take(src, err);
	ret->nr_cpus = src->nr_cpus;
	ret->over_ns = src->request.over_ns;
	ret->period_ns = src->request.period_ns;
	ret->has_preempt = src->has_preempt;
	ret->begin_ns = src->begin_ns;
	ret->end_ns = why_now_ns();
	if (!rc)
		add_tallies(ret, src->cpus);
	return rc;
}

u64 why_stall_source_lost(const struct why_stall_source *src)
{
	u64 lost = 0;
	u32 i;

	for (i = 0; i < src->nr_cpus; i++)
		lost += WHY_LOAD(src->cpus[i].tally.nr_lost);
	return lost;
}

void why_stall_source_close(struct why_stall_source *src)
{
	if (!src)
		return;
	stop(src);
	ring_buffer__free(src->records);
	why_bpf_unmap((void *)src->cpus, src->cpus_size);
	stalls__destroy(src->programs);
	free(src->probes);
	free(src);
}
