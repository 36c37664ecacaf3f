// SPDX-License-Identifier: GPL-2.0-only
/*
 * The replay's events of tasks: see replay.h. The order within each event is the recording
 * adapter's (hooks/switch.c, sched.c).
 */
#include "lib/replay_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where the kernel's count of switches starts: only differences are recorded. */
#define FIRST_COUNT (1ULL << 32)

/* All that it calls is inlined, but for what is said to be aside. */
#define FLAT static __attribute__((flatten))

/* What is asked of a replay. Each way has a loop over the events of its own (why_replay_take()). */
struct way {
	bool lengths_only;
	bool is_heard;
};

/* A switch, once it is known whose. */
struct turn {
	struct why_cpu *cpu;
	struct why_replay_task *prev, *next;	/* NULL: idle, or none was had */
	u64 count;				/* the kernel's, after it; 0: not shown */
	u32 how;
};

/* How nearly every task leaves: it blocks, or another one takes its place. */
enum {
	USUAL = WHY_OUT_SUBJECT | WHY_SWITCH_NEXT_SUBJECT | WHY_SWITCH_KNOWN,
	BLOCKED = USUAL | WHY_OUT_VOLUNTARY,
	PREEMPTED = USUAL | WHY_OUT_RUNNABLE,
};

static struct why_replay_task *task_of(struct why_replay *r, u32 pid)
{
	return pid ? why_replay_task(&r->tasks, pid) : NULL;
}

static void note_worst(struct why_cpu *cpu, u32 worst, const struct why_replay_task *p)
{
	u32 kind;

	for (kind = 0; WHY_RARELY(worst >> kind); kind++)
		if (worst >> kind & 1)
			memcpy(cpu->rows[kind].worst_comm, p->comm, WHY_COMM_LEN);
}

/*
 * A wait that `p` has ended on CPU `id` at `end`, split once more: it and the account are as the
 * core closed them.
 */
static void tell_wait(const struct why_replay *r, const struct why_replay_task *p, u32 id,
		      const struct why_wait *w, u64 end)
{
	struct why_sample s = { .kind = w->kind, .cpu = id, .begin_ns = w->start_ns,
				.end_ns = end, .pid = p->pid };
	u32 ignored;

	if (w->kind >= WHY_KIND_NR_WAITS || end - w->start_ns <= r->over_ns[w->kind] ||
	    end < w->start_ns)
		return;
	why_wait_close(w, &r->tables.cpus[id].account, end, s.causes, &ignored);
	r->hear(r->hear_arg, &s);
}

/* What waits for `cpu` are split by; NULL where they are not. */
static const struct why_account *wait_account(const struct why_replay *r,
					      const struct why_cpu *cpu)
{
	return r->config.lengths_only ? NULL : &cpu->account;
}

static struct why_cpu *cpu_at(struct why_replay *r, u32 id)
{
	if (id < r->config.nr_cpus)
		return &r->tables.cpus[id];
	r->nr_nonsense++;
	return NULL;
}

/* A turn of the task's loop has ended, if it paused; as the recording adapter found. */
static void settle_relief(struct why_replay *r, struct why_replay_task *p,
			  const struct why_event *e)
{
	struct why_cpu *waker = &r->tables.cpus[e->cpu];
	u32 how = why_record_extra(e->body), worst;

	if (how & WHY_WAKING_RELIEF) {
		if (p->task.turn_ns && p->task.slept_ns)
			why_replay_tell_length(r, (struct why_sample){
				.kind = WHY_KIND_RELIEF, .cpu = p->task.wait.cpu, .pid = p->pid,
				.begin_ns = p->task.turn_ns, .end_ns = p->task.slept_ns,
			});
		worst = why_cpu_task_relieved(waker, &p->task, e->at_ns, p->pid);
		note_worst(waker, worst, p);
	} else if (how & WHY_WAKING_PAUSED) {
		p->task.turn_ns = e->at_ns;
	}
	p->task.slept_ns = 0;
}

