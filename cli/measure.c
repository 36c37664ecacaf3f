// SPDX-License-Identifier: GPL-2.0-only
/* Measuring, without a word of what the verb makes of it: see measure.h. */
#include "cli/measure.h"

#include "lib/cgroup.h"
#include "lib/machine.h"
#include "lib/process.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define MS 1000000ULL
#define SECOND 1000000000ULL
#define WINDOW (100 * MS)

static u64 earlier(u64 a, u64 b)
{
	return a < b ? a : b;
}

static bool is_subject_gone(const struct why_measurement *m)
{
	struct why_cgroup cgroup;
	struct why_error ignored;

	if (m->request.subject == WHY_SUBJECT_TGID)
		return why_process_is_gone(m->request.pid);
	if (m->request.subject == WHY_SUBJECT_CGROUP)
		return why_cgroup_find(m->request.cgroup, &cgroup, &ignored);
	return m->request.subject == WHY_SUBJECT_TID &&
	       why_thread_is_gone(m->request.pid);
}

/* When what is due next. */
struct schedule {
	u64 begin, end;
	u64 window;	/* of rates; the subject may be gone by then as well */
	u64 tick;	/* of the series */
	u64 sample;	/* the cost sample begins, then ends */
	u64 drain;	/* of the rings; ~0: nothing is recorded */
	bool is_sampling;
};

static struct schedule begin_schedule(u64 length, bool is_recorded)
{
	u64 now = why_now_ns();

	return (struct schedule){
		.begin = now,
		.end = length == ~0ULL ? ~0ULL : now + length,
		.window = now + WINDOW,
		.tick = now + SECOND,
		.sample = now + earlier(length / 4, 500 * MS),
		.drain = is_recorded ? now + MS : ~0ULL,
	};
}

/* The next of an even series of instants that lies after `now`. */
static u64 next_after(u64 at, u64 step, u64 now)
{
	return at > now ? at : at + (now - at) / step * step + step;
}

static void sample(struct why_measurement *m, struct schedule *s, u64 now)
{
	s->is_sampling = !s->is_sampling;
	why_source_sample_cost(m->source, s->is_sampling);
	s->sample = s->is_sampling ? now + earlier(m->duration_ns / 20, 100 * MS) : ~0ULL;
}

static int tick(struct why_measurement *m, struct schedule *s, u64 now, struct why_error *err)
{
	int rc = why_source_tick(m->source, m->snapshot, err);

	if (!rc && m->taker)
		rc = m->taker->tick(m->taker->arg, m->snapshot, err);
	s->tick = next_after(s->tick, SECOND, now);
	if (rc)
		return rc;
	if (m->show)
		m->show(m, now - s->begin);
	else
		why_progress("measuring", now - s->begin, m->duration_ns);
	return 0;
}

static int drain(struct why_measurement *m, struct schedule *s, struct why_error *err)
{
	u64 pause;
	int rc = m->taker->drain(m->taker->arg, &pause, err);

	s->drain = why_now_ns() + pause;
	return rc;
}

static bool is_taken(const struct why_measurement *m)
{
	return m->taker && m->taker->is_done && m->taker->is_done(m->taker->arg);
}

static u64 next_due(const struct schedule *s)
{
	return earlier(earlier(earlier(s->end, s->tick), earlier(s->sample, s->window)), s->drain);
}

static int run_schedule(struct why_measurement *m, struct why_error *err)
{
	struct schedule s = begin_schedule(m->duration_ns, m->taker);
	bool is_over = false;
	int rc = 0;
	u64 now;

	for (now = s.begin; !rc && !is_over && now < s.end; now = why_now_ns()) {
		if (now >= s.window) {
			rc = why_source_window(m->source, m->snapshot, err);
			s.window = next_after(s.window, WINDOW, now);
			is_over = is_subject_gone(m);
		}
		if (!rc && now >= s.tick)
			rc = tick(m, &s, now, err);
		if (now >= s.sample)
			sample(m, &s, now);
		if (!rc && now >= s.drain)
			rc = drain(m, &s, err);
		is_over = is_over || rc || is_taken(m) ||
			  why_wait_until(&m->signals, &m->child, next_due(&s));
	}
	if (!m->show)
		why_progress(NULL, 0, 0);
	why_source_sample_cost(m->source, false);
	return rc;
}

