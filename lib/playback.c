// SPDX-License-Identifier: GPL-2.0-only
/* Playing a recording back: see playback.h. */
#include "lib/playback.h"

#include "lib/collect.h"
#include "lib/counts.h"
#include "lib/keyed.h"
#include "lib/machine.h"
#include "lib/merge.h"
#include "lib/pack.h"
#include "lib/rates.h"
#include "lib/recording.h"
#include "lib/replay.h"
#include "lib/series.h"
#include "lib/texts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_NS 100000000ULL
/* How long after its last event a recording may say that it ended. */
#define TAIL_NS	  10000000000ULL

/* One CPU's runs of events, in the order of the file. */
struct lane {
	u32 *sections;			/* [nr] */
	u32 nr, next;
	struct why_event *events;	/* [1 + WHY_PACK_EVENTS] the run at hand, from [1] on */
	u64 damaged;			/* events of runs before it that could not be read */
};

struct player {
	struct why_recording file;
	struct why_meta meta;
	struct why_replay *replay;
	struct why_snapshot *into;
	struct why_series *series;
	struct why_rates *rates;
	struct why_pressure first, last, next;
	struct why_cgroup_map *cgroups;
	struct why_run_reader *reader;
	struct lane *lanes;		/* [nr_cpus] */
	struct why_stream *streams;	/* [nr_cpus] */
	struct why_merge merge;
	u32 section;			/* that the next TICK is looked for from */
	u64 tick_ns, window_ns;		/* when the next is due; ~0: there is none */
	u64 from_ns, to_ns;		/* CLOCK_MONOTONIC */
	u64 end_ns;			/* by the FINAL; 0: there is none */
	u64 last_ns;			/* of the events taken */
	u64 file_last_ns;		/* of all events, by the sections' heads */
	u64 lost;			/* events */
	u64 damaged;			/* sections that could not be read */
	bool has_final, is_whole, lengths_only;
	bool has_queued;		/* the FINAL tells which waits the kernel confirmed */
	const struct why_observer *observer;
	void (*progress)(u64 done, u64 all);
};

static int no_memory(struct why_error *err)
{
	return why_error_set(err, WHY_EXIT_FAILED, ENOMEM, "", "replay the recording");
}

static const struct why_section_head *find(const struct player *p, enum why_section what, u32 *at)
{
	for (; *at < p->file.nr; (*at)++)
		if (p->file.sections[*at].what == what)
			return &p->file.sections[*at];
	return NULL;
}

/*
 * Tables are made for each CPU, so a few bytes must not tell of thousands: every one that there is
 * begins and ends with an event, and holes in their numbers are few.
 */
static int check_cpus(struct player *p, const char *path, struct why_error *err)
{
	u32 i, nr_told = 0, told[WHY_MOST_CPUS / 32] = {}, cpu;
	const struct why_section_head *h;

	for (i = 0; i < p->file.nr; i++) {
		h = &p->file.sections[i];
		cpu = h->cpu;
		if (h->what != WHY_SECTION_EVENTS || !h->nr_events || cpu >= WHY_MOST_CPUS)
			continue;
		nr_told += !(told[cpu / 32] >> cpu % 32 & 1);
		told[cpu / 32] |= 1U << cpu % 32;
	}
	if (p->meta.nr_cpus > p->file.nr_cpus)
		p->meta.nr_cpus = p->file.nr_cpus;
	if (p->meta.nr_cpus && nr_told && p->meta.nr_cpus <= 4 * nr_told + 32)
		return 0;
	return why_error_set(err, WHY_EXIT_FAILED, 0, "record again", "%.200s: has no events%s",
			     path, nr_told ? " of most of its CPUs" : "");
}

static int read_meta(struct player *p, const char *path, struct why_error *err)
{
	u32 at = 0;
	char *text = find(p, WHY_SECTION_META, &at) ? why_recording_text(&p->file, at, err) : NULL;
	int rc = text ? why_meta_read(text, &p->meta) : -EBADMSG;

	free(text);
	if (rc)
		return why_error_set(err, WHY_EXIT_FAILED, 0,
				     "record again: without its head nothing of it can be told",
				     "%.200s: says of no machine that it was recorded on", path);
	return check_cpus(p, path, err);
}

