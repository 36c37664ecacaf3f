/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/whylate (abi/module.h). */
#ifndef WHY_KMOD_DEVICE_H
#define WHY_KMOD_DEVICE_H

int why_device_init(void);
void why_device_exit(void);

#endif
