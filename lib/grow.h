/* SPDX-License-Identifier: GPL-2.0-only */
/* Room for one element more in an array that doubles. */
#ifndef WHY_LIB_GROW_H
#define WHY_LIB_GROW_H

#include <errno.h>
#include <stdlib.h>

/*
 * Makes *p, which has room for *room elements of `element` bytes, hold `wanted` at least; what is
 * new is not set. Returns 0, or -ENOMEM with all as it was.
 */
static inline int why_grow(void **p, size_t *room, size_t wanted, size_t element)
{
	size_t more = *room ? *room : 64;
	void *grown;

	if (wanted <= *room)
		return 0;
	while (more < wanted)
		more *= 2;
	grown = realloc(*p, more * element);
	if (!grown)
		return -ENOMEM;
	*p = grown;
	*room = more;
	return 0;
}

#endif
