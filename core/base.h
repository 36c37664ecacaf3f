/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words every core file is written in. No include, and no #if but for what the compiler is
 * told: the same text compiles for eBPF, for a kernel module and for user space (C11 lets these
 * typedefs repeat the kernel's).
 */
#ifndef WHY_CORE_BASE_H
#define WHY_CORE_BASE_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

/* Linked inside one object in all three worlds; for eBPF it also asks for static verification. */
#define WHY_HIDDEN __attribute__((visibility("hidden")))
#define WHY_INLINE static inline __attribute__((always_inline, unused))

/*
 * Where the core replays, the compiler is told more (mk/config.mk). An eBPF verifier follows both
 * ways of a branch, in a stack of 512 bytes that hints for speed have overrun.
 */
#ifndef WHY_SHORTCUTS
#define WHY_SHORTCUTS 0		/* whether to ask for a shorter way that says the same */
#define WHY_ASIDE static	/* the longer way, or a rare one: of its own, not inlined */
#define WHY_UNROLLED		/* a loop over classes */
#define WHY_RARELY(x) (x)	/* a condition that seldom holds */
#endif

/* One load or store that the compiler may neither split, repeat nor move past another one. */
#define WHY_LOAD(x)	(*(const volatile __typeof__(x) *)&(x))
#define WHY_STORE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#define WHY_COMM_LEN 16

#endif
