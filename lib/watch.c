// SPDX-License-Identifier: GPL-2.0-only
/* Holding latencies to limits: see watch.h. */
#include "lib/watch_state.h"

#include "core/keyed.h"
#include "lib/replay_tasks.h"
#include "lib/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How long a violation waits for what happens after it. */
#define AFTER_NS 1000000ULL
/* What is saved of what came before one. */
#define BEFORE_NS 10000000ULL

static void set_limits(struct why_watch *w)
{
	const struct why_slo *slo;
	u32 kind, i;
	u64 limit;

	for (kind = 0; kind < WHY_KIND_NR; kind++)
		w->over_ns[kind] = ~0ULL;
	for (i = 0; i < w->config.nr_slos; i++) {
		slo = &w->config.slos[i];
		limit = slo->limit_ns ?: w->max_ns[i];
		if (!slo->is_off && limit < w->over_ns[slo->kind])
			w->over_ns[slo->kind] = limit;
	}
}

/* --- whose it is --- */

static bool is_watched_task(const struct why_watched *who, const struct why_replay_task *p)
{
	if ((who->pid && who->pid != p->pid) || (who->tgid && who->tgid != p->tgid))
		return false;
	return !who->comm || !strncmp(who->comm, p->comm, WHY_COMM_LEN);
}

static bool is_watched_line(const struct why_watched *who, const struct why_sample *s)
{
	return who->irq < 0 || (s->kind != WHY_KIND_HANDLER && s->kind != WHY_KIND_THREAD) ||
	       (u32)who->irq % 0x1000 == (u32)(why_key_id(s->key) >> 32 & 0xfff);
}

static bool is_watched(const struct why_watch *w, const struct why_sample *s)
{
	const struct why_watched *who = &w->config.watched;
	const struct why_replay_task *p;

	if (!s->pid)
		return is_watched_line(who, s);
	p = why_replay_look(w->replay, s->pid);
	return p && is_watched_task(who, p);
}

/* --- by task --- */

static void accuse(struct why_watch *w, u32 pid)
{
	const struct why_replay_task *p = pid ? why_replay_look(w->replay, pid) : NULL;
	struct why_offender *o;
	u32 i;

	if (!p)
		return;
	for (i = 0; i < WHY_KEYED_PROBES; i++) {
		o = &w->offenders[(why_place(pid, 13) + i) % WHY_WATCH_OFFENDERS];
		if (o->pid && o->pid != pid)
			continue;
		o->pid = pid;
		memcpy(o->comm, p->comm, WHY_COMM_LEN);
		o->violations++;
		return;
	}
	w->nr_other_offences++;
}

static int compare_offenders(const void *a, const void *b)
{
	const struct why_offender *l = a, *r = b;

	if (l->violations != r->violations)
		return l->violations < r->violations ? 1 : -1;
	return (l->pid > r->pid) - (l->pid < r->pid);
}

struct why_offender *why_watch_offenders(const struct why_watch *w, size_t *ret_n)
{
	struct why_offender *o = calloc(WHY_WATCH_OFFENDERS + 1, sizeof(*o));
	size_t n = 0;
	u32 i;

	if (!o)
		return NULL;
	for (i = 0; i < WHY_WATCH_OFFENDERS; i++)
		if (w->offenders[i].pid)
			o[n++] = w->offenders[i];
	/* Of tasks that found no room. */
	if (w->nr_other_offences)
		o[n++].violations = w->nr_other_offences;
	qsort(o, n, sizeof(*o), compare_offenders);
	*ret_n = n;
	return o;
}

/* --- violations --- */

static void put_pending(struct why_watch *w, const struct why_pending *p)
{
	if (w->nr_pending == WHY_WATCH_PENDING) {
		w->nr_skipped++;
		return;
	}
	if (!w->nr_pending)
		w->due_ns = w->now_ns + AFTER_NS;
	w->pending[w->nr_pending] = *p;
	w->pending[w->nr_pending++].heard_ns = w->now_ns;
}

/* What is told of a latency while it lasts, if it is about a task; NULL: nothing is. */
static struct why_told *told_of(struct why_watch *w, const struct why_sample *s)
{
	struct why_replay_task *p = s->pid ? why_replay_look(w->replay, s->pid) : NULL;

	return p ? &p->told[s->kind] : NULL;
}

