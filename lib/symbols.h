/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's functions by address, as /proc/kallsyms lists them now, modules' and eBPF's too. */
#ifndef WHY_LIB_SYMBOLS_H
#define WHY_LIB_SYMBOLS_H

#include "core/base.h"

struct why_symbols;

/*
 * Each symbol of /proc/kallsyms in its order, hidden addresses left out, until `take` returns other
 * than 0. Returns that, or -errno.
 */
int why_symbols_each(int (*take)(void *arg, u64 address, char type, const char *name), void *arg);

/* NULL with errno: ENODATA where the kernel hides its addresses. why_symbols_free() it. */
struct why_symbols *why_symbols_read(void);

/* The function that holds `address`; NULL: none does. Lives as long as `s`. */
const char *why_symbols_find(const struct why_symbols *s, u64 address);

void why_symbols_free(struct why_symbols *s);

#endif