/* A waking opens a wait, as the recording adapter decided. */
static void wake(struct why_replay *r, struct why_replay_task *p, const struct why_event *e,
		 u32 target, struct way way)
{
	const struct why_account *a = way.lengths_only ? NULL : &r->tables.cpus[target].account;

	settle_relief(r, p, e);
	p->task.state = WHY_TASK_WAITING;
	why_cpu_task_woken(&p->task, a, e->at_ns, target, e->cpu);
}

WHY_INLINE void take_waking(struct why_replay *r, const struct why_event *e, struct way way)
{
	struct why_replay_task *p = task_of(r, why_record_a(e->body));
	u32 target = why_record_b(e->body);

	if (!p)
		return;
	if (WHY_RARELY(target >= r->config.nr_cpus))
		r->nr_nonsense++;
	else if (why_record_extra(e->body) & WHY_WAKING_OPENS)
		wake(r, p, e, target, way);
	else if (p->task.state == WHY_TASK_RUNNING)
		p->task.state = WHY_TASK_PENDING;
}

static void take_wakeup(struct why_replay *r, const struct why_event *e)
{
	struct why_replay_task *p = task_of(r, why_record_a(e->body));
	struct why_cpu *target = cpu_at(r, why_record_b(e->body));

	if (p && target && why_record_extra(e->body))
		why_wait_enqueued(&p->task.wait, wait_account(r, target), e->at_ns,
				  e->cpu != p->task.wait.waker_cpu);
}

static void take_migration(struct why_replay *r, const struct why_event *e)
{
	struct why_replay_task *p = task_of(r, why_record_a(e->body));
	u32 to_id = why_record_extra(e->body), state;
	struct why_cpu *to = cpu_at(r, to_id);

	if (!p || !to || p->task.wait.cpu == to_id)
		return;
	state = p->task.state;
	if (state != WHY_TASK_WAITING && state != WHY_TASK_WOKEN && state != WHY_TASK_NEW)
		return;
	if (p->task.wait.cpu < r->config.nr_cpus)
		why_wait_move(&p->task.wait, wait_account(r, &r->tables.cpus[p->task.wait.cpu]),
			      wait_account(r, to), e->at_ns, to_id);
}

static void take_new(struct why_replay *r, const struct why_event *e)
{
	u32 pid = why_record_a(e->body);
	struct why_replay_task *parent = why_replay_find(&r->tasks, why_record_b(e->body));
	struct why_replay_task *p;

	/* The last one of that pid died unseen. */
	why_replay_drop(&r->tasks, pid);
	p = task_of(r, pid);
	if (!p)
		return;
	p->tgid = pid;
	if (parent) {
		if (why_record_extra(e->body))
			p->tgid = parent->tgid;
		p->cgroup_id = parent->cgroup_id;
		p->is_subject = parent->is_subject;
		memcpy(p->comm, parent->comm, sizeof(p->comm));
	}
	why_cpu_task_new(&p->task, wait_account(r, &r->tables.cpus[e->cpu]), e->at_ns, e->cpu);
}

static void take_adopted(struct why_replay *r, const struct why_event *e)
{
	struct why_replay_task *p = task_of(r, why_record_a(e->body));

	if (p && p->task.state == WHY_TASK_UNKNOWN)
		p->task.state = why_record_extra(e->body);
}

static void take_priority(struct why_replay *r, const struct why_event *e)
{
	struct why_replay_task *p = task_of(r, why_record_a(e->body));

	if (!p)
		return;
	p->prio = why_record_b(e->body);
	p->policy = why_record_extra(e->body);
	p->has_priority = true;
}

/* The statistics of a dead task move to the row of its name. */
static void bury(struct why_replay *r, struct why_cpu *cpu, struct why_replay_task *p,
		 bool is_subject)
{
	struct why_exited *dead;

	if (!r->config.lengths_only && (is_subject || p->task.stats.occupied_waits)) {
		dead = why_replay_dead(&r->tasks, p->comm);
		if (dead)
			why_exited_add(dead, &p->task, p->pid, p->tgid, p->cgroup_id, is_subject);
		else
			cpu->lost[WHY_LOSS_EXITED]++;
	}
	why_replay_drop(&r->tasks, p->pid);
}

