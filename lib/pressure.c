// SPDX-License-Identifier: GPL-2.0-only
/* Steal and pressure: see pressure.h. */
#include "lib/pressure.h"

#include "lib/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int why_pressure_init(struct why_pressure *p, u32 nr_cpus)
{
	memset(p, 0, sizeof(*p));
	p->nr_cpus = nr_cpus;
	p->has_steal = calloc(nr_cpus, sizeof(*p->has_steal));
	p->steal_ns = calloc(nr_cpus, sizeof(*p->steal_ns));
	return p->has_steal && p->steal_ns ? 0 : -ENOMEM;
}

void why_pressure_free(struct why_pressure *p)
{
	free(p->has_steal);
	free(p->steal_ns);
}

void why_pressure_read(struct why_pressure *p)
{
	p->has_psi = !why_psi_cpu_some_us(&p->psi_cpu_some_us);
	memset(p->has_steal, 0, p->nr_cpus * sizeof(*p->has_steal));
	why_steal_ns(p->steal_ns, p->has_steal, p->nr_cpus);
}

void why_pressure_copy(struct why_pressure *to, const struct why_pressure *from)
{
	to->has_psi = from->has_psi;
	to->psi_cpu_some_us = from->psi_cpu_some_us;
	memcpy(to->has_steal, from->has_steal, to->nr_cpus * sizeof(*to->has_steal));
	memcpy(to->steal_ns, from->steal_ns, to->nr_cpus * sizeof(*to->steal_ns));
}
