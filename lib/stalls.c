// SPDX-License-Identifier: GPL-2.0-only
/* See stalls.h. Knows stacks of addresses, and what of them is the interrupt's own. */
#include "lib/stalls.h"

#include "lib/grow.h"
#include "lib/names.h"
#include "lib/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const why_stall_kind_names[WHY_STALL_KIND_NR] = {
	[WHY_STALL_IRQSOFF] = "irqsoff",
	[WHY_STALL_PREEMPTOFF] = "preemptoff",
};

enum { LEAST_IN_USER = 100 };
enum { PLACES = 1 << 14, MOST_STACKS = PLACES / 2, MOST_SECTIONS = 1 << 18 };

#define NOT_KEPT (~0U)

/* FNV-1a over the addresses: Fowler, Noll, Vo. */
static u32 place_of(const u64 *frames, u32 nr)
{
	u64 hash = 0xcbf29ce484222325ULL;
	u32 i;

	for (i = 0; i < nr; i++)
		hash = (hash ^ frames[i]) * 0x100000001b3ULL;
	return (u32)(hash >> 20) % PLACES;
}

/* The stack's number; NOT_KEPT: there are too many. -ENOMEM. */
static s64 find_stack(struct why_stalls *s, const struct why_stall_record *r)
{
	u32 nr = r->nr_frames < WHY_STALL_FRAMES ? r->nr_frames : WHY_STALL_FRAMES;
	u32 place = place_of(r->frames, nr);
	struct why_stall_stack *stack;

	if (!s->places)
		s->places = calloc(PLACES, sizeof(*s->places));
	if (!s->places)
		return -ENOMEM;
	for (; s->places[place]; place = (place + 1) % PLACES) {
		stack = &s->stacks[s->places[place] - 1];
		if (stack->nr == nr && !memcmp(stack->frames, r->frames, nr * sizeof(u64)))
			return s->places[place] - 1;
	}
	if (s->nr_stacks == MOST_STACKS) {
		s->nr_stackless++;
		return NOT_KEPT;
	}
	if (why_grow((void **)&s->stacks, &s->stacks_room, s->nr_stacks + 1, sizeof(*s->stacks)))
		return -ENOMEM;
	stack = &s->stacks[s->nr_stacks++];
	stack->nr = nr;
	memcpy(stack->frames, r->frames, nr * sizeof(u64));
	s->places[place] = (u32)s->nr_stacks;
	return (s64)s->nr_stacks - 1;
}

/* The last one of the same CPU, if it is the same section. */
static struct why_stall_section *find_same(struct why_stalls *s, const struct why_stall_record *r)
{
	size_t i;

	for (i = s->nr_sections; i-- > 0 && i + 16 > s->nr_sections;)
		if (s->sections[i].cpu == r->cpu)
			return s->sections[i].stall.end_ns == r->stall.end_ns &&
			       s->sections[i].stall.kind == r->stall.kind &&
			       s->sections[i].stall.handler == r->stall.handler ?
				       &s->sections[i] : NULL;
	return NULL;
}

int why_stalls_add(struct why_stalls *s, const struct why_stall_record *r)
{
	struct why_stall_section *section = find_same(s, r);
	s64 stack;

	if (section) {
		if (section->stall.least_ns < r->stall.least_ns)
			section->stall.least_ns = r->stall.least_ns;
		if (section->stall.most_ns > r->stall.most_ns)
			section->stall.most_ns = r->stall.most_ns;
		return 0;
	}
	if (s->nr_sections == MOST_SECTIONS) {
		s->nr_left_out++;
		return 0;
	}
	stack = find_stack(s, r);
	if (stack < 0 || why_grow((void **)&s->sections, &s->sections_room, s->nr_sections + 1,
				  sizeof(*s->sections)))
		return -ENOMEM;
	section = &s->sections[s->nr_sections++];
	*section = (struct why_stall_section){
		.stall = r->stall, .cpu = r->cpu, .irq = r->irq, .pid = r->pid,
		.stack = (u32)stack, .function = r->function,
	};
	memcpy(section->comm, r->comm, sizeof(section->comm));
	section->comm[sizeof(section->comm) - 1] = 0;
	return 0;
}

/* The symbols of the end, where they are known, and those of the beginning. */
struct names {
	const struct why_symbols *now, *before;
};

