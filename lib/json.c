// SPDX-License-Identifier: GPL-2.0-only
/* Steps of json-c: see json.h. */
#include "lib/json.h"

#include <stdlib.h>
#include <string.h>

/* Bytes as the UTF-8 of U+0000 to U+00FF. */
static struct json_object *from_bytes(const char *bytes, size_t nr)
{
	char *text = malloc(2 * nr + 1), *at = text;
	struct json_object *o;
	size_t i;

	if (!text)
		return NULL;
	for (i = 0; i < nr && bytes[i]; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c >= 0x80)
			*at++ = (char)(0xc0 | c >> 6);
		*at++ = (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c);
	}
	o = json_object_new_string_len(text, (int)(at - text));
	free(text);
	return o;
}

static void to_bytes(const char *text, char *ret, size_t room)
{
	size_t n = 0;

	memset(ret, 0, room);
	while (text && *text && n < room) {
		unsigned char c = (unsigned char)*text++;

		if ((c & 0xfc) == 0xc0 && (*text & 0xc0) == 0x80)
			c = (unsigned char)((c & 3) << 6 | (*text++ & 0x3f));
		ret[n++] = (char)c;
	}
}

void why_json_put(struct json_object *o, const char *name, u64 n)
{
	json_object_object_add(o, name, json_object_new_int64((s64)n));
}

void why_json_put_text(struct json_object *o, const char *name, const char *text)
{
	json_object_object_add(o, name, from_bytes(text, strlen(text)));
}

void why_json_add(struct json_object *array, u64 n)
{
	json_object_array_add(array, json_object_new_int64((s64)n));
}

void why_json_add_bytes(struct json_object *array, const char *bytes, size_t nr)
{
	json_object_array_add(array, from_bytes(bytes, nr));
}

char *why_json_finish(struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	char *copy = text ? strdup(text) : NULL;

	json_object_put(o);
	return copy;
}

struct json_object *why_json_parse(const char *text)
{
	struct json_object *o = json_tokener_parse(text);

	if (json_object_is_type(o, json_type_object))
		return o;
	json_object_put(o);
	return NULL;
}

static u64 number(struct json_object *o)
{
	s64 n = o ? json_object_get_int64(o) : 0;

	return n > 0 ? (u64)n : 0;
}

u64 why_json_get(struct json_object *o, const char *name)
{
	struct json_object *found = NULL;

	json_object_object_get_ex(o, name, &found);
	return number(found);
}

void why_json_get_text(struct json_object *o, const char *name, char *ret, size_t room)
{
	struct json_object *found = NULL;

	json_object_object_get_ex(o, name, &found);
	to_bytes(found ? json_object_get_string(found) : NULL, ret, room - 1);
	ret[room - 1] = 0;
}

size_t why_json_length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

struct json_object *why_json_item(struct json_object *array, size_t i)
{
	return i < why_json_length(array) ? json_object_array_get_idx(array, i) : NULL;
}

u64 why_json_at(struct json_object *array, size_t i)
{
	return number(why_json_item(array, i));
}

void why_json_bytes_at(struct json_object *array, size_t i, char *ret, size_t room)
{
	struct json_object *o = why_json_item(array, i);

	to_bytes(o ? json_object_get_string(o) : NULL, ret, room);
}