/* What ends where `p` leaves is told by the rows of the CPU that have grown. */
static void note_before(const struct why_cpu *cpu, const struct why_replay_task *p,
			struct why_replay_before *ret)
{
	u32 kind;

	ret->task = p->task;
	for (kind = 0; kind < WHY_KIND_NR_TASK; kind++)
		ret->nr[kind] = cpu->rows[kind].hist.count;
}

static void tell_leaving(const struct why_replay *r, const struct why_cpu *cpu,
			 const struct why_replay_task *p, const struct why_switch *sw, u32 id,
			 const struct why_replay_before *before)
{
	struct why_sample s = { .kind = WHY_KIND_RUN, .cpu = id, .pid = p->pid,
				.begin_ns = before->task.since_ns, .end_ns = sw->now };
	struct why_wait wait = before->task.wait;

	if (cpu->rows[WHY_KIND_RUN].hist.count != before->nr[WHY_KIND_RUN])
		why_replay_tell_length(r, s);
	s.kind = WHY_KIND_RESPONSE;
	s.begin_ns = before->task.woken_ns;
	if (cpu->rows[WHY_KIND_RESPONSE].hist.count != before->nr[WHY_KIND_RESPONSE])
		why_replay_tell_length(r, s);
	if (wait.kind >= WHY_KIND_NR_WAITS ||
	    cpu->rows[wait.kind].hist.count == before->nr[wait.kind])
		return;
	/* Its coming was hidden: as the core ends it. */
	wait.doubt_ns -= cpu->hidden_ns;
	tell_wait(r, p, id, &wait, sw->now - cpu->hidden_ns);
}

static void leave(struct why_replay *r, struct turn t, const struct why_switch *sw, u32 id,
		  struct way way)
{
	struct why_replay_task *p = t.prev;

	if (way.is_heard)
		note_before(t.cpu, p, &r->before);
	note_worst(t.cpu, why_cpu_task_out(t.cpu, &p->task, sw, id), p);
	if (way.is_heard)
		tell_leaving(r, t.cpu, p, sw, id, &r->before);
	if (WHY_RARELY(sw->out & WHY_OUT_PARTIAL)) {
		p->task.state = WHY_TASK_UNKNOWN;
	} else if (sw->out & WHY_OUT_RUNNABLE) {
		p->task.state = WHY_TASK_WAITING;
	} else if (t.how & WHY_SWITCH_WOKEN) {
		why_cpu_task_pended(t.cpu, &p->task, sw, id);
		p->task.state = WHY_TASK_WOKEN;
	} else {
		p->task.state = WHY_TASK_SLEEPING;
	}
	p->is_subject = sw->out & WHY_OUT_SUBJECT;
}

static void occupy(struct why_cpu *cpu, u32 prev_pid, struct why_replay_task *prev, u64 wait_ns)
{
	if (prev) {
		prev->task.stats.occupied_waits++;
		prev->task.stats.occupied_ns += wait_ns;
	} else if (!prev_pid) {
		cpu->idle_occupied_waits++;
		cpu->idle_occupied_ns += wait_ns;
	}
}

static void come(struct why_replay *r, struct turn t, const struct why_switch *sw, u32 id,
		 struct way way)
{
	struct why_replay_task *p = t.next;
	u64 wait_ns;

	note_worst(t.cpu, why_cpu_task_in(t.cpu, &p->task, sw, &wait_ns), p);
	p->is_subject = sw->is_next_subject;
	if (way.is_heard && wait_ns != WHY_NO_WAIT)
		tell_wait(r, p, id, &p->task.wait, sw->now);
	if (wait_ns != WHY_NO_WAIT && r->config.kinds >> (p->task.wait.kind & 31) & 1)
		occupy(t.cpu, sw->prev_pid, t.prev, wait_ns);
}

