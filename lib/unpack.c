// SPDX-License-Identifier: GPL-2.0-only
/*
 * Columns back into events: see pack.h and pack_format.h. Any bytes may come. Sizes and counts are
 * checked once, before the loops over events, which have no branch that the data decides; takes
 * about 230 KB of stack.
 */
#include "lib/pack.h"

#include "lib/pack_format.h"

#include <errno.h>

/* A class looked up, which is faster than computing it for every value. */
struct class {
	u64 least;
	u64 mask;		/* of the bits below */
	u64 nr_bits;
};

struct input {
	struct class classes[256];
	const u8 *at, *end;	/* of the columns */
	const u8 *bits;
	u64 nr_bits;		/* taken so far */
	u64 max_bits;		/* that there are; WHY_PACK_SPARE bytes follow them */
};

/* Takes `size` bytes of the columns; NULL where there are no more. */
static const u8 *take(struct input *in, size_t size)
{
	const u8 *at = in->at;

	if ((size_t)(in->end - at) < size)
		return NULL;
	in->at += size;
	return at;
}

/* --- times and lengths --- */

/* A value of more bits than one read holds: one in years. */
WHY_ASIDE u64 wide_bits(const u8 *bits, u64 at, u32 n)
{
	u64 low = why_load_le(bits + (at >> 3)) >> (at & 7) & 0xffffffff;

	at += 32;
	return low | (why_load_le(bits + (at >> 3)) >> (at & 7) & why_pack_mask(n - 32)) << 32;
}

/* Where one read does not hold them, or there may be too few: those missing read as anything. */
WHY_ASIDE int take_odd_lengths(struct input *in, const u8 *classes, size_t n, u64 *ret)
{
	u64 max = in->max_bits, from, v;
	const struct class *c;
	size_t i;

	for (i = 0; i < n; i++) {
		c = &in->classes[classes[i]];
		if (classes[i] > WHY_PACK_CLASS_MAX)
			return -EBADMSG;
		from = in->nr_bits < max ? in->nr_bits : max;
		v = why_load_le(in->bits + (from >> 3)) >> (from & 7) & c->mask;
		if (c->nr_bits > WHY_PACK_WIDE_BITS && max - from >= c->nr_bits)
			v = wide_bits(in->bits, from, (u32)c->nr_bits);
		ret[i] = c->least + v;
		in->nr_bits += c->nr_bits;
	}
	return 0;
}

/* How many bits are below n classes; more than there can be where one read does not hold them. */
static u64 bits_below(const u8 *classes, size_t n)
{
	u32 sum = 0;
	u8 highest = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		highest = classes[i] > highest ? classes[i] : highest;
		sum += why_class_bits(classes[i]);
	}
	return why_class_bits(highest) > WHY_PACK_WIDE_BITS ? ~0ULL : sum;
}

/*
 * Reads the bits below n classes, of which nearly always there are enough: take_all() sees whether
 * too many were taken.
 */
static int take_lengths(struct input *in, const u8 *classes, size_t n, u64 *ret)
{
	const u8 *bits = in->bits;
	u64 at = in->nr_bits;
	const struct class *c;
	size_t i;

	if (at > in->max_bits || bits_below(classes, n) > in->max_bits - at)
		return take_odd_lengths(in, classes, n, ret);
#pragma GCC unroll 4
	for (i = 0; i < n; i++) {
		c = &in->classes[classes[i]];
		ret[i] = c->least + (why_load_le(bits + (at >> 3)) >> (at & 7) & c->mask);
		at += c->nr_bits;
	}
	in->nr_bits = at;
	return 0;
}

/* --- columns: each adds to the bodies[n] of a type the field's `mask` bits from `shift` on --- */

struct field {
	u64 mask;
	u32 shift;
};

static void merge(u64 *body, size_t n, const struct field *f, const u64 *v)
{
	size_t i;

	for (i = 0; i < n; i++)
		body[i] |= (v[i] & f->mask) << f->shift;
}