static int name_task(void *arg, const struct why_task_record *r)
{
	why_replay_name(arg, r);
	return 0;
}

static int queue_task(void *arg, const struct why_task_record *r)
{
	struct player *p = arg;

	p->has_queued = true;
	why_replay_queued(p->replay, r);
	return 0;
}

/* Texts that are good for the whole recording; one that is damaged is counted and left out. */
static int read_texts(struct player *p)
{
	struct why_error ignored;
	char *text;
	int rc = 0;
	u32 i;

	for (i = 0; i < p->file.nr && rc != -ENOMEM; i++) {
		enum why_section what = p->file.sections[i].what;

		if (what != WHY_SECTION_TASKS && what != WHY_SECTION_ROWS)
			continue;
		text = why_recording_text(&p->file, i, &ignored);
		if (!text)
			rc = -EBADMSG;
		else if (what == WHY_SECTION_ROWS)
			rc = why_rows_read(text, why_replay_tables(p->replay));
		else
			rc = why_tasks_read(text, name_task, p->replay, p->cgroups);
		free(text);
		p->damaged += rc == -EBADMSG;
	}
	return rc == -ENOMEM ? rc : 0;
}

/* Reads the TICK at or after p->section into p->next, and when it is due. */
static void read_tick(struct player *p)
{
	struct why_error ignored;
	char *text = NULL;

	p->tick_ns = ~0ULL;
	while (p->tick_ns == ~0ULL && find(p, WHY_SECTION_TICK, &p->section)) {
		text = why_recording_text(&p->file, p->section++, &ignored);
		if (!text || why_tick_read(text, &p->tick_ns, &p->next, p->into))
			p->damaged++;
		free(text);
	}
}

static int sort_lanes(struct player *p)
{
	const struct why_section_head *h;
	struct lane *lane;
	u32 i, *sections;

	for (i = 0; i < p->file.nr; i++) {
		h = &p->file.sections[i];
		if (h->what != WHY_SECTION_EVENTS || h->cpu >= p->meta.nr_cpus)
			continue;
		if (h->last_ns > p->file_last_ns)
			p->file_last_ns = h->last_ns;
		lane = &p->lanes[h->cpu];
		if (!(lane->nr & (lane->nr - 1))) {
			sections = realloc(lane->sections,
					   (lane->nr ? 2 * lane->nr : 1) * sizeof(*sections));
			if (!sections)
				return -ENOMEM;
			lane->sections = sections;
		}
		lane->sections[lane->nr++] = i;
	}
	for (i = 0; i < p->meta.nr_cpus; i++) {
		p->lanes[i].events = calloc(1 + (p->lanes[i].nr ? WHY_PACK_EVENTS : 0),
					    sizeof(struct why_event));
		if (!p->lanes[i].events)
			return -ENOMEM;
	}
	return 0;
}

/* Runs before the one at hand are missing: an event before it that says so. */
static const struct why_event *tell_damage(struct lane *lane, u32 cpu)
{
	u64 at = lane->events[1].at_ns;

	lane->events[0] = why_event_of(cpu, at, WHY_RECORD_LOST, lane->damaged);
	lane->damaged = 0;
	return lane->events;
}

/* The next run of CPU `cpu`; runs that are damaged are lost events. */
static int refill(void *arg, u32 cpu, struct why_stream *ret)
{
	struct player *p = arg;
	struct lane *lane = &p->lanes[cpu];
	const struct why_section_head *h;
	long n = 0;

	while (lane->next < lane->nr && n <= 0) {
		h = &p->file.sections[lane->sections[lane->next]];
		n = why_recording_events(&p->file, lane->sections[lane->next++], p->reader,
					 lane->events + 1);
		p->lost += h->lost;
		if (n < 0) {
			p->damaged++;
			p->lost += h->nr_events;
			lane->damaged += h->nr_events;
		}
		if (p->progress)
			p->progress(h->offset, p->file.bytes);
	}
	ret->at = lane->events + 1;
	ret->end = ret->at + (n > 0 ? n : 0);
	if (n > 0 && lane->damaged)
		ret->at = tell_damage(lane, cpu);
	return 0;
}