/* The kernel's count after a switch, from what its record tells of the difference. */
static u64 count_after(const struct why_replay_cpu *state, const struct why_cpu *cpu, u32 extra)
{
	u64 hidden = extra >> WHY_SWITCH_HIDDEN_SHIFT;

	if (WHY_RARELY(!state->has_count))
		return 0;
	if (WHY_RARELY(!(extra & WHY_SWITCH_KNOWN) || !cpu->rq_switches))
		return FIRST_COUNT;
	return cpu->rq_switches + 1 + (hidden ?: state->hidden);
}

/*
 * No switch was hidden, and yet another pid leaves than came: it was exchanged by an exec
 * meanwhile, a thread's for its leader's or the dying leader's for that thread's.
 */
static void follow_exec(struct why_replay *r, const struct why_cpu *cpu, u32 prev_pid, u64 count)
{
	if (prev_pid != cpu->current_pid && prev_pid && cpu->current_pid && cpu->rq_switches &&
	    count == cpu->rq_switches + 1)
		why_replay_exchange(&r->tasks, cpu->current_pid, prev_pid);
}

WHY_INLINE void switch_tasks(struct why_replay *r, const struct why_event *e, struct turn t,
			     struct way way)
{
	struct why_switch sw = {
		.now = e->at_ns, .rq_switches = t.count, .prev_pid = why_record_b(e->body),
		.next_pid = why_record_a(e->body), .out = t.how & 0xff,
		.was = t.prev ? t.prev->task.state : WHY_TASK_UNKNOWN,
		.is_next_subject = (t.how & WHY_SWITCH_NEXT_SUBJECT) != 0,
		.is_next_soft = t.next && t.next->task.is_soft,
		.keep = way.lengths_only ? WHY_KEEP_LENGTHS : WHY_KEEP_ALL,
	};

	if (WHY_RARELY(why_cpu_switch(t.cpu, &sw)))
		why_irqs_forget(&t.cpu->irqs);
	if (t.prev)
		leave(r, t, &sw, e->cpu, way);
	if (t.next)
		come(r, t, &sw, e->cpu, way);
	if (WHY_RARELY(sw.out & WHY_OUT_DEAD) && t.prev)
		bury(r, t.cpu, t.prev, sw.out & WHY_OUT_SUBJECT);
}

WHY_ASIDE void take_any_switch(struct why_replay *r, const struct why_event *e, struct why_cpu *cpu,
			       struct way way)
{
	struct why_replay_cpu *state = &r->state[e->cpu];
	u32 prev_pid = why_record_b(e->body);
	struct turn t = { .cpu = cpu, .how = why_record_extra(e->body) };

	t.count = count_after(state, cpu, t.how);
	state->hidden = 0;
	if (!state->is_after_gap)
		follow_exec(r, cpu, prev_pid, t.count);
	state->is_after_gap = false;
	if (!(t.how & WHY_SWITCH_NO_PREV))
		t.prev = task_of(r, prev_pid);
	if (!(t.how & WHY_SWITCH_NO_NEXT))
		t.next = task_of(r, why_record_a(e->body));
	switch_tasks(r, e, t, way);
}

/*
 * Nearly every switch between tasks: it follows the CPU's last one, and all is known of both. A CPU
 * has rq_switches only where it has_count.
 */
WHY_INLINE bool is_plain(const struct why_replay_cpu *state, struct turn t, u32 prev_pid,
			 u32 next_pid)
{
	return t.next && !t.next->task.is_soft && t.prev && t.cpu->current_pid == prev_pid &&
	       next_pid && t.cpu->rq_switches && !(state->is_after_gap | state->hidden);
}

WHY_INLINE void take_switch(struct why_replay *r, const struct why_event *e, struct why_cpu *cpu,
			    const struct why_replay_cpu *state, struct way way)
{
	u32 prev_pid = why_record_b(e->body), next_pid = why_record_a(e->body), how;
	struct turn t = {
		.cpu = cpu, .how = why_record_extra(e->body), .count = cpu->rq_switches + 1,
		.prev = why_replay_find(&r->tasks, prev_pid),
		.next = why_replay_find(&r->tasks, next_pid),
	};

	/* Said twice, so that the compiler settles in each copy what it is that `how` decides. */
	how = is_plain(state, t, prev_pid, next_pid) ? t.how : 0;
	if (how == BLOCKED) {
		t.how = BLOCKED;
		switch_tasks(r, e, t, way);
	} else if (how == PREEMPTED) {
		t.how = PREEMPTED;
		switch_tasks(r, e, t, way);
	} else {
		take_any_switch(r, e, cpu, way);
	}
}

