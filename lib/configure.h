/* SPDX-License-Identifier: GPL-2.0-only */
/* From a request and this machine to what the hooks are told. */
#ifndef WHY_LIB_CONFIGURE_H
#define WHY_LIB_CONFIGURE_H

#include "lib/error.h"
#include "lib/request.h"

enum { WHY_LABEL_LEN = 32 };

/*
 * Fills in *ret but for what depends on the collector (place_shift, has_storage_cache), and
 * ret_label[WHY_LABEL_LEN]: the v1 controller whose hierarchy names tasks, empty for v2. What the
 * kernel's types tell is left 0 where there are none. Returns 0, or -errno with *err filled in.
 */
int why_configure(const struct why_request *req, u32 nr_cpus, struct why_config *ret,
		  char *ret_label, struct why_error *err);

#endif
