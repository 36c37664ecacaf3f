// SPDX-License-Identifier: GPL-2.0-only
/* Keyed rows: see keyed.h. The kernel may still write to the table: words are read whole. */
#include "lib/keyed.h"

#include "lib/machine.h"
#include "lib/names.h"
#include "lib/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_work(u32 kind)
{
	return kind == WHY_KIND_WORK_WAIT || kind == WHY_KIND_WORK_RUN;
}

static bool is_line(u32 kind)
{
	return kind == WHY_KIND_HANDLER || kind == WHY_KIND_THREAD;
}

static void copy_hist(const struct why_keyed *k, struct why_dist *ret)
{
	u32 i;

	ret->count = WHY_LOAD(k->hist.count);
	ret->sum_ns = WHY_LOAD(k->hist.sum_ns);
	ret->min_ns = ~WHY_LOAD(k->inverse_min);
	ret->max_ns = WHY_LOAD(k->hist.max_ns);
	ret->overflow = WHY_LOAD(k->hist.overflow);
	for (i = 0; i < WHY_HIST_BUCKETS; i++)
		ret->bucket[i] = WHY_LOAD(k->bucket[i]);
}

/*
 * Where the kernel side wrote a row's name: in the row, or for a thread that slept on another CPU
 * than its handler ran on, in that action's row there.
 */
static const struct why_keyed *named(const struct why_tables *t, const struct why_keyed *k)
{
	const struct why_keyed *other;

	if (k->name[0])
		return k;
	for (other = t->keyed; other < t->keyed + t->nr_keyed; other++)
		if (other->name[0] && why_key_id(other->key) == why_key_id(k->key) &&
		    why_key_kind(other->key) == why_key_kind(k->key))
			return other;
	return k;
}

static char *name_of(const struct why_tables *t, const struct why_keyed *k)
{
	u32 kind = why_key_kind(k->key);
	u64 id = why_key_id(k->key);
	char text[32];

	if (is_line(kind))
		return strndup(named(t, k)->name, WHY_KEYED_NAME_LEN);
	if (kind == WHY_KIND_SOFTIRQ_WAIT || kind == WHY_KIND_SOFTIRQ_RUN)
		return strdup(id < WHY_SOFTIRQ_NR ? why_softirq_names[id] : "?");
	if (kind == WHY_KIND_IPI || kind == WHY_KIND_VECTOR)
		return strdup(id < WHY_VECTOR_NR ? why_vector_names[id] : "?");
	if (kind == WHY_KIND_TIMER)
		return strdup("hrtimer");
	/* Its name is looked up later, for all at once. */
	snprintf(text, sizeof(text), "0x%llx", why_function_address(id));
	return strdup(text);
}

static int add_row(struct why_snapshot *s, const struct why_tables *t, const struct why_keyed *k)
{
	struct why_keyed_row *row = why_snapshot_add_keyed(s);

	if (!row)
		return -ENOMEM;
	row->kind = why_key_kind(k->key);
	row->cpu = row->worst_cpu = (int)why_key_cpu(k->key);
	row->id = why_key_id(k->key);
	row->irq = is_line(row->kind) ? (int)named(t, k)->irq : -1;
	row->name = name_of(t, k);
	memcpy(row->part_ns, k->part_ns, sizeof(row->part_ns));
	row->nr_unhandled = WHY_LOAD(k->nr_unhandled);
	row->worst_at_ns = WHY_LOAD(k->worst_at_ns);
	row->worst_who = WHY_LOAD(k->worst_who);
	copy_hist(k, &row->hist);
	return row->name ? 0 : -ENOMEM;
}