static int prepare(struct player *p)
{
	struct why_replay_config config = {
		.nr_cpus = p->meta.nr_cpus, .keyed_shift = p->meta.keyed_shift,
		.kinds = p->meta.kinds, .is_rt = p->meta.is_rt,
		.lengths_only = p->lengths_only,
	};
	u32 nr = p->meta.nr_cpus;

	p->replay = why_replay_new(&config);
	p->into = why_snapshot_new(nr);
	p->series = why_series_new(nr, p->meta.kinds);
	p->rates = why_rates_new(nr);
	p->cgroups = why_cgroup_map_empty();
	p->reader = why_run_reader_new();
	p->lanes = calloc(nr, sizeof(*p->lanes));
	p->streams = calloc(nr, sizeof(*p->streams));
	if (!p->replay || !p->into || !p->series || !p->rates || !p->cgroups || !p->reader ||
	    !p->lanes || !p->streams || why_pressure_init(&p->first, nr) ||
	    why_pressure_init(&p->last, nr) || why_pressure_init(&p->next, nr))
		return -ENOMEM;
	p->merge = (struct why_merge){
		.nr = nr, .streams = p->streams, .refill = refill, .arg = p,
	};
	return read_texts(p) ?: sort_lanes(p);
}

static int begin_observer(struct player *p)
{
	const struct why_observer *o = p->observer;

	return o ? o->begin(o->arg, p->replay, p->meta.nr_cpus, p->meta.begin_ns) : 0;
}

static void release(struct player *p)
{
	u32 i;

	for (i = 0; p->lanes && i < p->meta.nr_cpus; i++) {
		free(p->lanes[i].sections);
		free(p->lanes[i].events);
	}
	why_merge_end(&p->merge);
	free(p->lanes);
	free(p->streams);
	why_run_reader_free(p->reader);
	why_replay_free(p->replay);
	why_series_free(p->series);
	why_rates_free(p->rates);
	why_pressure_free(&p->first);
	why_pressure_free(&p->last);
	why_pressure_free(&p->next);
	why_cgroup_map_free(p->cgroups);
	why_recording_close(&p->file);
}

static int not_yet(void *arg, const struct why_task_record *r)
{
	(void)arg, (void)r;
	return 0;
}

/* `take`: what becomes of the tasks as they stood at the end. */
static int read_final(struct player *p, int (*take)(void *arg, const struct why_task_record *r))
{
	struct why_error ignored;
	u32 at = 0;
	u64 end;
	char *text;
	int rc = 0;

	for (; rc != -ENOMEM && find(p, WHY_SECTION_FINAL, &at); at++) {
		text = why_recording_text(&p->file, at, &ignored);
		rc = text ? why_final_end(text, &end, why_replay_tables(p->replay), take, p,
					  p->cgroups) :
			    -EBADMSG;
		free(text);
		if (!rc && end)
			p->end_ns = end;
	}
	p->has_final = p->end_ns != 0;
	return rc == -ENOMEM ? rc : 0;
}

/* The figures begin now: at the recording's beginning, or later (`from`). */
static void begin_figures(struct player *p, u64 now)
{
	p->into->begin_ns = now;
	why_pressure_copy(&p->first, &p->last);
	why_series_begin(p->series, now, &p->first);
	why_rates_begin(p->rates, now);
	p->window_ns = now + WINDOW_NS;
}

static int make_tick(struct player *p, u64 now)
{
	return why_series_tick(p->series, why_replay_tables(p->replay), now, &p->last, p->into);
}

/* The next that any event may lie in: in the others nothing comes. */
static u64 next_window(const struct player *p, u64 now)
{
	u64 next = now + WINDOW_NS, first = why_merge_time(&p->merge);

	if (first != ~0ULL && first > next)
		next += (first - next) / WINDOW_NS * WINDOW_NS;
	return next;
}