static int take_constant(struct input *in, u64 *body, size_t n, const struct field *f)
{
	const u8 *at = take(in, sizeof(u64));
	u64 v;
	size_t i;

	if (!at)
		return -EBADMSG;
	v = (why_load_le(at) & f->mask) << f->shift;
	for (i = 0; i < n; i++)
		body[i] |= v;
	return 0;
}

static int read_planes(struct input *in, u64 *ret, size_t n, u32 planes)
{
	const u8 *at = take(in, n * planes);
	u32 plane;
	size_t i;

	if (!planes || planes > 8 || !at)
		return -EBADMSG;
	for (i = 0; i < n; i++)
		ret[i] = at[i];
	for (plane = 1; plane < planes; plane++)
		for (at += n, i = 0; i < n; i++)
			ret[i] |= (u64)at[i] << 8 * plane;
	return 0;
}

static int take_planes(struct input *in, u64 *body, size_t n, const struct field *f, u32 planes)
{
	u64 v[WHY_PACK_EVENTS];

	if (read_planes(in, v, n, planes))
		return -EBADMSG;
	merge(body, n, f, v);
	return 0;
}

/* Indices of one byte: those beyond the dictionary read 0. */
static int take_bytes(struct input *in, u64 *body, size_t n, const u64 *value)
{
	const u8 *at = take(in, n);
	size_t i;

	if (!at)
		return -EBADMSG;
#pragma GCC unroll 4
	for (i = 0; i < n; i++)
		body[i] |= value[at[i]];
	return 0;
}

static int take_words(struct input *in, u64 *body, size_t n, const u64 *value)
{
	const u8 *at = take(in, 2 * n);
	u32 index, any = 0;
	size_t i;

	if (!at)
		return -EBADMSG;
	for (i = 0; i < n; i++) {
		index = at[i] | (u32)at[n + i] << 8;
		any |= index;
		body[i] |= value[index % WHY_PACK_DICTIONARY];
	}
	return any < WHY_PACK_DICTIONARY ? 0 : -EBADMSG;
}

static int take_dictionary(struct input *in, u64 *body, size_t n, const struct field *f,
			   u32 planes)
{
	const u8 *head = take(in, 3);
	u64 value[WHY_PACK_DICTIONARY];
	size_t nr, i, used = planes == 1 ? 256 : WHY_PACK_DICTIONARY;

	if (!head || !planes || planes > 2)
		return -EBADMSG;
	nr = (size_t)(head[1] | head[2] << 8) + 1;
	if (nr > used || read_planes(in, value, nr, head[0]))
		return -EBADMSG;
	for (i = 0; i < nr; i++)
		value[i] = (value[i] & f->mask) << f->shift;
	memset(value + nr, 0, (used - nr) * sizeof(*value));
	return planes == 1 ? take_bytes(in, body, n, value) : take_words(in, body, n, value);
}

static int take_length_column(struct input *in, u64 *body, size_t n, const struct field *f)
{
	const u8 *classes = take(in, n);
	u64 v[WHY_PACK_EVENTS];

	if (!classes || take_lengths(in, classes, n, v))
		return -EBADMSG;
	merge(body, n, f, v);
	return 0;
}

static int take_column(struct input *in, u64 *body, size_t n, const struct field *f)
{
	const u8 *how = take(in, 1);

	switch (how ? *how >> 4 : -1) {
	case WHY_COLUMN_ZERO:
		return 0;
	case WHY_COLUMN_CONSTANT:
		return take_constant(in, body, n, f);
	case WHY_COLUMN_PLANES:
		return take_planes(in, body, n, f, *how & 15);
	case WHY_COLUMN_DICTIONARY:
		return take_dictionary(in, body, n, f, *how & 15);
	case WHY_COLUMN_LENGTHS:
		return take_length_column(in, body, n, f);
	default:
		return -EBADMSG;
	}
}

/* Field 1, kept as what it differs by from field 0 of the record before. */
static int take_chained(struct input *in, u64 *body, size_t n, const struct field *f)
{
	u64 before, field0;
	size_t i;

	if (read_planes(in, &before, 1, 3) || take_column(in, body, n, f))
		return -EBADMSG;
	before &= f->mask;
#pragma GCC unroll 4
	for (i = 0; i < n; i++) {
		field0 = body[i] & f->mask;
		body[i] ^= before << f->shift;
		before = field0;
	}
	return 0;
}

