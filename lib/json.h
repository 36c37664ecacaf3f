/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few steps of json-c that texts of a recording are made of. Numbers are u64 below 2^63. Bytes
 * that are no text (a task's name may hold any) become characters of U+0000 to U+00FF, one each.
 * What is missing or of another type reads as 0 or as nothing.
 */
#ifndef WHY_LIB_JSON_H
#define WHY_LIB_JSON_H

#include "core/base.h"

#include <json-c/json.h>

void why_json_put(struct json_object *o, const char *name, u64 n);
void why_json_put_text(struct json_object *o, const char *name, const char *text);

void why_json_add(struct json_object *array, u64 n);

/* Up to bytes[nr], or to the first zero. */
void why_json_add_bytes(struct json_object *array, const char *bytes, size_t nr);

/* The text of `o`, for free(), which frees `o`; NULL without memory. */
char *why_json_finish(struct json_object *o);

/* NULL for what is no JSON object. */
struct json_object *why_json_parse(const char *text);

u64 why_json_get(struct json_object *o, const char *name);

/* Into ret[room], cut to fit and terminated. */
void why_json_get_text(struct json_object *o, const char *name, char *ret, size_t room);

size_t why_json_length(struct json_object *array);
/* NULL past the end, and for what is no array. */
struct json_object *why_json_item(struct json_object *array, size_t i);
u64 why_json_at(struct json_object *array, size_t i);

/* Into ret[room], which is filled up with zeros. */
void why_json_bytes_at(struct json_object *array, size_t i, char *ret, size_t room);

#endif
