// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a switch does: see cpu.h. Called with interrupts off on the CPU that owns `cpu`, in the
 * order account, leaving task, coming task.
 */
#include "core/cpu.h"

/* A length that came out negative: the clock went back between the two events. */
static u32 is_backward(struct why_cpu *cpu, u64 ns)
{
	if (!WHY_RARELY((s64)ns < 0))
		return 0;
	cpu->lost[WHY_LOSS_CLOCK_BACK]++;
	return 1;
}

static void count_account_verdict(struct why_cpu *cpu, u32 verdict)
{
	if (WHY_RARELY(verdict == WHY_ACCOUNT_CLOCK_BACK))
		cpu->lost[WHY_LOSS_CLOCK_BACK]++;
	else if (WHY_RARELY(verdict == WHY_ACCOUNT_STUCK))
		cpu->lost[WHY_LOSS_UNPAIRED]++;
}

/* Switches hidden since the last one we saw, by the kernel's own count. */
static u64 hidden_switches(const struct why_cpu *cpu, const struct why_switch *sw)
{
	if (!sw->rq_switches || !cpu->rq_switches)
		return 0;
	return sw->rq_switches - cpu->rq_switches - 1;
}

u64 why_cpu_switch(struct why_cpu *cpu, const struct why_switch *sw)
{
	u64 hidden = hidden_switches(cpu, sw);
	/* Where none is hidden a new pid is that of a thread that took its leader's by exec. */
	u32 is_known = sw->rq_switches && cpu->rq_switches;
	u32 is_break = sw->prev_pid != cpu->current_pid && (hidden || !is_known);
	u32 base = sw->next_pid ? WHY_BASE_TASK : WHY_BASE_IDLE;

	cpu->lost[WHY_LOSS_UNSEEN_CONTEXT] += hidden;
	cpu->lost[WHY_LOSS_BREAK] += is_break;
	/* A CPU that was offline at the beginning begins here. */
	if (WHY_RARELY(!cpu->begin_rq_switches) && sw->rq_switches)
		cpu->begin_rq_switches = sw->rq_switches - 1;
	cpu->nr_switches++;
	cpu->rq_switches = sw->rq_switches;
	cpu->current_pid = sw->next_pid;
	count_account_verdict(cpu, why_account_switch(&cpu->account, sw->now, base,
						      sw->is_next_soft, hidden || is_break));
	cpu->hidden_ns = hidden || is_break ? cpu->account.unseen_ns : 0;
	return hidden ?: is_break;
}

static u32 add_row(struct why_cpu *cpu, u32 kind, u64 ns, u64 now, u32 pid)
{
	struct why_row *row = &cpu->rows[kind];

	if (!WHY_RARELY(why_hist_add(&row->hist, &cpu->bucket[0][kind], ns)))
		return 0;
	row->worst_at_ns = now;
	row->worst_pid = pid;
	return 1U << kind;
}

WHY_ASIDE void begin_rate(struct why_cpu *cpu, struct why_task *t, u64 now)
{
	if (t->rate_start_ns) {
		why_hist_add(&cpu->rates, &cpu->bucket[0][WHY_LANE_RATES], t->rate_count);
		if (t->rate_count > t->stats.rate_max)
			t->stats.rate_max = t->rate_count;
	}
	t->rate_start_ns = now;
	t->rate_count = 1;
}

/* Windows of one second follow each other while the task switches; a gap starts a new one. */
static void count_rate(struct why_cpu *cpu, struct why_task *t, u64 now)
{
	if (WHY_RARELY(!t->rate_start_ns || now - t->rate_start_ns >= WHY_RATE_WINDOW_NS))
		begin_rate(cpu, t, now);
	else
		t->rate_count++;
}

static u32 end_run(struct why_cpu *cpu, struct why_task *t, const struct why_switch *sw)
{
	u64 ns = sw->now - t->since_ns;

	if (WHY_RARELY(!t->since_ns) || is_backward(cpu, ns))
		return 0;	/* on the CPU since before the measurement */
	t->stats.run_ns += ns;
	return add_row(cpu, WHY_KIND_RUN, ns, sw->now, sw->prev_pid);
}