static void count(struct why_watch *w, const struct why_sample *s, u32 slo, u64 limit,
		  bool is_open)
{
	struct why_told *told = is_open ? told_of(w, s) : NULL;

	w->nr[slo]++;
	w->nr_all++;
	accuse(w, s->pid);
	if (told && told->begin_ns != s->begin_ns)
		*told = (struct why_told){ .begin_ns = s->begin_ns,
					   .noted_begin_ns = told->noted_begin_ns,
					   .note = told->note };
	if (told)
		told->slos |= 1U << slo;
	if (!w->config.wants(w->config.arg, slo, s))
		return;
	if (told) {
		told->nr = w->nr_all;
		told->limit_ns = limit;
		told->slo = slo;
	}
	put_pending(w, &(struct why_pending){ *s, slo, w->nr_all, limit, 0, is_open });
}

bool why_watch_is_done(const struct why_watch *w)
{
	return w->config.most && w->nr_all >= w->config.most;
}

/* Whether the latency was counted for that limit while it lasted. */
static bool is_counted(const struct why_told *told, const struct why_sample *s, u32 slo)
{
	return told && told->begin_ns == s->begin_ns && told->slos >> slo & 1;
}

/* Whether the latency is over limit `i`, and was not found to be while it lasted. */
static bool is_new(struct why_watch *w, const struct why_sample *s, u32 i)
{
	const struct why_slo *slo = &w->config.slos[i];

	return !slo->is_off && slo->kind == s->kind &&
	       s->end_ns - s->begin_ns > (slo->limit_ns ?: w->max_ns[i]) &&
	       !is_counted(told_of(w, s), s, i);
}

/* Holds one latency to every limit of its kind. */
static void judge(struct why_watch *w, const struct why_sample *s, bool is_open)
{
	u64 ns = s->end_ns - s->begin_ns;
	const struct why_slo *slo;
	u32 i;

	for (i = 0; i < w->config.nr_slos && !why_watch_is_done(w); i++) {
		slo = &w->config.slos[i];
		if (is_new(w, s, i))
			count(w, s, i, slo->limit_ns ?: w->max_ns[i], is_open);
		/* One that lasts may grow yet. */
		if (slo->kind == s->kind && !is_open && ns > w->max_ns[i])
			w->max_ns[i] = ns;
	}
	set_limits(w);
}

static void hear(void *arg, const struct why_sample *s)
{
	struct why_watch *w = arg;
	const struct why_told *told = told_of(w, s);

	if (!is_watched(w, s))
		return;
	/* It was counted while it lasted; now all of it is known. */
	if (told && told->begin_ns == s->begin_ns && told->nr)
		put_pending(w, &(struct why_pending){ *s, told->slo, told->nr, told->limit_ns, 0,
						      false });
	judge(w, s, false);
}

static int tell_of(struct why_watch *w, const struct why_pending *p)
{
	struct why_violation *v = why_watch_build(w, p);

	if (v)
		w->config.take(w->config.arg, v);
	return v ? 0 : -ENOMEM;
}

static bool is_due(const struct why_watch *w, u64 now)
{
	return w->nr_pending && now >= w->due_ns && !w->is_put_off;
}

static int look_into(struct why_watch *w)
{
	const struct why_watch_config *c = &w->config;
	size_t n = 0;
	int rc = 0;

	while (!rc && n < w->nr_pending && !w->is_put_off) {
		rc = tell_of(w, &w->pending[n++]);
		w->is_put_off = c->is_time_up && c->is_time_up(c->arg);
	}
	w->nr_pending -= n;
	memmove(w->pending, w->pending + n, w->nr_pending * sizeof(*w->pending));
	return rc;
}

/* --- events --- */

static void remember_dead(struct why_watch *w, u32 pid)
{
	const struct why_replay_task *p = why_replay_look(w->replay, pid);

	if (p)
		why_watch_describe(p, &w->dead[w->nr_dead++ % WHY_WATCH_DEAD]);
}

