/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order of stores, by processor, for both collectors. x86 itself lets no store pass an earlier
 * one (Intel SDM volume 3A, 9.2.2; AMD64 APM volume 2, 7.2), and a locked instruction takes some 20
 * cycles there.
 */
#ifndef WHY_COMPAT_ORDER_H
#define WHY_COMPAT_ORDER_H

#include "core/base.h"

#if defined(__x86_64__) || defined(__TARGET_ARCH_x86)
#define WHY_STORES_KEEP_ORDER 1
#else
#define WHY_STORES_KEEP_ORDER 0
#endif

/*
 * Stores after all that was stored before it. Where a store isn't enough, an exchange, for eBPF has
 * no other barrier; and not __sync_lock_test_and_set(), which is an acquire alone.
 */
#define WHY_PUBLISH(x, v)                                                                          \
	do {                                                                                       \
		if (WHY_STORES_KEEP_ORDER) {                                                       \
			__asm__ __volatile__("" ::: "memory");                                     \
			WHY_STORE(x, v);                                                           \
		} else {                                                                           \
			__atomic_exchange_n(&(x), (v), __ATOMIC_SEQ_CST);                          \
		}                                                                                  \
	} while (0)

#endif
