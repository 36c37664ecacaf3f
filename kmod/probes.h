/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A unit's probes: one for each event of PROBE_EVENTS, a list as WHY_EVENTS (hooks/events.h) is,
 * and for each vector's exit and entry, whose hook is given PROBE_VECTOR_CALL. Both are set by who
 * includes it, behind the hooks. Its list of what is hooked is the unit's own.
 */
#ifndef WHY_KMOD_PROBES_H
#define WHY_KMOD_PROBES_H

#include "compat/events_native.h"
#include "kmod/probe.h"

#include <linux/percpu.h>
#include <linux/timekeeping.h>

/* The hooks' own time, while it is sampled: each CPU its own, read by anybody. */
struct cost {
	u64 runs;
	u64 ns;
};

static DEFINE_PER_CPU(struct cost, costs);
static DEFINE_STATIC_KEY_FALSE(is_costing);

static __always_inline u64 begin_cost(void)
{
	return static_branch_unlikely(&is_costing) ? WHY_CLOCK() : 0;
}

static __always_inline void end_cost(u64 began)
{
	if (!static_branch_unlikely(&is_costing) || !began)
		return;
	this_cpu_inc(costs.runs);
	this_cpu_add(costs.ns, WHY_CLOCK() - began);
}

#define PROBE(event, call, ...)                                                                    \
	static void on_##event(void *ctx, ##__VA_ARGS__)                                           \
	{                                                                                          \
		u64 began = begin_cost();                                                          \
		why_on_##event call;                                                               \
		end_cost(began);                                                                   \
	}
PROBE_EVENTS(PROBE)

#define VECTOR(symbol, name)                                                                       \
	PROBE(name##_exit, PROBE_VECTOR_CALL, int vector)                                          \
	PROBE(name##_entry, PROBE_VECTOR_CALL, int vector)
WHY_VECTORS(VECTOR)
#undef VECTOR

#define ENTRY(name, ...) { .event = #name, .function = on_##name },
#define VECTOR(symbol, name) ENTRY(name##_exit) ENTRY(name##_entry)
static struct probe probes[] = { PROBE_EVENTS(ENTRY) WHY_VECTORS(VECTOR) };

/* Compiles only where every probe has its event's type: calls are checked where CFI is on. */
#define CHECK(event, ...) check_trace_callback_type_##event(on_##event);
#undef VECTOR
#define VECTOR(symbol, name) CHECK(name##_exit) CHECK(name##_entry)
static void __maybe_unused check_event_types(void)
{
	PROBE_EVENTS(CHECK)
	WHY_VECTORS(VECTOR)
}

/* Index of the first vector's probe: they are behind all others. */
#define COUNT(...) +1
enum { FIRST_VECTOR = 0 PROBE_EVENTS(COUNT) };
#undef COUNT

static u64 hooked;	/* 1 << index of a probe */

/* Once, at load. */
static void find_events(void)
{
	BUILD_BUG_ON(ARRAY_SIZE(probes) > 64);
	find_tracepoints(probes, ARRAY_SIZE(probes));
}

/* Those of `events` that are hooked; no hook of them runs when it returns. */
static void unhook(u64 events)
{
	u32 i;

	for (i = ARRAY_SIZE(probes); i--;)
		if (hooked & events & 1ULL << i)
			tracepoint_probe_unregister(probes[i].tracepoint, probes[i].function, NULL);
	hooked &= ~events;
	tracepoint_synchronize_unregister();
}

/* Those that are not yet, in the order of the list: exits first. On error none is hooked. */
static int hook(u64 events)
{
	int rc = events >> (ARRAY_SIZE(probes) - 1) > 1 ? -EINVAL : 0;
	u32 i;

	for (i = 0; !rc && i < ARRAY_SIZE(probes); i++) {
		if (!((events & ~hooked) >> i & 1))
			continue;
		rc = probes[i].tracepoint ?
			tracepoint_probe_register(probes[i].tracepoint, probes[i].function, NULL) :
			-ENOENT;
		if (!rc)
			hooked |= 1ULL << i;
	}
	if (rc)
		unhook(~0ULL);
	return rc;
}

struct own_probe {
	const char *event;
	void *function;
};

/* Puts a unit's own probes in the place of those that only run the hook. */
static __maybe_unused void put_own(const struct own_probe *own, u32 nr)
{
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		for (k = 0; k < nr; k++)
			if (!strcmp(probes[i].event, own[k].event))
				probes[i].function = own[k].function;
}

/* The events of these names that there are, as a set of 1 << index of a probe. */
static __maybe_unused u64 events_named(const char *const *names, u32 nr)
{
	u64 events = 0;
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		for (k = 0; k < nr; k++)
			if (!strcmp(probes[i].event, names[k]) && probes[i].tracepoint)
				events |= 1ULL << i;
	return events;
}

/* Every vector's entry and exit. */
static __maybe_unused u64 vector_events(void)
{
	u64 events = 0;
	u32 i;

	for (i = FIRST_VECTOR; i < ARRAY_SIZE(probes); i++)
		events |= (u64)(probes[i].tracepoint != NULL) << i;
	return events;
}

#endif