/* --- runs --- */

/* What a symbol stands for. */
struct symbol {
	u64 body;		/* the part that is its shape */
	u64 step;		/* of one of the first FEW groups: 1 << shift; else 0 */
	u32 group;		/* its place among the run's types */
	u8 type;		/* of record */
	u8 shift;		/* 16 times the group, if that is one of FEW */
};

/* Groups whose places in their values fit into one word, so that none waits for memory. */
enum { FEW = 4 };
_Static_assert(WHY_PACK_EVENTS <= 0xffff, "a place fits into 16 bits");

/* A run parted by type: the values of each type follow each other, in the order of their time. */
struct parted {
	struct symbol symbols[WHY_PACK_SYMBOLS];
	u32 nr_symbols;
	u32 nr_groups;
	u32 type[WHY_PACK_SYMBOLS];		/* of each group */
	u32 is_shaped[WHY_PACK_SYMBOLS];
	u32 next[WHY_PACK_SYMBOLS + 1];		/* first value of each group */
	u64 delta[WHY_PACK_EVENTS];
	u64 body[WHY_PACK_EVENTS];
};

/* Reads a type and its shapes, `nr` of them; 0: it has none, and one symbol stands for it. */
static int take_shapes(struct input *in, struct parted *p, u32 type, u32 nr)
{
	const u8 *values = take(in, 8 * (size_t)nr);
	u32 i, symbols = nr ? nr : 1;

	if (!values || symbols > WHY_PACK_SYMBOLS - p->nr_symbols)
		return -EBADMSG;
	p->type[p->nr_groups] = type;
	p->is_shaped[p->nr_groups] = nr;
	for (i = 0; i < symbols; i++)
		p->symbols[p->nr_symbols++] = (struct symbol){
			.body = nr ? why_load_le(values + 8 * i) : 0,
			.group = p->nr_groups, .type = (u8)type,
			.step = p->nr_groups < FEW ? 1ULL << 16 * p->nr_groups : 0,
			.shift = (u8)(16 * (p->nr_groups % FEW)),
		};
	p->nr_groups++;
	return 0;
}

static int take_types(struct input *in, struct parted *p)
{
	const u8 *nr = take(in, 1), *head;
	u32 i;

	p->nr_symbols = p->nr_groups = 0;
	for (i = 0; nr && i <= *nr; i++) {
		head = take(in, 2);
		if (!head || take_shapes(in, p, head[0], head[1]))
			return -EBADMSG;
	}
	return nr ? 0 : -EBADMSG;
}

enum { COUNTERS = 8 };

/* Counts the values of each group. */
static int count_symbols(struct parted *p, const u8 *symbols, size_t n)
{
	/* Several counters, since one would wait for itself where a symbol repeats. */
	u32 count[COUNTERS][WHY_PACK_SYMBOLS] = { { 0 } }, i, j, nr;
	size_t k;

	for (k = 0; k + COUNTERS <= n; k += COUNTERS)
#pragma GCC unroll 8
		for (j = 0; j < COUNTERS; j++)
			count[j][symbols[k + j]]++;
	for (; k < n; k++)
		count[0][symbols[k]]++;
	memset(p->next, 0, sizeof(p->next));
	for (i = 0; i < WHY_PACK_SYMBOLS; i++) {
		for (nr = 0, j = 0; j < COUNTERS; j++)
			nr += count[j][i];
		if (nr && i >= p->nr_symbols)
			return -EBADMSG;
		if (nr)
			p->next[p->symbols[i].group + 1] += nr;
	}
	for (i = 0; i < p->nr_groups; i++)
		p->next[i + 1] += p->next[i];
	return 0;
}

