// SPDX-License-Identifier: GPL-2.0-only
/* How large a collector's tables are: see tables.h. */
#include "lib/tables.h"

#include "lib/machine.h"

#include <stdlib.h>

u32 why_places_shift(bool is_all)
{
	int nr = why_nr_tasks();
	u32 shift = is_all ? 14 : 10;

	while (shift < 14 && nr > 0 && 1 << shift < 8 * nr)
		shift++;
	return shift;
}

u32 why_keyed_shift(u32 nr_cpus, u32 kinds)
{
	bool *is_online = calloc(nr_cpus, sizeof(*is_online));
	u32 shift = 8, nr = 0, i;

	if (is_online)
		why_online_cpus(is_online, nr_cpus);
	for (i = 0; is_online && i < nr_cpus; i++)
		nr += is_online[i];
	free(is_online);
	if (!(kinds >> WHY_KIND_NR_TASK))
		return 1;
	while (shift < 16 && 1U << shift < 48 * nr + 128)
		shift++;
	return shift;
}
