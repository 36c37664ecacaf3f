/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/whylate/: what the tracker found, at any time. */
#ifndef WHY_KMOD_PROC_H
#define WHY_KMOD_PROC_H

int why_proc_init(void);
void why_proc_exit(void);

#endif
