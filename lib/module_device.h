/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/whylate, for what speaks with it. */
#ifndef WHY_LIB_MODULE_DEVICE_H
#define WHY_LIB_MODULE_DEVICE_H

#include "lib/error.h"

struct btf;

/* Why the module can't: `code` is errno's. Returns -code, with *err. */
int why_module_unable(struct why_error *err, int code, const char *what);

/* A file of the device, the caller's to close; or -errno with *err. */
int why_module_open(struct why_error *err);

/*
 * Where the scheduler's structures have what the module must read of them: bytes in struct cfs_rq
 * and in struct rq. -1: not told, as where `types` is NULL.
 */
void why_module_find_queue(const struct btf *types, int *ret_cfs_rq_rq, int *ret_rq_nr_switches);

#endif
