// SPDX-License-Identifier: GPL-2.0-only
/* A violation's story as a line of JSON: docs/json.md. */
#include "report/json.h"
#include "report/violation.h"

#include "lib/names.h"

#include <errno.h>
#include <string.h>

enum { MOST_EVENTS = 1000 };

static struct json_object *task_of(const struct why_person *p)
{
	struct json_object *o;

	if (!p)
		return NULL;
	o = json_object_new_object();
	json_object_object_add(o, "pid", why_json_u64(p->pid));
	json_object_object_add(o, "tgid", why_json_u64(p->tgid));
	json_object_object_add(o, "comm", why_json_name(p->comm));
	if (!p->has_priority) {
		why_json_null(o, "policy", "not seen to come to a CPU");
		return o;
	}
	json_object_object_add(o, "policy", json_object_new_string(why_words_policy(p->policy)));
	json_object_object_add(o, "prio", json_object_new_int(why_words_prio(p)));
	return o;
}

static void add_who(struct json_object *o, const struct why_telling *t, struct why_who who)
{
	char words[WHY_WORDS];

	json_object_object_add(o, "who", who.actor == WHY_ACTOR_NONE ? NULL :
					 why_json_name(why_words_who(words, t, who)));
	if (who.actor == WHY_ACTOR_TASK)
		json_object_object_add(o, "pid", why_json_u64(who.id));
	else if (who.actor == WHY_ACTOR_LINE)
		json_object_object_add(o, "irq", why_json_u64(who.id));
}

static struct json_object *causes_of(const struct why_telling *t)
{
	struct json_object *array = json_object_new_array(), *o;
	const struct why_culprit *c;
	char words[WHY_WORDS];
	size_t i;

	for (i = 0; i < t->story->nr; i++) {
		c = &t->story->culprits[i];
		o = json_object_new_object();
		json_object_object_add(o, "cause",
				       json_object_new_string(why_story_cause_name(c->cause)));
		add_who(o, t, c->who);
		json_object_object_add(o, "cpu", why_json_u64(c->cpu));
		json_object_object_add(o, "ns", why_json_u64(c->ns));
		json_object_object_add(o, "times", why_json_u64(c->times));
		if (c->raiser.actor != WHY_ACTOR_NONE)
			json_object_object_add(o, "raised_by", why_json_name(
				why_words_who(words, t, c->raiser)));
		json_object_array_add(array, o);
	}
	return array;
}

static struct json_object *wake_of(const struct why_telling *t, const struct why_wake *w)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "at_ns", why_json_u64(w->at_ns));
	json_object_object_add(o, "what", json_object_new_string("sched_waking"));
	json_object_object_add(o, "cpu", why_json_u64(w->cpu));
	add_who(o, t, w->waker);
	json_object_object_add(o, "woken_pid", why_json_u64(w->pid));
	return o;
}

static struct json_object *span_of(const struct why_telling *t, const struct why_span *s)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "at_ns", why_json_u64(s->begin_ns));
	json_object_object_add(o, "what", json_object_new_string(why_words_class(s->class_)));
	json_object_object_add(o, "cpu", why_json_u64(s->cpu));
	add_who(o, t, s->who);
	json_object_object_add(o, "ns", why_json_u64(s->end_ns - s->begin_ns));
	return o;
}

/* The wakings, then what the CPUs did, up to MOST_EVENTS. */
static struct json_object *events_of(const struct why_telling *t)
{
	const struct why_violation *v = t->violation;
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = v->nr_wakes; i-- > 0;)
		json_object_array_add(array, wake_of(t, &v->wakes[i]));
	for (i = 0; i < v->before.nr && i < MOST_EVENTS; i++)
		json_object_array_add(array, span_of(t, &v->before.span[i]));
	for (i = 0; i < v->spans.nr && i < MOST_EVENTS; i++)
		json_object_array_add(array, span_of(t, &v->spans.span[i]));
	return array;
}

/* What a row with a key is about, in its own words. */
static struct json_object *key_of(const struct why_telling *t)
{
	struct json_object *o;
	char words[WHY_WORDS];

	if (t->violation->pid || !t->violation->key)
		return NULL;
	o = json_object_new_object();
	if (t->violation->irq >= 0)
		json_object_object_add(o, "irq", json_object_new_int(t->violation->irq));
	json_object_object_add(o, "name", why_json_name(why_words_subject(words, t)));
	return o;
}

static struct json_object *case_of(const struct why_telling *t)
{
	struct json_object *o;
	struct why_named_case d;
	char words[WHY_SENTENCE];

	why_diagnose(t->violation, t->story, &d);
	if (d.what == WHY_CASE_NONE)
		return NULL;
	o = json_object_new_object();
	json_object_object_add(o, "what", json_object_new_string(why_case_names[d.what]));
	json_object_object_add(o, "holder_pid", d.holder ? why_json_u64(d.holder) : NULL);
	json_object_object_add(o, "culprit_pid", d.culprit ? why_json_u64(d.culprit) : NULL);
	json_object_object_add(o, "ns", why_json_u64(d.ns));
	json_object_object_add(o, "text", why_json_name(why_words_case(words, t)));
	return o;
}