static const char *name_of(const struct names *names, u64 address)
{
	const char *name = names->now ? why_symbols_find(names->now, address) : NULL;

	name = name ? name : why_symbols_find(names->before, address);
	return name ? name : "[unknown]";
}

/* The entry of an interrupt, no exception's (arch/x86/include/asm/idtentry.h). */
static bool is_entry(const char *name)
{
	return !strncmp(name, "asm_sysvec_", 11) || !strncmp(name, "asm_common_interrupt", 20);
}

/*
 * The first frame of what was interrupted, or of what called the scheduler: what lies before is the
 * interrupt's own. Where another interrupt came between (`is_behind`) it may have been interrupted
 * on its way out, and what that one had interrupted is meant.
 */
static u32 first_frame(const struct names *names, const u64 *frames, u32 nr, bool is_behind)
{
	u32 i, first = 0;
	const char *name;

	for (i = 0; i < nr; i++) {
		name = name_of(names, frames[i]);
		if (is_entry(name) && (!first || is_behind)) {
			first = i + 1;
			if (!is_behind)
				return first;
		} else if (!first && !strcmp(name, "__schedule")) {
			return i + 1;
		}
	}
	return first;
}

enum { MOST_CALLERS = 3 };

const char *why_stall_code(char *ret, size_t size, const struct why_symbols *symbols,
			   const struct why_stall_record *r)
{
	u32 nr = r->nr_frames < WHY_STALL_FRAMES ? r->nr_frames : WHY_STALL_FRAMES;
	const struct names names = { .before = symbols };
	u32 first = first_frame(&names, r->frames, nr, r->stall.is_behind), i;
	size_t used = 0;

	if (nr && first == nr)
		return NULL;
	snprintf(ret, size, "%s", "[unknown]");
	for (i = first; i < nr && i < first + MOST_CALLERS && used < size; i++)
		used += (size_t)snprintf(ret + used, size - used, "%s%s", i > first ? " < " : "",
					 name_of(&names, r->frames[i]));
	return ret;
}

static int add_name(struct why_stall_group *g, const char *name)
{
	char **grown = realloc(g->names, (g->nr_names + 1) * sizeof(*g->names));

	if (!grown)
		return -ENOMEM;
	g->names = grown;
	g->names[g->nr_names] = strdup(name);
	return g->names[g->nr_names++] ? 0 : -ENOMEM;
}

/* A handler's code: its timer's function, where that is known, then whose handler it is. */
static int name_handler(struct why_stall_group *g, const struct why_stall_section *x,
			const struct names *names)
{
	char name[64];
	int rc = x->function ? add_name(g, name_of(names, x->function)) : 0;

	if (x->stall.handler == WHY_STALL_DEVICE + 1)
		snprintf(name, sizeof(name), "handler of line %u", x->irq);
	else
		snprintf(name, sizeof(name), "handler of %s",
			 x->stall.handler <= WHY_VECTOR_NR ?
				 why_vector_names[x->stall.handler - 1] : "[unknown]");
	return rc ?: add_name(g, name);
}

/* 1: it was user mode, where nothing is off. */
static int name_code(struct why_stall_group *g, const struct why_stalls *s,
		     const struct why_stall_section *x, const struct names *names)
{
	const struct why_stall_stack *stack;
	int rc = 0;
	u32 i;

	if (x->stall.handler)
		return name_handler(g, x, names);
	if (x->stack == NOT_KEPT)
		return add_name(g, "[stack not kept]");
	stack = &s->stacks[x->stack];
	i = first_frame(names, stack->frames, stack->nr, x->stall.is_behind);
	if (!stack->nr)
		return add_name(g, "[no stack]");
	if (i == stack->nr)
		return 1;
	for (; !rc && i < stack->nr; i++)
		rc = add_name(g, name_of(names, stack->frames[i]));
	return rc;
}

static void free_group(struct why_stall_group *g)
{
	u32 i;

	for (i = 0; i < g->nr_names; i++)
		free(g->names[i]);
	free(g->names);
}

static bool is_same_code(const struct why_stall_group *a, const struct why_stall_group *b)
{
	u32 i;

	if (a->kind != b->kind || a->is_exact != b->is_exact || a->nr_names != b->nr_names)
		return false;
	for (i = 0; i < a->nr_names; i++)
		if (strcmp(a->names[i], b->names[i]))
			return false;
	return true;
}

