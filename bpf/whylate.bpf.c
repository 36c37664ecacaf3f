// SPDX-License-Identifier: GPL-2.0-only
/*
 * The eBPF object: core, hooks and programs as one translation unit, so that the compiler can
 * inline the one into the other. On processors whose returns are guarded (AMD's Safe RET, Intel's
 * call depth tracking) every call between subprograms costs several nanoseconds, and a switch would
 * make a dozen of them: docs/performance.md has the figures.
 */
#include "core/account.c"
#include "core/cpu.c"
#include "core/hist.c"
#include "core/wait.c"

#include "hooks/delivery.c"
#include "hooks/edge.c"
#include "hooks/irq.c"
#include "hooks/sched.c"
#include "hooks/switch.c"
#include "hooks/tasks.c"
#include "hooks/work.c"

#include "bpf/programs.c"

char LICENSE[] SEC("license") = "GPL";
