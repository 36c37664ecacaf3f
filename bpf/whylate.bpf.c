// SPDX-License-Identifier: GPL-2.0-only
/*
 * The eBPF object: core and adapter as one translation unit, so that the compiler can inline the
 * one into the other. On processors whose returns are guarded (AMD's Safe RET, Intel's call depth
 * tracking) every call between subprograms costs several nanoseconds, and a switch would make a
 * dozen of them: docs/performance.md has the figures.
 */
#include "core/account.c"
#include "core/cpu.c"
#include "core/hist.c"
#include "core/wait.c"

#include "bpf/maps.h"

#include "bpf/delivery.c"
#include "bpf/edge.c"
#include "bpf/irq.c"
#include "bpf/sched.c"
#include "bpf/switch.c"
#include "bpf/tasks.c"
#include "bpf/work.c"

char LICENSE[] SEC("license") = "GPL";