static u32 end_response(struct why_cpu *cpu, struct why_task *t, const struct why_switch *sw)
{
	u64 ns = sw->now - t->woken_ns;
	u32 worst;

	if (is_backward(cpu, ns))
		return 0;
	t->slept_ns = sw->now;
	if (sw->keep == WHY_KEEP_NOTHING)
		return 0;
	worst = add_row(cpu, WHY_KIND_RESPONSE, ns, sw->now, sw->prev_pid);
	if (sw->keep == WHY_KEEP_ALL)
		why_tally_add(&t->stats.response, ns);
	return worst;
}

static struct why_tally *tally_of(struct why_task_stats *s, u32 kind)
{
	if (kind == WHY_KIND_WAKEUP)
		return &s->wakeup;
	return kind == WHY_KIND_NEW ? &s->fresh : &s->preempted;
}

/* The same length as why_wait_close() has. */
static u32 end_length(struct why_cpu *cpu, const struct why_task *t, u64 now, u32 pid)
{
	u64 ns = now - t->wait.start_ns;

	if (WHY_RARELY(t->wait.kind >= WHY_KIND_NR_WAITS))
		return 0;
	if (!WHY_RARELY((s64)ns < 0))
		return add_row(cpu, t->wait.kind, ns, now, pid);
	cpu->lost[WHY_LOSS_TORN_READ]++;
	return add_row(cpu, t->wait.kind, 0, now, pid);
}

static u32 end_wait(struct why_cpu *cpu, struct why_task *t, u64 now, u32 pid, u64 *ret_wait_ns)
{
	u32 kind = t->wait.kind, verdict;
	u64 *causes, hard, soft;

	if (WHY_RARELY(kind >= WHY_KIND_NR_WAITS))
		return 0;
	causes = cpu->rows[kind].causes;
	hard = causes[WHY_CAUSE_HARDIRQ];
	soft = causes[WHY_CAUSE_SOFTIRQ];
	*ret_wait_ns = why_wait_close(&t->wait, &cpu->account, now, causes, &verdict);
	/* Rare, and far from what a switch touches anyway. */
	if (WHY_RARELY(causes[WHY_CAUSE_HARDIRQ] != hard))
		t->stats.hardirq_ns += causes[WHY_CAUSE_HARDIRQ] - hard;
	if (WHY_RARELY(causes[WHY_CAUSE_SOFTIRQ] != soft))
		t->stats.softirq_ns += causes[WHY_CAUSE_SOFTIRQ] - soft;
	if (WHY_RARELY(verdict != WHY_ACCOUNT_OK))
		cpu->lost[WHY_LOSS_TORN_READ]++;
	why_tally_add(tally_of(&t->stats, kind), *ret_wait_ns);
	return add_row(cpu, kind, *ret_wait_ns, now, pid);
}

static u32 is_waiting(u32 state)
{
	return state == WHY_TASK_WAITING || state == WHY_TASK_WOKEN || state == WHY_TASK_NEW;
}

static u32 is_on_cpu(u32 state)
{
	return state == WHY_TASK_RUNNING || state == WHY_TASK_PENDING;
}

/*
 * A task leaves whose coming was hidden: it waited until some time in the span that nobody saw,
 * so its wait counts up to there, a lower bound. The unseen time of the span is in the account by
 * now; the wait gives it back.
 */
static u32 end_hidden_wait(struct why_cpu *cpu, struct why_task *t, const struct why_switch *sw)
{
	u64 end = sw->now - cpu->hidden_ns, wait_ns;

	cpu->lost[WHY_LOSS_UNSEEN_RUN]++;
	if (sw->keep == WHY_KEEP_NOTHING || !cpu->hidden_ns || !t->wait.start_ns ||
	    end <= t->wait.start_ns)
		return 0;
	if (sw->keep == WHY_KEEP_LENGTHS)
		return end_length(cpu, t, end, sw->prev_pid);
	t->wait.doubt_ns -= cpu->hidden_ns;
	return end_wait(cpu, t, end, sw->prev_pid, &wait_ns);
}

