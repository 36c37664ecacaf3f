// SPDX-License-Identifier: GPL-2.0-only
/* What this machine can and can't measure: see doctor.h. */
#include "report/doctor.h"

#include "report/json.h"

#include <errno.h>

#ifndef WHY_VERSION
#define WHY_VERSION "unknown"
#endif

static void print_matter(FILE *out, const struct why_diagnosis *d, enum why_subject_matter matter)
{
	const struct why_capability *c;
	size_t i;

	for (i = 0; i < d->nr_found; i++) {
		c = &d->found[i];
		if (c->matter != matter)
			continue;
		fprintf(out, "  %-4s %-19s %s%s%s\n", c->is_available ? "yes" : "no", c->name,
			c->how, c->why_not && c->how[0] ? " · " : "",
			c->why_not ? c->why_not : "");
	}
}

void why_doctor_text(FILE *out, const struct why_diagnosis *d)
{
	size_t i;

	fprintf(out, "whylate %s · %s · Linux %s · %u CPUs · collector %s\n", WHY_VERSION,
		d->hostname, d->kernel, d->nr_cpus, d->collector);
	fprintf(out, "\nMACHINE\n");
	for (i = 0; i < d->nr_checks; i++)
		fprintf(out, "  %-4s %-19s %s\n", d->checks[i].is_ok ? "ok" : "no",
			d->checks[i].what, d->checks[i].detail);
	fprintf(out, "\nLATENCIES\n");
	print_matter(out, d, WHY_MATTER_KIND);
	fprintf(out, "\nCAUSES\n");
	print_matter(out, d, WHY_MATTER_CAUSE);
}

static void add_text(struct json_object *o, const char *name, const char *text)
{
	json_object_object_add(o, name, text ? json_object_new_string(text) : NULL);
}

static struct json_object *list_of(const struct why_diagnosis *d, enum why_subject_matter matter,
				   const char *name)
{
	struct json_object *list = json_object_new_array(), *o;
	const struct why_capability *c;
	size_t i;

	for (i = 0; i < d->nr_found; i++) {
		c = &d->found[i];
		if (c->matter != matter)
			continue;
		o = json_object_new_object();
		add_text(o, name, c->name);
		json_object_object_add(o, "available", json_object_new_boolean(c->is_available));
		add_text(o, "exactness", c->exactness);
		add_text(o, "how", c->how);
		add_text(o, "why", c->why_not);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *checks_of(const struct why_diagnosis *d)
{
	struct json_object *list = json_object_new_array(), *o;
	size_t i;

	for (i = 0; i < d->nr_checks; i++) {
		o = json_object_new_object();
		add_text(o, "what", d->checks[i].what);
		json_object_object_add(o, "ok", json_object_new_boolean(d->checks[i].is_ok));
		json_object_object_add(o, "detail", why_json_name(d->checks[i].detail));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *header_of(const struct why_diagnosis *d)
{
	struct json_object *o = json_object_new_object();

	add_text(o, "version", WHY_VERSION);
	json_object_object_add(o, "schema", json_object_new_int(1));
	add_text(o, "collector", d->collector);
	json_object_object_add(o, "kernel", why_json_name(d->kernel));
	json_object_object_add(o, "hostname", why_json_name(d->hostname));
	json_object_object_add(o, "cpus", why_json_u64(d->nr_cpus));
	add_text(o, "clock", "CLOCK_MONOTONIC");
	json_object_object_add(o, "start_ns", NULL);
	json_object_object_add(o, "duration_ns", NULL);
	add_text(o, "why", "nothing was measured");
	return o;
}

int why_doctor_json(FILE *out, const struct why_diagnosis *d)
{
	struct json_object *o = json_object_new_object();
	const char *text;

	json_object_object_add(o, "whylate", header_of(d));
	json_object_object_add(o, "kinds", list_of(d, WHY_MATTER_KIND, "kind"));
	json_object_object_add(o, "causes", list_of(d, WHY_MATTER_CAUSE, "cause"));
	json_object_object_add(o, "checks", checks_of(d));
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY);
	if (text)
		fprintf(out, "%s\n", text);
	json_object_put(o);
	return text ? 0 : -ENOMEM;
}
