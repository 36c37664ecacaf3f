// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events into columns: see pack.h and pack_format.h. Takes up to 400 KB of stack, and a few
 * nanoseconds an event.
 */
#include "lib/pack.h"

#include "lib/pack_format.h"

enum { TYPES = 256, SHAPES = 1024, SHAPE_SLOTS = 2048, SLOTS = 4096, EVENT_BITS = 128 };

/* --- bits and columns --- */

struct output {
	u8 *at;			/* next byte of the columns */
	u8 *bits;		/* in a place of their own until the columns are done */
	u64 nr_bits;
};

/* The byte that nr_bits ends in is zero above them; those after it hold anything. */
static void put_bits(struct output *out, u64 v, u32 n)
{
	u8 *at = out->bits + (out->nr_bits >> 3);
	u32 low = n > WHY_PACK_WIDE_BITS ? 32 : n;

	why_store_le(at, at[0] | (v & why_pack_mask(low)) << (out->nr_bits & 7));
	out->nr_bits += low;
	if (n > low)
		put_bits(out, v >> low, n - low);
}

/* Classes to `ret`, the rest to the bits. */
static void put_lengths(struct output *out, const u64 *v, size_t n, u8 *ret)
{
	size_t i;

	for (i = 0; i < n; i++) {
		ret[i] = (u8)why_class_of(v[i]);
		put_bits(out, v[i] - why_class_least(ret[i]), why_class_bits(ret[i]));
	}
}

static void put_planes(struct output *out, const u64 *v, size_t n, u32 planes)
{
	u32 shift;
	size_t i;

	for (shift = 0; shift < 8 * planes; shift += 8)
		for (i = 0; i < n; i++)
			*out->at++ = (u8)(v[i] >> shift);
}

static u32 planes_for(const u64 *v, size_t n)
{
	u64 any = 1;
	size_t i;

	for (i = 0; i < n; i++)
		any |= v[i];
	return (71 - (u32)__builtin_clzll(any)) / 8;
}

struct dictionary {
	u64 value[WHY_PACK_DICTIONARY];	/* in the order in which they came first */
	u16 slot[SLOTS];	/* index + 1 of the value that hashes there or before; 0: free */
	u32 nr;
};

/* Index of `v`, added if new; `max` where there are that many others. */
static u32 look_up(struct dictionary *d, u64 v, u32 max)
{
	u32 at = (u32)(v * 0x9e3779b97f4a7c15ULL >> 52);

	for (; d->slot[at]; at = (at + 1) % SLOTS)
		if (d->value[d->slot[at] - 1] == v)
			return d->slot[at] - 1U;
	if (d->nr == max)
		return max;
	d->value[d->nr] = v;
	d->slot[at] = (u16)++d->nr;
	return d->nr - 1;
}

/* Puts indices in the place of v[n], where so few differ that it pays. */
static int make_dictionary(struct dictionary *d, u64 *v, size_t n)
{
	u32 max = n / 2 < WHY_PACK_DICTIONARY ? (u32)n / 2 : WHY_PACK_DICTIONARY, index;
	size_t i, k;

	memset(d->slot, 0, sizeof(d->slot));
	for (d->nr = 0, i = 0; i < n; i++) {
		index = look_up(d, v[i], max);
		if (index == max)
			break;
		v[i] = index;
	}
	for (k = 0; i < n && k < i; k++)
		v[k] = d->value[v[k]];
	return i == n;
}

static void put_dictionary(struct output *out, const struct dictionary *d, const u64 *v, size_t n)
{
	u32 planes = d->nr > 256 ? 2 : 1, width = planes_for(d->value, d->nr);

	*out->at++ = (u8)(WHY_COLUMN_DICTIONARY << 4 | planes);
	*out->at++ = (u8)width;
	*out->at++ = (u8)(d->nr - 1);
	*out->at++ = (u8)((d->nr - 1) >> 8);
	put_planes(out, d->value, d->nr, width);
	put_planes(out, v, n, planes);
}

static int is_constant(const u64 *v, size_t n)
{
	u64 differs = 0;
	size_t i;

	for (i = 1; i < n; i++)
		differs |= v[i] ^ v[0];
	return !differs;
}

static void put_constant(struct output *out, u64 v)
{
	*out->at++ = (u8)((v ? WHY_COLUMN_CONSTANT : WHY_COLUMN_ZERO) << 4);
	if (v) {
		why_store_le(out->at, v);
		out->at += sizeof(v);
	}
}