/* Eight bytes of a name or a cgroup's id. */
static void take_text(struct why_replay *r, const struct why_event *e)
{
	struct why_replay_cpu *s = &r->state[e->cpu];
	struct why_replay_task *p = why_replay_find(&r->tasks, s->text_pid);

	if (p && s->text_of == WHY_RECORD_NAMED && s->text_at < WHY_COMM_LEN)
		memcpy(p->comm + s->text_at, &e->body, sizeof(e->body));
	else if (p && s->text_of == WHY_RECORD_GROUPED)
		p->cgroup_id = e->body;
	s->text_at += sizeof(e->body);
}

static void begin_text(struct why_replay *r, const struct why_event *e)
{
	struct why_replay_cpu *s = &r->state[e->cpu];

	s->text_of = e->type;
	s->text_pid = why_record_a(e->body);
	s->text_at = 0;
	task_of(r, s->text_pid);
}

static void take_begin(struct why_replay *r, const struct why_event *e)
{
	struct why_cpu *cpu = &r->tables.cpus[e->cpu];
	u32 context = why_record_b(e->body) & 0xff, has_count = why_record_extra(e->body);

	cpu->account.word = context;
	r->state[e->cpu].has_count = true;
	why_cpu_begin(cpu, e->at_ns, why_record_a(e->body), has_count ? FIRST_COUNT : 0);
	if ((context & WHY_CTX_BASE) == WHY_BASE_OFFLINE)
		why_cpu_offline(cpu, e->at_ns, 0);
	else
		r->state[e->cpu].has_count = has_count;
}

static void take_end(struct why_replay *r, const struct why_event *e)
{
	struct why_cpu *cpu = &r->tables.cpus[e->cpu];

	why_cpu_end(cpu, e->at_ns, cpu->rq_switches ? cpu->rq_switches + e->body : 0);
	if (r->state[e->cpu].has_gap)
		cpu->end_rq_switches = 0;
}

static void take_offline(struct why_replay *r, const struct why_event *e)
{
	struct why_cpu *cpu = &r->tables.cpus[e->cpu];

	why_cpu_offline(cpu, e->at_ns, cpu->rq_switches ? cpu->rq_switches + e->body : 0);
	why_irqs_reset(&cpu->irqs);
}

/* A thread's exec, unless a switch has told of it before. */
static void take_renamed(struct why_replay *r, const struct why_event *e)
{
	struct why_cpu *cpu = &r->tables.cpus[e->cpu];

	if (cpu->current_pid != why_record_b(e->body))
		return;
	why_replay_exchange(&r->tasks, cpu->current_pid, why_record_a(e->body));
	cpu->current_pid = why_record_a(e->body);
}

/*
 * That CPU may have pulled and run whoever waits, wherever; who ran there may have left it. Who
 * runs elsewhere, or sleeps, is seen to go on.
 */
static void forget_tasks(struct why_replay *r, u32 cpu)
{
	struct why_replay_task *p;
	u32 i, state;

	for (i = 0; i < r->tasks.nr_used; i++) {
		p = why_replay_at(&r->tasks, i);
		state = p->task.state;
		if (p->pid == r->tables.cpus[cpu].current_pid)
			p->task.state = WHY_TASK_UNKNOWN;
		else if (state != WHY_TASK_WAITING && state != WHY_TASK_WOKEN &&
			 state != WHY_TASK_NEW)
			continue;
		p->task.wait.start_ns = p->task.since_ns = p->task.woken_ns = 0;
		p->task.slept_ns = p->task.turn_ns = 0;
	}
}

/*
 * Records of this CPU are missing up to now. What it did since the last one nobody knows; nor what
 * it does until its next switch; nor how many switches there were.
 */