static int take_fields(struct input *in, u32 type, u32 is_shaped, u64 *body, size_t n)
{
	const struct why_pack_layout *l = why_pack_layout(type);
	struct field f = { .shift = 0 };
	u32 i;
	int rc = 0;

	memset(body, 0, n * sizeof(*body));
	for (i = 0; !rc && f.shift < 64; f.shift += l->bits[i++]) {
		f.mask = why_pack_mask(l->bits[i]);
		if (is_shaped && i + 1 == l->shape)
			continue;
		rc = i == 1 && l->is_chained ? take_chained(in, body, n, &f) :
					       take_column(in, body, n, &f);
	}
	return rc;
}

static int take_all(struct input *in, const u8 *symbols, size_t n, struct parted *p)
{
	u32 i, nr;

	if (take_types(in, p) || count_symbols(p, symbols, n) ||
	    take_lengths(in, symbols + n, n, p->delta))
		return -EBADMSG;
	for (i = 0; i < p->nr_groups; i++) {
		nr = p->next[i + 1] - p->next[i];
		if (nr && take_fields(in, p->type[i], p->is_shaped[i], p->body + p->next[i], nr))
			return -EBADMSG;
	}
	return in->at == in->end && (in->nr_bits + 7) / 8 == in->max_bits / 8 ? 0 : -EBADMSG;
}

static int runs_back(const struct why_event *e, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (e[i].at_ns < e[i - 1].at_ns)
			return 1;
	return 0;
}

static u64 first_values(const struct parted *p)
{
	u64 next = 0;
	u32 i;

	for (i = 0; i < FEW; i++)
		next |= (u64)p->next[i] << 16 * i;
	return next;
}

/* Puts the parts together again, in the order of the symbols. */
static int join(struct parted *p, const u8 *symbols, u32 cpu, u64 first_ns,
		struct why_event *ret, size_t n)
{
	u64 at = first_ns, any = 0, next = first_values(p);
	u32 k;
	const struct symbol *s;
	size_t i;

	for (i = 0; i < n; i++)
		any |= p->delta[i];
#pragma GCC unroll 4
	for (i = 0; i < n; i++) {
		s = &p->symbols[symbols[i]];
		k = s->step ? next >> s->shift & 0xffff : p->next[s->group]++;
		next += s->step;
		at += p->delta[k];
		ret[i].at_ns = at;
		ret[i].cpu = cpu;
		ret[i].type = s->type;
		ret[i].body = p->body[k] | s->body;
	}
	/* Short steps from an early time pass no end: 2^13 of them, of less than 2^50 ns. */
	if ((any | first_ns) >> 50 && runs_back(ret, n))
		return -EBADMSG;
	return ret[0].at_ns == first_ns ? 0 : -EBADMSG;
}

static void make_classes(struct input *in)
{
	u32 class;

	for (class = 0; class < 256; class++) {
		in->classes[class].least = why_class_least(class);
		in->classes[class].mask = why_pack_mask(why_class_bits(class));
		in->classes[class].nr_bits = why_class_bits(class);
	}
}

/* Finds the areas; all of the bytes must be used. */
static int open_areas(struct input *in, const u8 *bytes, size_t size, size_t n)
{
	size_t fixed = WHY_PACK_HEAD + 2 * n + WHY_PACK_SPARE, columns;

	if (!n || n > WHY_PACK_EVENTS || size < fixed)
		return -EBADMSG;
	columns = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (size_t)bytes[3] << 24;
	if (columns > size - fixed)
		return -EBADMSG;
	in->at = bytes + WHY_PACK_HEAD + 2 * n;
	in->end = in->bits = in->at + columns;
	in->nr_bits = 0;
	in->max_bits = (size - fixed - columns) * 8;
	return 0;
}

int why_unpack(const unsigned char *bytes, size_t size, u32 cpu, u64 first_ns,
	       struct why_event *ret, size_t n)
{
	struct parted p;
	struct input in;

	if (open_areas(&in, bytes, size, n))
		return -EBADMSG;
	make_classes(&in);
	if (take_all(&in, bytes + WHY_PACK_HEAD, n, &p))
		return -EBADMSG;
	return join(&p, bytes + WHY_PACK_HEAD, cpu, first_ns, ret, n);
}
