// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a run's columns: number of events (2), first time (8), columns. What unpacks must
 * be in order of time and come back the same from packing and unpacking.
 */
#include "lib/pack.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CPU = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_right)
{
	if (!is_right)
		abort();
}

static void round_trip(const struct why_event *events, size_t n)
{
	static struct why_event again[WHY_PACK_EVENTS];
	size_t bound = why_pack_bound(n), size, i;
	unsigned char *packed = malloc(bound);

	size = why_pack(events, n, packed);
	check(size <= bound);
	/* A place of just that size, so that the sanitizer sees a read behind it. */
	packed = realloc(packed, size);
	check(!why_unpack(packed, size, CPU, events[0].at_ns, again, n));
	for (i = 0; i < n; i++)
		check(again[i].at_ns == events[i].at_ns && again[i].cpu == CPU &&
		      again[i].type == events[i].type && again[i].body == events[i].body);
	free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct why_event events[WHY_PACK_EVENTS];
	unsigned char *columns;
	u64 first_ns;
	size_t n, i;
	int rc;

	if (size < 11)
		return 0;
	n = data[0] | (size_t)data[1] << 8;
	n = n > WHY_PACK_EVENTS ? WHY_PACK_EVENTS : n;
	memcpy(&first_ns, data + 2, sizeof(first_ns));
	columns = malloc(size - 10);
	memcpy(columns, data + 10, size - 10);
	rc = why_unpack(columns, size - 10, CPU, first_ns, events, n);
	free(columns);
	if (rc)
		return 0;
	check(n && events[0].at_ns == first_ns);
	for (i = 1; i < n; i++)
		check(events[i].at_ns >= events[i - 1].at_ns);
	round_trip(events, n);
	return 0;
}