static void add_idle(struct json_object *o, const struct why_violation *v)
{
	struct json_object *idle;

	if (!v->idle.is_known) {
		json_object_object_add(o, "idle_elsewhere", NULL);
		json_object_object_add(o, "idle_elsewhere_why", json_object_new_string(
			v->kind < WHY_KIND_NR_WAITS ?
				"the CPUs that the task may use are known live only" :
				"told of waits for a CPU"));
		return;
	}
	idle = json_object_new_object();
	json_object_object_add(idle, "any_ns", why_json_u64(v->idle.any_ns));
	json_object_object_add(idle, "cpu", v->idle.ns ? why_json_u64(v->idle.cpu) : NULL);
	json_object_object_add(idle, "ns", why_json_u64(v->idle.ns));
	json_object_object_add(o, "idle_elsewhere", idle);
}

/* "f < g < h" as a list. */
static struct json_object *code_of(const char *code)
{
	struct json_object *array = json_object_new_array();
	char name[sizeof(((struct why_off *)0)->code)];
	size_t n;

	for (; *code; code += n + (code[n] ? 3 : 0)) {
		n = strcspn(code, " ");
		snprintf(name, sizeof(name), "%.*s", (int)n, code);
		json_object_array_add(array, why_json_name(name));
		if (strncmp(code + n, " < ", 3))
			break;
	}
	return array;
}

static void add_offs(struct json_object *o, const struct why_violation *v)
{
	struct json_object *array = json_object_new_array(), *one;
	const struct why_off *off;

	for (off = v->offs; off < v->offs + v->nr_offs; off++) {
		one = json_object_new_object();
		json_object_object_add(one, "cpu", why_json_u64(off->cpu));
		json_object_object_add(one, "end_ns", why_json_u64(off->end_ns));
		json_object_object_add(one, "least_ns", why_json_u64(off->least_ns));
		json_object_object_add(one, "most_ns", why_json_u64(off->most_ns));
		json_object_object_add(one, "steal_ns", why_json_u64(off->stolen_ns));
		json_object_object_add(one, "stack", code_of(off->code));
		json_object_array_add(array, one);
	}
	json_object_object_add(o, "irqsoff", v->has_offs ? array : NULL);
	if (v->has_offs)
		return;
	json_object_put(array);
	json_object_object_add(o, "irqsoff_why", json_object_new_string(
		"looked for live only, with --irqsoff"));
}

static struct json_object *document(const struct why_telling *t)
{
	const struct why_violation *v = t->violation;
	struct json_object *o = json_object_new_object();
	char sentence[WHY_SENTENCE];
	size_t left_out = v->spans.nr > MOST_EVENTS ? v->spans.nr - MOST_EVENTS : 0;

	json_object_object_add(o, "nr", why_json_u64(v->nr));
	json_object_object_add(o, "kind", json_object_new_string(why_kind_names[v->kind]));
	json_object_object_add(o, "slo_ns", why_json_u64(v->limit_ns));
	json_object_object_add(o, "is_max", json_object_new_boolean(v->is_max));
	json_object_object_add(o, "is_open", json_object_new_boolean(v->is_open));
	json_object_object_add(o, "latency_ns", why_json_u64(t->story->latency_ns));
	json_object_object_add(o, "start_ns", why_json_u64(v->begin_ns));
	json_object_object_add(o, "end_ns", why_json_u64(v->end_ns));
	json_object_object_add(o, "cpu", why_json_u64(v->cpu));
	json_object_object_add(o, "task", task_of(why_violation_person(v, v->pid)));
	json_object_object_add(o, "key", key_of(t));
	json_object_object_add(o, "causes", causes_of(t));
	json_object_object_add(o, "unexplained_ns", why_json_u64(t->story->unexplained_ns));
	json_object_object_add(o, "disagreed_ns", why_json_u64(t->story->disagreed_ns));
	add_idle(o, v);
	add_offs(o, v);
	json_object_object_add(o, "complete", json_object_new_boolean(v->is_complete));
	json_object_object_add(o, "missing",
			       v->is_complete ? NULL : json_object_new_string(v->missing));
	json_object_object_add(o, "story", why_json_name(why_words_sentence(sentence, t)));
	json_object_object_add(o, "diagnosis", case_of(t));
	json_object_object_add(o, "events", events_of(t));
	json_object_object_add(o, "events_left_out", why_json_u64(left_out));
	return o;
}

int why_report_violation_json(FILE *out, const struct why_telling *t)
{
	struct json_object *o = document(t);
	const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);

	if (text)
		fprintf(out, "%s\n", text);
	json_object_put(o);
	return text ? 0 : -ENOMEM;
}