/* The task that had the CPU when the measurement began: CPU time, though no whole run. */
static u64 first_run_ns(const struct why_cpu *cpu, const struct why_task *t, u64 now)
{
	if (!WHY_RARELY(cpu->nr_switches == 1) || t->since_ns || cpu->lost[WHY_LOSS_BREAK] ||
	    cpu->lost[WHY_LOSS_UNSEEN_CONTEXT])
		return 0;
	return now - cpu->begin_ns;
}

static void count_switch(struct why_cpu *cpu, struct why_task *t, const struct why_switch *sw)
{
	count_rate(cpu, t, sw->now);
	if (sw->keep != WHY_KEEP_ALL)
		return;
	t->stats.run_ns += first_run_ns(cpu, t, sw->now);
	if (sw->out & WHY_OUT_VOLUNTARY)
		t->stats.nr_voluntary++;
	else
		t->stats.nr_involuntary++;
}

static u32 end_slice(struct why_cpu *cpu, struct why_task *t, const struct why_switch *sw)
{
	u32 state = sw->was, worst = 0;

	if (sw->keep != WHY_KEEP_NOTHING)
		count_switch(cpu, t, sw);
	if (WHY_RARELY(!is_on_cpu(state))) {
		if (!is_waiting(state) || sw->out & WHY_OUT_PARTIAL)
			return 0;
		return end_hidden_wait(cpu, t, sw);
	}
	if (sw->keep != WHY_KEEP_NOTHING)
		worst = end_run(cpu, t, sw);
	if (t->woken_ns && !(sw->out & (WHY_OUT_RUNNABLE | WHY_OUT_DEAD | WHY_OUT_LOCK)))
		worst |= end_response(cpu, t, sw);
	return worst;
}

static const struct why_account *split_by(const struct why_cpu *cpu, const struct why_switch *sw)
{
	return sw->keep == WHY_KEEP_ALL ? &cpu->account : 0;
}

u32 why_cpu_task_out(struct why_cpu *cpu, struct why_task *t, const struct why_switch *sw, u32 id)
{
	u32 worst = 0;

	if (sw->out & WHY_OUT_SUBJECT)
		worst = end_slice(cpu, t, sw);
	t->since_ns = sw->now;
	t->is_soft = sw->out & WHY_OUT_SOFT;
	t->is_locked_out = sw->out & WHY_OUT_LOCK;
	if (sw->out & WHY_OUT_RUNNABLE) {
		why_wait_open(&t->wait, split_by(cpu, sw), sw->now, id);
		t->wait.kind = WHY_KIND_PREEMPTED;
	} else {
		/* That wait is told: a claim without a beginning must not tell it again. */
		t->wait.start_ns = 0;
		if (!(sw->out & WHY_OUT_LOCK))
			t->woken_ns = 0;
	}
	return worst;
}

/* The wait of a waking begins; the response too, but where it goes on from before a lock. */
static void open_wakeup(struct why_task *t, const struct why_account *a, u64 now, u32 id, u32 waker)
{
	why_wait_open(&t->wait, a, now, id);
	t->wait.kind = WHY_KIND_WAKEUP;
	t->wait.waker_cpu = waker;
	if (!t->is_locked_out)
		t->woken_ns = now;
}

void why_cpu_task_pended(struct why_cpu *cpu, struct why_task *t, const struct why_switch *sw,
			 u32 id)
{
	open_wakeup(t, split_by(cpu, sw), sw->now, id, id);
}

/* What it did elsewhere meanwhile nobody saw: what was under way is no sample. */
static void forget_past(struct why_task *t)
{
	t->woken_ns = 0;
	t->slept_ns = 0;
	t->turn_ns = 0;
}

