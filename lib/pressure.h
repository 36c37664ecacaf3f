/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What no event tells of the CPUs and /proc does, as it stood at one moment: time stolen by a
 * hypervisor, and time in which some task waited. Owner: whoever called why_pressure_init().
 */
#ifndef WHY_LIB_PRESSURE_H
#define WHY_LIB_PRESSURE_H

#include "core/base.h"

#include <stdbool.h>

struct why_pressure {
	u32 nr_cpus;
	bool has_psi;
	u64 psi_cpu_some_us;	/* /proc/pressure/cpu */
	bool *has_steal;	/* [nr_cpus] a CPU that is off has none */
	u64 *steal_ns;		/* [nr_cpus] /proc/stat, in steps of 10 ms */
};

/* All unknown. Returns 0 or -ENOMEM. */
int why_pressure_init(struct why_pressure *p, u32 nr_cpus);
void why_pressure_free(struct why_pressure *p);

/* As this machine is now. */
void why_pressure_read(struct why_pressure *p);

void why_pressure_copy(struct why_pressure *to, const struct why_pressure *from);

#endif