static void take_lost(struct why_replay *r, const struct why_event *e)
{
	struct why_cpu *cpu = &r->tables.cpus[e->cpu];
	u64 ns = why_account_since(cpu->account.word, e->at_ns);

	cpu->lost[WHY_LOSS_RING_OVERRUN] += e->body;
	if (ns >> 55)
		return;
	forget_tasks(r, e->cpu);
	why_irqs_reset(&cpu->irqs);
	cpu->account.ns[WHY_CLASS_UNSEEN] += ns;
	cpu->account.word = why_account_word(e->at_ns, WHY_BASE_UNSEEN);
	r->state[e->cpu].has_gap = r->state[e->cpu].is_after_gap = true;
}

/* All but switches and wakings, of which there are most. */
WHY_ASIDE void take_rare(struct why_replay *r, const struct why_event *e)
{
	switch (e->type) {
	case WHY_RECORD_HIDDEN:
		r->state[e->cpu].hidden = e->body;
		return;
	case WHY_RECORD_WAKEUP:
		return take_wakeup(r, e);
	case WHY_RECORD_MIGRATE:
		return take_migration(r, e);
	case WHY_RECORD_NEW:
		return take_new(r, e);
	case WHY_RECORD_ADOPTED:
		return take_adopted(r, e);
	case WHY_RECORD_PRIORITY:
		return take_priority(r, e);
	case WHY_RECORD_RENAMED:
		return take_renamed(r, e);
	case WHY_RECORD_NAMED:
	case WHY_RECORD_GROUPED:
		return begin_text(r, e);
	case WHY_RECORD_TEXT:
		return take_text(r, e);
	case WHY_RECORD_BEGIN:
		return take_begin(r, e);
	case WHY_RECORD_OFFLINE:
		return take_offline(r, e);
	case WHY_RECORD_END:
		return take_end(r, e);
	case WHY_RECORD_LOST:
		return take_lost(r, e);
	default:
		why_replay_interrupt(r, e);
	}
}

void why_replay_listen(struct why_replay *r, const u64 *over_ns,
		       void (*hear)(void *arg, const struct why_sample *sample), void *arg)
{
	r->over_ns = over_ns;
	r->hear_arg = arg;
	r->hear = hear;
}

struct why_replay_task *why_replay_look(const struct why_replay *r, u32 pid)
{
	return why_replay_find(&r->tasks, pid);
}

WHY_INLINE void take(struct why_replay *r, const struct why_event *events, size_t n,
		     struct way way)
{
	struct why_replay_cpu *state = &r->state[events->cpu];
	struct why_cpu *cpu = &r->tables.cpus[events->cpu];
	const struct why_event *e;
	u32 type;

	for (e = events; e < events + n; e++) {
		type = e->type;
		if (WHY_RARELY(cpu->phase != WHY_PHASE_ACTIVE) && type != WHY_RECORD_BEGIN)
			r->nr_outside++;
		else if (type == WHY_RECORD_SWITCH)
			take_switch(r, e, cpu, state, way);
		else if (type == WHY_RECORD_WAKING)
			take_waking(r, e, way);
		else
			take_rare(r, e);
	}
}

FLAT void replay_heard(struct why_replay *r, const struct why_event *events, size_t n)
{
	take(r, events, n,
	     (struct way){ .lengths_only = r->config.lengths_only, .is_heard = true });
}

FLAT void replay_lengths(struct why_replay *r, const struct why_event *events, size_t n)
{
	take(r, events, n, (struct way){ .lengths_only = true });
}

FLAT void replay_whole(struct why_replay *r, const struct why_event *events, size_t n)
{
	take(r, events, n, (struct way){ .lengths_only = false });
}

void why_replay_take(struct why_replay *r, const struct why_event *events, size_t n)
{
	if (!n)
		return;
	if (events->cpu >= r->config.nr_cpus)
		r->nr_nonsense += n;
	else if (r->hear)
		replay_heard(r, events, n);
	else if (r->config.lengths_only)
		replay_lengths(r, events, n);
	else
		replay_whole(r, events, n);
}