/* Writes v[n] as a column; v is changed. */
static void put_column(struct output *out, u64 *v, size_t n, int is_length)
{
	struct dictionary d;
	u32 planes;

	if (is_constant(v, n)) {
		put_constant(out, v[0]);
	} else if (is_length) {
		*out->at++ = WHY_COLUMN_LENGTHS << 4;
		put_lengths(out, v, n, out->at);
		out->at += n;
	} else if (make_dictionary(&d, v, n)) {
		put_dictionary(out, &d, v, n);
	} else {
		planes = planes_for(v, n);
		*out->at++ = (u8)(WHY_COLUMN_PLANES << 4 | planes);
		put_planes(out, v, n, planes);
	}
}

/* --- shapes --- */

struct shapes {
	u64 value[SHAPES];
	u8 type[SHAPES];
	u8 rank[SHAPES];		/* among those of its type, by first appearance */
	u16 slot[SHAPE_SLOTS];		/* as a dictionary's */
	u32 nr;
	u32 nr_of[TYPES];		/* of each type; above WHY_PACK_SHAPES: too many */
	u32 first[TYPES];		/* symbol of each type's first shape */
	u32 is_shaped[TYPES];
};

/* The part of a type's body that is its shape. */
static u64 shape_mask(const struct why_pack_layout *l)
{
	u32 i, shift = 0;

	for (i = 0; i + 1U < l->shape; i++)
		shift += l->bits[i];
	return l->shape ? why_pack_mask(l->bits[l->shape - 1]) << shift : 0;
}

/* Rank of a shape in its type, added if new; 0 where that has too many. */
static u8 rank_of(struct shapes *s, u32 type, u64 value)
{
	u32 at = (u32)((value + type) * 0x9e3779b97f4a7c15ULL >> 53);
	u32 i;

	if (s->nr_of[type] > WHY_PACK_SHAPES)
		return 0;
	for (; s->slot[at]; at = (at + 1) % SHAPE_SLOTS) {
		i = s->slot[at] - 1U;
		if (s->value[i] == value && s->type[i] == type)
			return s->rank[i];
	}
	s->value[s->nr] = value;
	s->type[s->nr] = (u8)type;
	s->rank[s->nr] = (u8)s->nr_of[type]++;
	s->slot[at] = (u16)(s->nr + 1);
	return s->rank[s->nr++];
}

/* Gives out symbols: one for each type that has no shapes here, and as many shapes as fit. */
static void number_shapes(struct shapes *s, const u32 *count)
{
	u32 type, next = 0, room = WHY_PACK_SYMBOLS;

	for (type = 0; type < TYPES; type++)
		room -= count[type] > 0;
	for (type = 0; type < TYPES; type++) {
		if (!count[type])
			continue;
		s->first[type] = next++;
		s->is_shaped[type] = s->nr_of[type] && s->nr_of[type] <= WHY_PACK_SHAPES &&
				     s->nr_of[type] - 1 <= room;
		if (!s->is_shaped[type])
			continue;
		next += s->nr_of[type] - 1;
		room -= s->nr_of[type] - 1;
	}
}

/* --- runs --- */

/* A run parted by type: the values of each type follow each other, in the order of their time. */
struct parted {
	u32 count[TYPES];
	u32 begin[TYPES];
	u64 delta[WHY_PACK_EVENTS];	/* ns since the event before, of whatever type */
	u64 body[WHY_PACK_EVENTS];
};

static void find_shapes(const struct why_event *e, size_t n, struct shapes *s, u32 *count,
			u8 *ret_rank)
{
	u64 mask[TYPES];
	u32 type;
	size_t i;

	for (type = 0; type < TYPES; type++)
		mask[type] = shape_mask(why_pack_layout(type));
	for (i = 0; i < n; i++) {
		type = e[i].type;
		count[type]++;
		ret_rank[i] = mask[type] ? rank_of(s, type, e[i].body & mask[type]) : 0;
	}
	number_shapes(s, count);
}