/* Whoever interrupts the report means to end it; the kernel takes the programs out. */
void why_measure_release(struct why_measurement *m)
{
	why_release_signals(&m->signals);
}

static int hold(struct why_measurement *m, struct why_error *err)
{
	why_hold_signals(&m->signals);
	return m->command ? why_child_prepare(&m->child, m->command, m->is_output_taken, err) : 0;
}

static int begin(struct why_measurement *m, struct why_error *err)
{
	int rc;

	if (m->taker) {
		m->request.tell = m->taker->tell;
		m->request.tell_arg = m->taker->arg;
	}
	rc = why_source_open(m->collector, &m->request, &m->source, err);
	if (rc)
		return rc;
	m->snapshot = why_snapshot_new(why_source_nr_cpus(m->source));
	if (!m->snapshot)
		return why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "keep the figures");
	rc = why_source_start(m->source, err);
	if (!rc)
		why_source_describe(m->source, m->snapshot);
	if (!rc && m->command)
		rc = why_child_release(&m->child, m->command, err);
	/* Not before all that can fail has not: an older recording of that name goes now. */
	if (!rc && m->taker)
		rc = m->taker->begin(m->taker->arg, m->source, m->snapshot, err);
	return rc;
}

static int end_taking(struct why_measurement *m, struct why_error *err)
{
	int rc = m->taker->tick(m->taker->arg, m->snapshot, err);

	return rc ?: m->taker->end(m->taker->arg, m->snapshot, err);
}

int why_measure(struct why_measurement *m, struct why_error *err)
{
	int rc = begin(m, err);

	if (!rc)
		rc = run_schedule(m, err);
	if (!rc)
		rc = why_source_freeze(m->source, err);
	if (!rc)
		rc = why_source_window(m->source, m->snapshot, err);
	if (!rc)
		rc = why_source_tick(m->source, m->snapshot, err);
	if (!rc)
		rc = why_source_snapshot(m->source, m->snapshot, err);
	if (!rc && m->taker)
		rc = end_taking(m, err);
	/* Not before its tasks have been looked at. */
	why_child_end(&m->child);
	/* Where memory is short the figures are there all the same. */
	if (!rc && why_moves_find(m->snapshot, &m->moves))
		why_moves_free(&m->moves);
	return rc;
}

void why_measure_close(struct why_measurement *m)
{
	why_source_close(m->source);
	why_moves_free(&m->moves);
	why_snapshot_free(m->snapshot);
}

const struct why_collector_ops *why_choose_collector(const struct why_collector_ops *asked)
{
	struct why_error why = { 0 }, other = { 0 };

	if (asked)
		return asked;
	if (!why_collector_bpf.probe(&why) || why_collector_module.probe(&other))
		return &why_collector_bpf;
	fprintf(stderr, "whylate: measuring by the module: eBPF can't be used: %s\n", why.what);
	return &why_collector_module;
}

static int check_subject(const struct why_measurement *m, struct why_error *err)
{
	u32 pid = m->request.pid, process;
	struct why_cgroup cgroup;

	if (m->request.subject == WHY_SUBJECT_CGROUP)
		return why_cgroup_find(m->request.cgroup, &cgroup, err);
	if (is_subject_gone(m))
		return why_error_set(err, WHY_EXIT_FAILED, ESRCH, "ps -e lists the processes",
				     "measure %u", pid);
	process = m->request.subject == WHY_SUBJECT_TGID ? why_process_of(pid) : 0;
	if (!process || process == pid)
		return 0;
	return why_error_set(err, WHY_EXIT_FAILED, 0, "-t measures one thread, -p its process",
			     "-p %u: a thread of process %u", pid, process);
}

static int check(struct why_measurement *m, struct why_error *err)
{
	int rc = check_subject(m, err);

	if (!rc)
		rc = m->collector->probe(err);
	if (!rc && m->request.split_switch && !m->collector->has_event("sched_entry_tp"))
		rc = why_error_set(err, WHY_EXIT_UNABLE, 0, "leave --split switch out",
				   "tell the scheduler's own time apart: "
				   "this kernel has no sched_entry_tp event (6.17 and later)");
	return rc;
}

int why_measure_prepare(struct why_measurement *m, const char *json, FILE **ret_json,
			struct why_error *err)
{
	int rc = check(m, err);

	if (!rc && json) {
		*ret_json = why_open_output(json, err);
		if (!*ret_json)
			return -1;
	}
	return rc ? rc : hold(m, err);
}