/* What is due at `now`, between two events. */
static int take_due(struct player *p, u64 now)
{
	int rc = 0;

	if (now == p->tick_ns) {
		why_pressure_copy(&p->last, &p->next);
		if (now > p->into->begin_ns)
			rc = make_tick(p, now);
		read_tick(p);
	}
	if (now == p->window_ns) {
		rc = rc ?: why_rates_window(p->rates, why_replay_tables(p->replay), now, p->into);
		p->window_ns = next_window(p, now);
	}
	return rc;
}

static u64 earlier(u64 a, u64 b)
{
	return a < b ? a : b;
}

/* No event is left, and nothing that is due belongs to the recording's last moment. */
static bool is_over(const struct player *p, u64 due)
{
	u64 end = p->last_ns + TAIL_NS < p->end_ns ? p->last_ns + TAIL_NS : p->end_ns;

	return why_merge_time(&p->merge) == ~0ULL && due > end;
}

static int take(struct player *p, const struct why_event *run, size_t n)
{
	if (p->observer)
		return p->observer->take(p->observer->arg, run, n);
	why_replay_take(p->replay, run, n);
	return 0;
}

/* Takes all events before `until`, with what is due among them. */
static int play(struct player *p, u64 until)
{
	const struct why_event *run;
	u64 due;
	size_t n;
	int rc = 0;

	while (!rc) {
		due = earlier(until, earlier(p->tick_ns, p->window_ns));
		rc = why_merge_next(&p->merge, due, &run, &n);
		if (rc)
			break;
		if (n) {
			rc = take(p, run, n);
			p->last_ns = run[n - 1].at_ns;
			continue;
		}
		if (due == until || is_over(p, due))
			break;
		rc = take_due(p, due);
	}
	return rc;
}

/* The last tick and window, which end where the recording does. */
static int end_figures(struct player *p)
{
	struct why_snapshot *s = p->into;
	const struct why_tick *last = s->nr_ticks ? &s->ticks[s->nr_ticks - 1] : NULL;
	u64 end = last ? last->at_ns + last->span_ns : s->begin_ns;
	int rc = why_rates_window(p->rates, why_replay_tables(p->replay), s->end_ns, s);

	return rc || end >= s->end_ns ? rc : make_tick(p, s->end_ns);
}

static void describe(struct player *p)
{
	struct why_snapshot *s = p->into;
	struct why_recording_facts *f = &s->recording;

	s->collector = strcmp(p->meta.collector, "module") ? "bpf" : "module";
	snprintf(s->hostname, sizeof(s->hostname), "%s", p->meta.hostname);
	snprintf(s->kernel, sizeof(s->kernel), "%s", p->meta.kernel);
	s->kinds = p->meta.kinds;
	s->lengths_only = p->lengths_only;
	s->has_split_waker = p->meta.has_split_waker;
	s->has_split_switch = p->meta.has_split_switch;
	f->is_set = true;
	f->events = p->file.nr_events;
	f->bytes = p->file.bytes;
	f->is_complete = p->file.is_complete && p->has_final && !p->damaged;
	f->lost = p->lost;
	f->damaged = p->damaged + why_replay_nonsense(p->replay);
	snprintf(f->damage, sizeof(f->damage), "%s", p->file.damage);
}

/* Where a count of the kernel's comes from a part of the recording alone, it is not known. */
static void forget_counts(struct why_snapshot *s, const char *why)
{
	size_t i;

	for (i = 0; i < s->nr_counts; i++)
		s->counts[i].why = why;
}

static int collect(struct player *p)
{
	struct why_snapshot *s = p->into;
	struct why_tables *t = why_replay_tables(p->replay);
	struct why_collection c = { .into = s, .cgroups = p->cgroups };
	struct why_count_offsets none = {};
	int rc = why_collect_keyed(s, t, false);
	u32 i;

	if (!rc)
		rc = why_collect_counts(s, t, &none);
	if (!rc)
		rc = why_collect_cpus(&c, t->cpus, &p->first, &p->last);
	if (!rc)
		rc = why_replay_collect(p->replay, &c, p->has_queued);
	for (i = 0; i < s->nr_cpus; i++) {
		s->has_rq_switches |= s->cpus[i].end_rq_switches != 0;
		s->facts[i].is_seen = t->cpus[i].begin_ns != 0;
	}
	if (!rc)
		why_snapshot_merge(s);
	return rc;
}

