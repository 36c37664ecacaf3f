/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers of the module's own.
 *
 * fact			kernels			commit			how probed
 * hrtimer_setup()	6.13 and later		908a1d775422		WHY_HAS_HRTIMER_SETUP
 */
#ifndef WHY_COMPAT_TIMER_NATIVE_H
#define WHY_COMPAT_TIMER_NATIVE_H

#include <linux/hrtimer.h>

static inline void why_compat_hrtimer_setup(struct hrtimer *timer,
					    enum hrtimer_restart (*function)(struct hrtimer *),
					    enum hrtimer_mode mode)
{
#ifdef WHY_HAS_HRTIMER_SETUP
	hrtimer_setup(timer, function, CLOCK_MONOTONIC, mode);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, mode);
	timer->function = function;
#endif
}

#endif