/* Parts the run and makes its symbols, in the place of their ranks. */
static void part(const struct why_event *e, size_t n, const struct shapes *s, struct parted *p,
		 u8 *symbols)
{
	u64 before = e[0].at_ns;
	u32 next[TYPES], type, at = 0;
	size_t i;

	for (type = 0; type < TYPES; at += p->count[type++])
		next[type] = p->begin[type] = at;
	for (i = 0; i < n; i++) {
		type = e[i].type;
		symbols[i] = (u8)(s->first[type] + (s->is_shaped[type] ? symbols[i] : 0));
		p->delta[next[type]] = e[i].at_ns - before;
		p->body[next[type]++] = e[i].body;
		before = e[i].at_ns;
	}
}

/* Lists the types there are, and the shapes of each. */
static void put_types(struct output *out, const struct shapes *s, const u32 *count)
{
	u8 *nr_types = out->at++, *shapes[TYPES] = { NULL };
	u32 type, i;

	*nr_types = 0xff;
	for (type = 0; type < TYPES; type++) {
		if (!count[type])
			continue;
		++*nr_types;
		*out->at++ = (u8)type;
		*out->at++ = (u8)(s->is_shaped[type] ? s->nr_of[type] : 0);
		shapes[type] = out->at;
		out->at += s->is_shaped[type] ? 8 * s->nr_of[type] : 0;
	}
	for (i = 0; i < s->nr; i++)
		if (s->is_shaped[s->type[i]])
			why_store_le(shapes[s->type[i]] + 8 * s->rank[i], s->value[i]);
}

/* What a field differs by from the first field of the record before; the first, not at all. */
static void put_chain(struct output *out, const u64 *body, u64 *v, size_t n)
{
	size_t i;

	put_planes(out, v, 1, 3);
	v[0] = 0;
	for (i = 1; i < n; i++)
		v[i] ^= body[i - 1] & WHY_RECORD_FIELD;
}

static void put_fields(struct output *out, u32 type, u32 is_shaped, const u64 *body, size_t n)
{
	const struct why_pack_layout *l = why_pack_layout(type);
	u64 v[WHY_PACK_EVENTS];
	u32 field, shift = 0;
	size_t i;

	for (field = 0; shift < 64; shift += l->bits[field++]) {
		if (is_shaped && field + 1 == l->shape)
			continue;
		for (i = 0; i < n; i++)
			v[i] = body[i] >> shift & why_pack_mask(l->bits[field]);
		if (field == 1 && l->is_chained)
			put_chain(out, body, v, n);
		put_column(out, v, n, l->has_length && shift + l->bits[field] == 64);
	}
}

size_t why_pack_bound(size_t n)
{
	size_t types = n < TYPES ? n : TYPES;

	return WHY_PACK_HEAD + 24 * n + 64 * types + 8 * WHY_PACK_SYMBOLS + WHY_PACK_SPARE;
}

/* Puts the size of the columns before them and the bits behind. Returns the size of all. */
static size_t finish(struct output *out, size_t n, u8 *ret)
{
	size_t columns = (size_t)(out->at - ret) - WHY_PACK_HEAD - 2 * n, i;
	size_t bits = (size_t)(out->nr_bits + 7) / 8;

	for (i = 0; i < WHY_PACK_HEAD; i++)
		ret[i] = (u8)(columns >> 8 * i);
	memcpy(out->at, out->bits, bits);
	memset(out->at + bits, 0, WHY_PACK_SPARE);
	return (size_t)(out->at - ret) + bits + WHY_PACK_SPARE;
}

size_t why_pack(const struct why_event *events, size_t n, unsigned char *ret)
{
	u8 *symbols = ret + WHY_PACK_HEAD, bits[WHY_PACK_EVENTS * EVENT_BITS / 8 + 16];
	struct output out = { .at = symbols + 2 * n, .bits = bits };
	struct shapes s;
	struct parted p;
	u32 type;

	bits[0] = 0;
	s.nr = 0;
	memset(s.slot, 0, sizeof(s.slot));
	memset(s.nr_of, 0, sizeof(s.nr_of));
	memset(p.count, 0, sizeof(p.count));
	find_shapes(events, n, &s, p.count, symbols);
	part(events, n, &s, &p, symbols);
	put_types(&out, &s, p.count);
	put_lengths(&out, p.delta, n, symbols + n);
	for (type = 0; type < TYPES; type++)
		if (p.count[type])
			put_fields(&out, type, s.is_shaped[type], p.body + p.begin[type],
				   p.count[type]);
	return finish(&out, n, ret);
}