/* What only the recorder's last words tell. */
static int add_final(struct player *p)
{
	struct why_snapshot *s = p->into;
	struct why_error ignored;
	char *text;
	int rc = 0;
	u32 at;

	for (at = 0; at < p->meta.nr_cpus; at++)
		s->lost[WHY_LOSS_RING_OVERRUN] += p->lanes[at].damaged;
	forget_counts(s, p->has_final ? "known for the whole recording alone" :
					"the recording has no end, where it would stand");
	s->overhead.events = p->file.nr_events;
	for (at = 0; p->has_final && !rc && find(p, WHY_SECTION_FINAL, &at); at++) {
		text = why_recording_text(&p->file, at, &ignored);
		rc = text ? why_final_read(text, s, p->is_whole) : 0;
		free(text);
	}
	if (p->has_final && p->is_whole)
		why_counts_sum(s);
	return rc == -EBADMSG ? 0 : rc;
}

static int run(struct player *p, const struct why_playback_range *range)
{
	u64 begin = p->meta.begin_ns;
	int rc = read_final(p, not_yet);

	if (rc)
		return rc;
	p->is_whole = !range->from_ns && range->to_ns == ~0ULL;
	p->from_ns = begin + range->from_ns;
	p->to_ns = range->to_ns == ~0ULL ? ~0ULL : begin + range->to_ns;
	p->window_ns = ~0ULL;
	read_tick(p);
	if (p->tick_ns != ~0ULL && p->tick_ns <= begin) {
		why_pressure_copy(&p->last, &p->next);
		read_tick(p);
	}
	begin_figures(p, begin);
	rc = why_merge_begin(&p->merge);
	if (!rc && range->from_ns) {
		rc = play(p, p->from_ns);
		why_replay_restart(p->replay, p->from_ns);
		why_snapshot_clear_series(p->into);
		begin_figures(p, p->from_ns);
	}
	rc = rc ?: play(p, p->to_ns);
	return rc || !p->is_whole ? rc : read_final(p, queue_task);
}

static int nothing_there(const struct player *p, const char *path, struct why_error *err)
{
	return why_error_set(err, WHY_EXIT_FAILED, 0, "ask for an earlier part",
			     "%.200s: no event is later than %s", path,
			     p->from_ns > p->meta.begin_ns ? "--from" : "its beginning");
}

static int finish(struct player *p)
{
	u64 end = p->to_ns == ~0ULL ? p->last_ns : p->file_last_ns;

	if (p->end_ns && p->end_ns <= end + TAIL_NS)
		end = p->end_ns;
	p->into->end_ns = earlier(p->to_ns, end);
	if (p->observer && p->observer->end(p->observer->arg, p->into->end_ns))
		return -ENOMEM;
	why_replay_stop(p->replay, p->into->end_ns);
	return end_figures(p) ?: collect(p) ?: add_final(p);
}

int why_playback(const char *path, const struct why_playback_range *range,
		 const struct why_observer *observer,
		 void (*progress)(u64 done, u64 all), struct why_snapshot **ret,
		 struct why_error *err)
{
	struct player p = { .observer = observer, .progress = progress,
			    .lengths_only = range->lengths_only };
	u64 begin = why_now_ns();
	int rc = why_recording_open(path, &p.file, err);

	if (rc)
		return rc;
	rc = read_meta(&p, path, err);
	if (!rc) {
		rc = prepare(&p) ?: begin_observer(&p) ?: run(&p, range);
		if (!rc && p.into->begin_ns > p.file_last_ns)
			rc = nothing_there(&p, path, err);
		else if (rc || finish(&p) || why_replay_is_short(p.replay))
			rc = no_memory(err);
	}
	if (!rc) {
		describe(&p);
		p.into->recording.analysis_ns = why_now_ns() - begin;
		*ret = p.into;
	} else {
		why_snapshot_free(p.into);
	}
	release(&p);
	return rc;
}
