/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/latency_hist/: the real-time tree's files. */
#ifndef WHY_KMOD_LATENCY_HIST_H
#define WHY_KMOD_LATENCY_HIST_H

#include "kmod/history.h"

/* Each history's folder there. */
extern const char *const why_history_names[WHY_HISTORY_NR];

int why_latency_hist_init(void);
void why_latency_hist_exit(void);

#endif