static int take_one(struct why_watch *w, const struct why_event *e)
{
	const struct why_cpu *cpu = &why_replay_tables(w->replay)->cpus[e->cpu];
	u32 type = e->type;
	bool is_switch = type == WHY_RECORD_SWITCH;
	int rc = 0;

	if (is_due(w, e->at_ns))
		rc = look_into(w);
	w->now_ns = e->at_ns;
	if (is_switch && why_record_extra(e->body) & WHY_OUT_DEAD)
		remember_dead(w, why_record_b(e->body));
	why_replay_take(w->replay, e, 1);
	why_history_add(w->history, e, (u32)cpu->account.word & 0xff,
			is_switch && cpu->hidden_ns);
	return rc;
}

int why_watch_take(struct why_watch *w, const struct why_event *events, size_t n)
{
	const struct why_event *e;
	int rc = 0;

	for (e = events; !rc && e < events + n; e++)
		if (e->cpu < w->config.nr_cpus)
			rc = take_one(w, e);
	return rc;
}

static void hear_overdue(void *arg, const struct why_sample *s)
{
	struct why_watch *w = arg;
	struct why_replay_task *p = why_replay_look(w->replay, s->pid);
	struct why_told *told;
	bool is_any_new = false;
	u32 i;

	for (i = 0; i < w->config.nr_slos; i++)
		is_any_new |= is_new(w, s, i);
	if (!is_any_new || !p || !is_watched(w, s))
		return;
	told = &p->told[s->kind];
	if (told->noted_begin_ns != s->begin_ns)
		told->note = 0;
	told->noted_begin_ns = s->begin_ns;
	if (w->is_so ? w->is_so(w->is_so_arg, s, &told->note) : p->is_queued)
		judge(w, s, true);
}

int why_watch_overdue(struct why_watch *w, u64 now,
		      bool (*is_so)(void *arg, const struct why_sample *s, u64 *note), void *arg)
{
	int rc;

	w->is_so = is_so;
	w->is_so_arg = arg;
	w->now_ns = now;
	why_replay_overdue(w->replay, now, hear_overdue, w);
	rc = is_due(w, now) ? look_into(w) : 0;
	w->is_put_off = false;
	return rc;
}

void why_watch_change(struct why_watch *w, const struct why_slo *slos, size_t nr_slos)
{
	w->config.slos = slos;
	w->config.nr_slos = nr_slos;
	set_limits(w);
}

int why_watch_end(struct why_watch *w)
{
	w->config.is_time_up = NULL;
	w->is_put_off = false;
	return look_into(w);
}

int why_watch_save(const struct why_watch *w, const struct why_violation *v,
		   const struct why_meta *meta, const struct why_snapshot *s, const char *path,
		   struct why_error *err)
{
	struct why_window window = {
		.meta = meta, .snapshot = s, .history = w->history, .replay = w->replay,
		.from_ns = v->begin_ns > BEFORE_NS ? v->begin_ns - BEFORE_NS : 0,
		.to_ns = v->heard_ns + (v->is_open ? 0 : AFTER_NS),
		.queued_pid = v->is_open ? v->pid : 0,
	};

	/* No later than what is known. */
	if (window.to_ns > w->now_ns)
		window.to_ns = w->now_ns;

	return why_window_save(&window, path, err);
}

u64 why_watch_count(const struct why_watch *w, u32 slo)
{
	return w->nr[slo];
}

u64 why_watch_skipped(const struct why_watch *w)
{
	return w->nr_skipped;
}

struct why_watch *why_watch_new(const struct why_watch_config *config, struct why_replay *replay)
{
	struct why_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->config = *config;
	w->replay = replay;
	w->history = why_history_new(config->nr_cpus, config->history_shift);
	w->max_ns = calloc(WHY_WATCH_SLOS, sizeof(*w->max_ns));
	w->nr = calloc(WHY_WATCH_SLOS, sizeof(*w->nr));
	w->pending = calloc(WHY_WATCH_PENDING, sizeof(*w->pending));
	w->offenders = calloc(WHY_WATCH_OFFENDERS, sizeof(*w->offenders));
	if (!w->history || !w->max_ns || !w->nr || !w->pending || !w->offenders) {
		why_watch_free(w);
		return NULL;
	}
	set_limits(w);
	why_replay_listen(replay, w->over_ns, hear, w);
	return w;
}

void why_watch_free(struct why_watch *w)
{
	if (!w)
		return;
	why_history_free(w->history);
	free(w->max_ns);
	free(w->nr);
	free(w->pending);
	free(w->offenders);
	free(w);
}