u32 why_cpu_task_in(struct why_cpu *cpu, struct why_task *t, const struct why_switch *sw,
		    u64 *ret_wait_ns)
{
	u32 state = t->state, worst = 0;

	*ret_wait_ns = WHY_NO_WAIT;
	if (WHY_RARELY(sw->out & WHY_OUT_PARTIAL)) {
		forget_past(t);
	} else if (is_waiting(state)) {
		if (t->wait.start_ns && sw->is_next_subject && sw->keep != WHY_KEEP_NOTHING)
			worst = sw->keep == WHY_KEEP_LENGTHS ?
					end_length(cpu, t, sw->now, sw->next_pid) :
					end_wait(cpu, t, sw->now, sw->next_pid, ret_wait_ns);
	} else if (is_on_cpu(state) || state == WHY_TASK_SLEEPING) {
		cpu->lost[state == WHY_TASK_SLEEPING ? WHY_LOSS_UNSEEN_WAKING :
						       WHY_LOSS_UNSEEN_OUT]++;
		forget_past(t);
	}
	t->since_ns = sw->now;
	WHY_STORE(t->state, WHY_TASK_RUNNING);
	return worst;
}

void why_cpu_task_woken(struct why_task *t, const struct why_account *a, u64 now, u32 id,
			u32 waker)
{
	u64 since;

	open_wakeup(t, a, now, id, waker);
	since = WHY_LOAD(t->since_ns);
	if (since <= now)
		return;
	/* Its coming was hidden; the switch that it met has opened its wait before us. */
	if (WHY_LOAD(t->state) == WHY_TASK_WOKEN) {
		open_wakeup(t, a, since, id, id);
	} else if (WHY_LOAD(t->state) == WHY_TASK_WAITING) {
		why_wait_open(&t->wait, a, since, id);
		t->wait.kind = WHY_KIND_PREEMPTED;
	}
}

u32 why_cpu_task_relieved(struct why_cpu *waker, struct why_task *t, u64 now, u32 pid)
{
	u64 begin = t->turn_ns, end = t->slept_ns;

	t->turn_ns = now;
	if (!begin || end < begin)
		return 0;
	why_tally_add(&t->stats.relief, end - begin);
	return add_row(waker, WHY_KIND_RELIEF, end - begin, end, pid);
}

void why_cpu_task_new(struct why_task *t, const struct why_account *a, u64 now, u32 id)
{
	why_wait_open(&t->wait, a, now, id);
	t->wait.kind = WHY_KIND_NEW;
	WHY_STORE(t->state, WHY_TASK_NEW);
}

void why_cpu_begin(struct why_cpu *cpu, u64 now, u32 pid, u64 rq_switches)
{
	WHY_STORE(cpu->phase, WHY_PHASE_ENDED);
	why_account_start(&cpu->account, now, pid ? WHY_BASE_TASK : WHY_BASE_IDLE);
	cpu->current_pid = pid;
	cpu->rq_switches = rq_switches;
	cpu->begin_rq_switches = rq_switches;
	cpu->begin_ns = now;
	WHY_STORE(cpu->phase, WHY_PHASE_ACTIVE);
}

void why_cpu_offline(struct why_cpu *cpu, u64 now, u64 rq_switches)
{
	count_account_verdict(cpu, why_account_offline(&cpu->account, now));
	if (rq_switches && cpu->rq_switches)
		cpu->offline_switches += rq_switches - cpu->rq_switches;
	cpu->rq_switches = rq_switches;
	cpu->current_pid = 0;
}

void why_cpu_end(struct why_cpu *cpu, u64 now, u64 rq_switches)
{
	WHY_STORE(cpu->phase, WHY_PHASE_ENDED);
	count_account_verdict(cpu, why_account_update(&cpu->account, now));
	if (cpu->rq_switches && rq_switches)
		cpu->lost[WHY_LOSS_UNSEEN_CONTEXT] += rq_switches - cpu->rq_switches;
	cpu->end_rq_switches = rq_switches;
	cpu->end_ns = now;
}
