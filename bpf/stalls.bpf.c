// SPDX-License-Identifier: GPL-2.0-only
/* Finds sections with interrupts or preemption off: an object of its own, a program an event. */
#include "core/stall.c"
#include "hooks/stalls.c"

#include "hooks/stall_events.h"

#define PROGRAM(event, call, ...)                                                                  \
	SEC("tp_btf/" #event) int BPF_PROG(on_##event, ##__VA_ARGS__)                              \
	{                                                                                          \
		return why_on_##event call;                                                        \
	}
WHY_STALL_EVENTS(PROGRAM)

#define VECTOR(symbol, name)                                                                       \
	PROGRAM(name##_exit, WHY_STALL_VECTOR_CALL, int vector)                                    \
	PROGRAM(name##_entry, WHY_STALL_VECTOR_CALL, int vector)
WHY_VECTORS(VECTOR)

char LICENSE[] SEC("license") = "GPL";
