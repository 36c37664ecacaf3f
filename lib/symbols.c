// SPDX-License-Identifier: GPL-2.0-only
/* See symbols.h: one sorted table, names in one block. */
#include "lib/symbols.h"

#include "lib/grow.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symbol {
	u64 address;
	size_t name;	/* offset in names */
};

struct why_symbols {
	struct symbol *symbols;
	size_t nr, room;
	char *names;
	size_t size, names_room;
};

enum { BUFFER = 1 << 16 };	/* the kernel makes as much of the list at a time as is asked for */

/* No function is longer: what lies further from the last one is nobody's we know. */
#define FURTHEST (1U << 20)

static int add(struct why_symbols *s, u64 address, const char *name)
{
	size_t length = strlen(name) + 1;

	if (why_grow((void **)&s->symbols, &s->room, s->nr + 1, sizeof(*s->symbols)) ||
	    why_grow((void **)&s->names, &s->names_room, s->size + length, 1))
		return -ENOMEM;
	s->symbols[s->nr++] = (struct symbol){ .address = address, .name = s->size };
	memcpy(s->names + s->size, name, length);
	s->size += length;
	return 0;
}

/* Of several names at one address the first listed stays first. */
static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

/* "address type name" and perhaps more. By hand: sscanf() is slow, and there are 200,000. */
static bool parse(char *line, u64 *ret_address, char *ret_type, char **ret_name)
{
	char *end;

	*ret_address = strtoull(line, &end, 16);
	if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
		return false;
	*ret_type = end[1];
	*ret_name = end + 3;
	end[3 + strcspn(end + 3, " \t\n")] = 0;
	return true;
}

int why_symbols_each(int (*take)(void *arg, u64 address, char type, const char *name), void *arg)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], *name, type;
	int rc = f ? 0 : -errno;
	u64 address;

	if (f)
		setvbuf(f, NULL, _IOFBF, BUFFER);
	while (!rc && fgets(line, sizeof(line), f))
		if (parse(line, &address, &type, &name) && address)
			rc = take(arg, address, type, name);
	if (f)
		fclose(f);
	return rc;
}

static int add_function(void *arg, u64 address, char type, const char *name)
{
	return strchr("tTwW", type) ? add(arg, address, name) : 0;
}

struct why_symbols *why_symbols_read(void)
{
	struct why_symbols *s = calloc(1, sizeof(*s));
	int rc = s ? why_symbols_each(add_function, s) : -ENOMEM;

	if (!rc && !s->nr)
		rc = -ENODATA;
	if (rc) {
		why_symbols_free(s);
		errno = -rc;
		return NULL;
	}
	qsort(s->symbols, s->nr, sizeof(*s->symbols), by_address);
	return s;
}

const char *why_symbols_find(const struct why_symbols *s, u64 address)
{
	size_t low = 0, high = s->nr, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (s->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	address -= s->symbols[low - 1].address;
	while (low > 1 && s->symbols[low - 2].address == s->symbols[low - 1].address)
		low--;
	return address < FURTHEST ? s->names + s->symbols[low - 1].name : NULL;
}

void why_symbols_free(struct why_symbols *s)
{
	if (!s)
		return;
	free(s->symbols);
	free(s->names);
	free(s);
}