/* The group's number, found or made; what `fresh` holds is taken or freed. -ENOMEM. */
static s64 find_group(struct why_stalls *s, struct why_stall_group *fresh)
{
	struct why_stall_group *grown;
	size_t i;

	for (i = 0; i < s->nr_groups; i++)
		if (is_same_code(&s->groups[i], fresh)) {
			free_group(fresh);
			return (s64)i;
		}
	grown = realloc(s->groups, (s->nr_groups + 1) * sizeof(*grown));
	if (!grown) {
		free_group(fresh);
		return -ENOMEM;
	}
	s->groups = grown;
	s->groups[s->nr_groups] = *fresh;
	return (s64)s->nr_groups++;
}

static int group_section(struct why_stalls *s, struct why_stall_section *x,
			 const struct names *names)
{
	struct why_stall_group fresh = { .kind = x->stall.kind, .is_exact = x->stall.handler != 0,
					 .worst = (u32)(x - s->sections) }, *g;
	s64 found;
	int rc = name_code(&fresh, s, x, names);

	if (rc) {
		free_group(&fresh);
		return rc;
	}
	found = find_group(s, &fresh);
	if (found < 0)
		return (int)found;
	x->group = (u32)found;
	g = &s->groups[found];
	g->count++;
	g->least_ns += x->stall.least_ns;
	g->most_ns += x->stall.most_ns;
	if (x->stall.least_ns > s->sections[g->worst].stall.least_ns)
		g->worst = fresh.worst;
	return 0;
}

/* Each at its place among those that are some. */
static int group_sections(struct why_stalls *s, const struct names *names)
{
	size_t i, nr = 0;
	int rc = 0;

	for (i = 0; rc >= 0 && i < s->nr_sections; i++) {
		s->sections[nr] = s->sections[i];
		rc = group_section(s, &s->sections[nr], names);
		nr += rc == 0;
		s->nr_in_user += rc == 1;
	}
	s->nr_sections = nr;
	return rc < 0 ? rc : 0;
}

static int most_first(const void *a, const void *b)
{
	const struct why_stall_group *x = a, *y = b;

	return x->least_ns < y->least_ns ? 1 : x->least_ns > y->least_ns ? -1 : 0;
}

/* Sections go with their group's new place: its worst section tells which it was. */
static int sort_groups(struct why_stalls *s)
{
	u32 *places = calloc(s->nr_groups + 1, sizeof(*places));
	size_t i;

	if (!places)
		return -ENOMEM;
	if (s->nr_groups)
		qsort(s->groups, s->nr_groups, sizeof(*s->groups), most_first);
	for (i = 0; i < s->nr_groups; i++)
		places[s->sections[s->groups[i].worst].group] = (u32)i;
	for (i = 0; i < s->nr_sections; i++)
		s->sections[i].group = places[s->sections[i].group];
	free(places);
	return 0;
}

int why_stalls_name(struct why_stalls *s, const struct why_symbols *symbols)
{
	struct why_symbols *now = why_symbols_read();
	const struct names names = { .now = now, .before = symbols };
	int rc = group_sections(s, &names);

	why_symbols_free(now);
	return rc ? rc : sort_groups(s);
}

void why_stalls_free(struct why_stalls *s)
{
	size_t i;

	for (i = 0; i < s->nr_groups; i++)
		free_group(&s->groups[i]);
	free(s->groups);
	free(s->sections);
	free(s->stacks);
	free(s->places);
	memset(s, 0, sizeof(*s));
}

u64 why_stalls_observed(const struct why_stalls *s)
{
	u64 nr = 0;
	size_t i;

	for (i = 0; i < s->nr_sections; i++)
		nr += s->sections[i].stall.kind == WHY_STALL_IRQSOFF &&
		      !s->sections[i].stall.handler;
	return nr;
}

bool why_stalls_is_probed(const struct why_stalls *s)
{
	return s->period_ns && !s->is_held_back;
}

double why_stalls_false(const struct why_stalls *s)
{
	const struct why_stall_tally *t = &s->tally;
	double expected, found = (double)why_stalls_observed(s);

	if (t->nr_user < LEAST_IN_USER)
		return -1;
	expected = (double)t->nr_user_late / (double)t->nr_user * (double)(t->nr_due - t->nr_user);
	return !found ? 0 : expected < found ? expected / found : 1;
}
