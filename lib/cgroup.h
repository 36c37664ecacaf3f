/* SPDX-License-Identifier: GPL-2.0-only */
/* Control groups: from a path to what the kernel calls it, and back. Versions 1 and 2. */
#ifndef WHY_LIB_CGROUP_H
#define WHY_LIB_CGROUP_H

#include "core/base.h"
#include "lib/error.h"

#include <stddef.h>

struct why_cgroup {
	u64 id;			/* kernfs id, the directory's inode number */
	char controller[32];	/* of a v1 hierarchy, as its mount option says; empty: v2 */
};

/* Looks up the cgroup at `path`, absolute or relative to its hierarchy's mount. */
int why_cgroup_find(const char *path, struct why_cgroup *ret, struct why_error *err);

/* The hierarchy in which CPU time is shared: "cpu" where v1 has it, else "" for v2. */
const char *why_cgroup_cpu_controller(void);

/* All cgroups of a hierarchy by id. NULL if there is none. */
struct why_cgroup_map;
struct why_cgroup_map *why_cgroup_map_new(const char *controller);
void why_cgroup_map_free(struct why_cgroup_map *map);

/* One that nothing is in yet, to be filled; a later path of one id takes the earlier's place. */
struct why_cgroup_map *why_cgroup_map_empty(void);
/* Returns 0 or -ENOMEM. */
int why_cgroup_map_add(struct why_cgroup_map *map, u64 id, const char *path);

size_t why_cgroup_map_nr(const struct why_cgroup_map *map);

/* The i-th of a map, in order of id: its path, or NULL past the last. */
const char *why_cgroup_map_at(const struct why_cgroup_map *map, size_t i, u64 *ret_id);

/* The path of cgroup `id` in its hierarchy ("/" is the root); NULL: unknown. Owned by the map. */
const char *why_cgroup_path(const struct why_cgroup_map *map, u64 id);

#endif
