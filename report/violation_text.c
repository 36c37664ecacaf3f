// SPDX-License-Identifier: GPL-2.0-only
/* A violation's story for a person: what can be pasted into a ticket. */
#include "report/violation.h"

#include "lib/names.h"
#include "report/format.h"

enum { MOST_CULPRITS = 12, MOST_LINES = 10 /* of each end of the time-line */,
       MOST_BEFORE = 4 };

static void print_head(FILE *out, const struct why_telling *t)
{
	const struct why_violation *v = t->violation;
	struct why_buf latency, limit;
	char subject[WHY_WORDS];

	fprintf(out, "#%llu  %s %s%s", v->nr, why_kind_names[v->kind],
		why_format_ns(&latency, t->story->latency_ns), v->is_open ? " so far" : "");
	if (v->limit_ns > 1)
		fprintf(out, " > %s%s", why_format_ns(&limit, v->limit_ns),
			v->is_max ? ", the longest before" : "");
	fprintf(out, "   %s  CPU %u  +%.6f s\n", why_words_subject(subject, t), v->cpu,
		((double)v->begin_ns - (double)t->snapshot->begin_ns) / 1e9);
}

static void print_row(FILE *out, u64 ns, u64 whole, const char *cause)
{
	struct why_buf share;

	fprintf(out, "    %10.1f us  %7s  %-11s", (double)ns / 1e3,
		why_format_share(&share, ns, whole), cause);
}

/* Whether somebody did it, known or not. */
static bool has_somebody(u32 cause)
{
	return cause == WHY_CAUSE_TASK || cause == WHY_CAUSE_HARDIRQ || cause == WHY_CAUSE_SOFTIRQ;
}

static void print_table(FILE *out, const struct why_telling *t)
{
	const struct why_story *st = t->story;
	const struct why_culprit *c;
	char who[WHY_WORDS];
	u64 rest = 0;
	size_t i;

	for (i = 0; i < st->nr; i++) {
		c = &st->culprits[i];
		if (i >= MOST_CULPRITS) {
			rest += c->ns;
			continue;
		}
		print_row(out, c->ns, st->latency_ns, why_story_cause_name(c->cause));
		why_words_who(who, t, c->who);
		fprintf(out, " %s", !who[0] && has_somebody(c->cause) ? "(not known whose)" : who);
		if (c->times > 1)
			fprintf(out, ", %llu times", c->times);
		if (c->raiser.actor != WHY_ACTOR_NONE)
			fprintf(out, ", raised by %s", why_words_who(who, t, c->raiser));
		fprintf(out, " on CPU %u\n", c->cpu);
	}
	if (rest) {
		print_row(out, rest, st->latency_ns, "others");
		fprintf(out, " %zu more\n", st->nr - MOST_CULPRITS);
	}
	print_row(out, st->unexplained_ns, st->latency_ns, "unexplained");
	fprintf(out, "   %.1f us in all · window %s%s\n", (double)st->latency_ns / 1e3,
		t->violation->is_complete ? "complete" : "incomplete: ",
		t->violation->missing);
}

static void print_idle(FILE *out, const struct why_violation *v)
{
	struct why_buf one, any;

	if (!v->idle.is_known || !v->idle.any_ns)
		return;
	fprintf(out, "    CPU %u was idle and allowed for %s of it", v->idle.cpu,
		why_format_ns(&one, v->idle.ns));
	if (v->idle.any_ns != v->idle.ns)
		fprintf(out, ", one or another for %s", why_format_ns(&any, v->idle.any_ns));
	fprintf(out, ".\n");
}

/* No cause but what the CPU was like while somebody caused it. */
static void print_offs(FILE *out, const struct why_violation *v)
{
	struct why_buf least, most, stolen;
	char code[2 * sizeof(v->offs[0].code)];
	const struct why_off *o;

	for (o = v->offs; o < v->offs + v->nr_offs; o++) {
		fprintf(out, "    CPU %u had interrupts off for %s to %s of it, until %s "
			"(observed",
			o->cpu, why_format_ns(&least, o->least_ns),
			why_format_ns(&most, o->most_ns),
			why_format_name(code, sizeof(code), o->code));
		if (o->stolen_ns)
			fprintf(out, "; the hypervisor had %s of the whole section",
				why_format_ns(&stolen, o->stolen_ns));
		fputs(")\n", out);
	}
}

static void print_span(FILE *out, const struct why_telling *t, const struct why_span *s)
{
	struct why_buf ns;
	char who[WHY_WORDS];
	bool is_woken = s->class_ == WHY_SPAN_ASLEEP && s->who.actor != WHY_ACTOR_NONE;

	fprintf(out, "    %+12.1f us  CPU %-3u %-8s %s%s%s  %s\n",
		((double)s->begin_ns - (double)t->violation->begin_ns) / 1e3, s->cpu,
		why_words_class(s->class_), is_woken ? "until " : "",
		why_words_who(who, t, s->who), is_woken ? " woke it" : "",
		why_format_ns(&ns, s->end_ns - s->begin_ns));
}

/* The first and the last of many. */
static void print_spans(FILE *out, const struct why_telling *t, const struct why_spans *spans)
{
	size_t i, left_out = spans->nr > 2 * MOST_LINES ? spans->nr - 2 * MOST_LINES : 0;

	for (i = 0; i < spans->nr; i++) {
		if (left_out && i == MOST_LINES) {
			fprintf(out, "    %15s  %zu more\n", "...", left_out);
			i += left_out;
		}
		print_span(out, t, &spans->span[i]);
	}
}

/* Who woke whom, the first one first, from `from` on until `to`. */
static void print_wakes(FILE *out, const struct why_telling *t, u64 from, u64 to)
{
	const struct why_violation *v = t->violation;
	char waker[WHY_WORDS], woken[WHY_WORDS];
	const struct why_wake *w;
	u32 i;

	for (i = v->nr_wakes; i-- > 0;) {
		w = &v->wakes[i];
		if (w->at_ns < from || w->at_ns >= to)
			continue;
		why_words_who(waker, t, w->waker);
		fprintf(out, "    %+12.1f us  CPU %-3u %s woken by %s\n",
			((double)w->at_ns - (double)v->begin_ns) / 1e3, w->cpu,
			why_words_who(woken, t, (struct why_who){ WHY_ACTOR_TASK, w->pid }),
			waker[0] ? waker : "nobody that is known (idle, or no longer kept)");
	}
}

/* The last of what came before, with the wakings among them in their place. */
static void print_before(FILE *out, const struct why_telling *t)
{
	const struct why_spans *before = &t->violation->before;
	size_t i = before->nr > MOST_BEFORE ? before->nr - MOST_BEFORE : 0;
	u64 at = 0;

	for (; i < before->nr; i++) {
		print_wakes(out, t, at, before->span[i].begin_ns);
		at = before->span[i].begin_ns;
		print_span(out, t, &before->span[i]);
	}
	print_wakes(out, t, at, ~0ULL);
}

void why_report_violation(FILE *out, const struct why_telling *t)
{
	char sentence[WHY_SENTENCE];

	print_head(out, t);
	fprintf(out, "    %s\n", why_words_sentence(sentence, t));
	why_words_case(sentence, t);
	if (sentence[0])
		fprintf(out, "    %s\n", sentence);
	print_table(out, t);
	print_idle(out, t->violation);
	print_offs(out, t->violation);
	print_before(out, t);
	print_spans(out, t, &t->violation->spans);
	fprintf(out, "\n");
}