static int order(const void *a, const void *b)
{
	const struct why_keyed_row *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	/* The whole kind comes first, then each id. */
	if (x->id + 1 != y->id + 1)
		return x->id + 1 < y->id + 1 ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

static void merge_row(struct why_keyed_row *into, const struct why_keyed_row *row)
{
	u32 i;

	if (!into->hist.count || row->hist.max_ns > into->hist.max_ns) {
		into->worst_at_ns = row->worst_at_ns;
		into->worst_who = row->worst_who;
		into->worst_cpu = row->worst_cpu;
	}
	why_dist_merge(&into->hist, &row->hist);
	for (i = 0; i < WHY_KEYED_PARTS; i++)
		into->part_ns[i] += row->part_ns[i];
	into->nr_unhandled += row->nr_unhandled;
}

/* The sum row of (kind, id, cpu) among those from `from` on, made if need be. */
static struct why_keyed_row *sum_row(struct why_snapshot *s, size_t from,
				     const struct why_keyed_row *like, u64 id, int cpu)
{
	struct why_keyed_row *row;
	size_t i;

	for (i = from; i < s->nr_keyed; i++)
		if (s->keyed[i].id == id && s->keyed[i].cpu == cpu)
			return &s->keyed[i];
	row = why_snapshot_add_keyed(s);
	if (!row)
		return NULL;
	row->kind = like->kind;
	row->cpu = cpu;
	row->id = id;
	row->irq = id == WHY_ALL_IDS ? -1 : like->irq;
	row->name = id == WHY_ALL_IDS ? NULL : strdup(like->name);
	return row;
}

/* Adds row `i` to the sums of its kind, which are those from `*from` on; rows come sorted. */
static int add_to_sums(struct why_snapshot *s, size_t i, size_t *from)
{
	struct why_keyed_row like = s->keyed[i], *into;
	u32 sum;

	if (!i || s->keyed[i - 1].kind != like.kind)
		*from = s->nr_keyed;
	for (sum = 0; sum < 3; sum++) {
		into = sum_row(s, *from, &like, sum ? WHY_ALL_IDS : like.id,
			       sum == 1 ? like.cpu : -1);
		if (!into)
			return -ENOMEM;
		merge_row(into, &s->keyed[i]);
	}
	return 0;
}

static int add_sums(struct why_snapshot *s)
{
	size_t nr = s->nr_keyed, from = nr, i;
	int rc = 0;

	for (i = 0; !rc && i < nr; i++)
		rc = add_to_sums(s, i, &from);
	return rc;
}

static int by_id(const void *a, const void *b)
{
	const struct why_keyed_row *x = *(const struct why_keyed_row *const *)a;
	const struct why_keyed_row *y = *(const struct why_keyed_row *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int name_row(struct why_keyed_row *row, const char *symbol)
{
	free(row->name);
	row->name = strdup(symbol);
	return row->name ? 0 : -ENOMEM;
}

/* Names all rows of the function at `id`, in a list sorted by that. */
static int name_rows(struct why_keyed_row **rows, size_t nr, u64 id, const char *symbol)
{
	size_t low = 0, high = nr, middle;
	int rc = 0;

	while (low < high) {
		middle = (low + high) / 2;
		if (rows[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	for (; !rc && low < nr && rows[low]->id == id; low++)
		if (rows[low]->name[0] == '0')	/* not by an earlier symbol of that address */
			rc = name_row(rows[low], symbol);
	return rc;
}

/* Rows of functions, sorted by id. */
struct functions {
	struct why_keyed_row **rows;
	size_t nr;
};

static int name_function(void *arg, u64 address, char type, const char *name)
{
	const struct functions *f = arg;

	(void)type;
	return name_rows(f->rows, f->nr, why_key_id(address), name);
}

static int read_symbols(struct why_keyed_row **rows, size_t nr)
{
	struct functions f = { rows, nr };
	int rc = why_symbols_each(name_function, &f);

	/* Without the file they keep their addresses for names. */
	return rc == -ENOMEM ? rc : 0;
}

/* The kernel's functions by the low bits of their address. */
static int name_functions(struct why_snapshot *s)
{
	struct why_keyed_row **rows = calloc(s->nr_keyed + 1, sizeof(*rows));
	size_t i, nr = 0;
	int rc;

	if (!rows)
		return -ENOMEM;
	for (i = 0; i < s->nr_keyed; i++)
		if (is_work(s->keyed[i].kind))
			rows[nr++] = &s->keyed[i];
	qsort(rows, nr, sizeof(*rows), by_id);
	rc = nr ? read_symbols(rows, nr) : 0;
	free(rows);
	return rc;
}

int why_collect_keyed(struct why_snapshot *into, const struct why_tables *t, bool has_names)
{
	const struct why_keyed *k;
	int rc = 0;

	for (k = t->keyed; !rc && k < t->keyed + t->nr_keyed; k++)
		if (k->key && (k->hist.count || k->nr_unhandled))
			rc = add_row(into, t, k);
	if (!rc && has_names)
		rc = name_functions(into);
	if (!rc && into->nr_keyed)
		qsort(into->keyed, into->nr_keyed, sizeof(*into->keyed), order);
	if (!rc)
		rc = add_sums(into);
	if (!rc && into->nr_keyed)
		qsort(into->keyed, into->nr_keyed, sizeof(*into->keyed), order);
	return rc;
}
