/* SPDX-License-Identifier: GPL-2.0-only */
/* /sys/kernel/whylate/: rt_tracer's commands. */
#ifndef WHY_KMOD_SYSFS_H
#define WHY_KMOD_SYSFS_H

int why_sysfs_init(void);
void why_sysfs_exit(void);

#endif
