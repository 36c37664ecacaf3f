// SPDX-License-Identifier: GPL-2.0-only
/* How large a collector's tables are, and how they are mapped: see tables.h. */
#include "lib/tables.h"

#include "lib/machine.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

u32 why_places_shift(u32 least, u32 most)
{
	int nr = why_nr_tasks();
	u32 shift = least;

	while (shift < most && nr > 0 && 1 << shift < 8 * nr)
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

static int map_table(struct why_mapping *m, enum why_table which,
		     const struct why_table_place *place, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p;

	bytes = (bytes + page - 1) / page * page;
	p = mmap(NULL, bytes, PROT_READ, MAP_SHARED, place->fd, place->offset);
	if (p == MAP_FAILED)
		return -errno;
	m->at[which] = p;
	m->bytes[which] = bytes;
	return 0;
}

int why_tables_map(struct why_mapping *m, const struct why_config *cfg,
		   const struct why_table_place *places, struct why_tables *t,
		   const struct why_record **ret_rings)
{
	const size_t nr = cfg->nr_cpus, bytes[WHY_MAPPED_NR] = {
		[WHY_MAPPED_CPUS] = nr * sizeof(*t->cpus),
		[WHY_MAPPED_KEYED] = sizeof(*t->keyed) << cfg->keyed_shift,
		[WHY_MAPPED_LINES] = WHY_LINES * sizeof(*t->lines),
		[WHY_MAPPED_LINE_COUNTS] = nr * WHY_LINES * sizeof(*t->counts),
		[WHY_MAPPED_RINGS] = cfg->ring_shift ?
			(nr * sizeof(**ret_rings)) << cfg->ring_shift : 0,
	};
	enum why_table i;
	int rc = 0;

	for (i = 0; !rc && i < WHY_MAPPED_NR; i++)
		rc = bytes[i] ? map_table(m, i, &places[i], bytes[i]) : 0;
	t->nr_keyed = 1U << cfg->keyed_shift;
	t->cpus = m->at[WHY_MAPPED_CPUS];
	t->keyed = m->at[WHY_MAPPED_KEYED];
	t->lines = m->at[WHY_MAPPED_LINES];
	t->counts = m->at[WHY_MAPPED_LINE_COUNTS];
	*ret_rings = m->at[WHY_MAPPED_RINGS];
	return rc;
}

void why_tables_unmap(struct why_mapping *m)
{
	enum why_table i;

	for (i = 0; i < WHY_MAPPED_NR; i++)
		if (m->at[i])
			munmap(m->at[i], m->bytes[i]);
}
