// SPDX-License-Identifier: GPL-2.0-only
/* Control groups by path and by id: see cgroup.h. Mounts come from /proc/self/mounts. */
#include "lib/cgroup.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Controllers of cgroup v1 that can name a hierarchy: cgroups(7). */
static const char *const controllers[] = {
	"cpu",	  "cpuset",  "cpuacct",	 "memory",     "blkio",	    "devices",
	"freezer", "net_cls", "net_prio", "perf_event", "hugetlb", "pids",
};

static void controller_of(const struct mntent *m, char *ret, size_t size)
{
	size_t i;

	ret[0] = 0;
	if (!strcmp(m->mnt_type, "cgroup2"))
		return;
	for (i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++) {
		if (!hasmntopt(m, controllers[i]))
			continue;
		snprintf(ret, size, "%s", controllers[i]);
		return;
	}
	snprintf(ret, size, "?");
}

/* The mount of the hierarchy of `controller` ("" is v2). Returns its directory in `ret`. */
static int find_mount(const char *controller, char *ret, size_t size)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	char name[32];
	int found = -ENOENT;

	if (!f)
		return -errno;
	while (found && (m = getmntent(f))) {
		if (strcmp(m->mnt_type, "cgroup") && strcmp(m->mnt_type, "cgroup2"))
			continue;
		controller_of(m, name, sizeof(name));
		if (strcmp(name, controller))
			continue;
		snprintf(ret, size, "%s", m->mnt_dir);
		found = 0;
	}
	endmntent(f);
	return found;
}

/* If `real` lies in mount `m`, fills in what the kernel calls it. */
static int match_mount(const struct mntent *m, const char *real, struct why_cgroup *ret)
{
	size_t n = strlen(m->mnt_dir);

	if (strcmp(m->mnt_type, "cgroup") && strcmp(m->mnt_type, "cgroup2"))
		return -ENOENT;
	if (strncmp(real, m->mnt_dir, n) || (real[n] && real[n] != '/'))
		return -ENOENT;
	controller_of(m, ret->controller, sizeof(ret->controller));
	return 0;
}

static int find_absolute(const char *real, struct why_cgroup *ret)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct stat st;
	struct mntent *m;
	int found = -ENOENT;

	if (!f)
		return -errno;
	while (found && (m = getmntent(f)))
		found = match_mount(m, real, ret);
	endmntent(f);
	if (found)
		return found;
	if (stat(real, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	ret->id = st.st_ino;
	return 0;
}

/* A path as users write it: from the root of the file system, or of the hierarchy. */
static int find_any(const char *path, struct why_cgroup *ret)
{
	char real[PATH_MAX], joined[2 * PATH_MAX], mount[PATH_MAX];

	if (realpath(path, real) && !find_absolute(real, ret))
		return 0;
	if (find_mount(why_cgroup_cpu_controller(), mount, sizeof(mount)))
		return -ENOENT;
	snprintf(joined, sizeof(joined), "%s/%s", mount, path);
	if (!realpath(joined, real))
		return -errno;
	return find_absolute(real, ret);
}

int why_cgroup_find(const char *path, struct why_cgroup *ret, struct why_error *err)
{
	int rc = *path ? find_any(path, ret) : -ENOENT;

	if (rc)
		return why_error_set(err, WHY_EXIT_FAILED, -rc,
				     "give a cgroup's directory, as under /sys/fs/cgroup",
				     "cgroup '%s'", path);
	if (!strcmp(ret->controller, "?"))
		return why_error_set(err, WHY_EXIT_UNABLE, 0, "use one of cgroup v2 or of cpu",
				     "cgroup '%s': its hierarchy has no controller", path);
	return 0;
}

const char *why_cgroup_cpu_controller(void)
{
	char mount[PATH_MAX];

	return find_mount("cpu", mount, sizeof(mount)) ? "" : "cpu";
}

struct entry {
	u64 id;
	char *path;
};

struct why_cgroup_map {
	struct entry *entries;
	size_t nr;
};

/* nftw() takes no argument of ours. */
static _Thread_local struct why_cgroup_map *walked;
static _Thread_local size_t walked_root;

static int append(struct why_cgroup_map *map, u64 id, const char *path)
{
	struct entry *e = realloc(map->entries, (map->nr + 1) * sizeof(*e));

	if (!e)
		return -ENOMEM;
	map->entries = e;
	e += map->nr;
	e->id = id;
	e->path = strdup(path);
	if (!e->path)
		return -ENOMEM;
	map->nr++;
	return 0;
}

static int add_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	return type == FTW_D ? append(walked, st->st_ino,
				      path[walked_root] ? path + walked_root : "/") : 0;
}

static int by_id(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

struct why_cgroup_map *why_cgroup_map_new(const char *controller)
{
	char mount[PATH_MAX];

	if (find_mount(controller, mount, sizeof(mount)))
		return NULL;
	walked = calloc(1, sizeof(*walked));
	if (!walked)
		return NULL;
	walked_root = strlen(mount);
	nftw(mount, add_entry, 16, FTW_PHYS | FTW_MOUNT);
	qsort(walked->entries, walked->nr, sizeof(*walked->entries), by_id);
	return walked;
}

struct why_cgroup_map *why_cgroup_map_empty(void)
{
	return calloc(1, sizeof(struct why_cgroup_map));
}

/* Where `id` is or would be. */
static size_t place_of(const struct why_cgroup_map *map, u64 id)
{
	size_t low = 0, high = map->nr, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (map->entries[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int why_cgroup_map_add(struct why_cgroup_map *map, u64 id, const char *path)
{
	size_t at = place_of(map, id);
	struct entry added;
	char *copy;
	int rc;

	if (at < map->nr && map->entries[at].id == id) {
		copy = strdup(path);
		if (!copy)
			return -ENOMEM;
		free(map->entries[at].path);
		map->entries[at].path = copy;
		return 0;
	}
	rc = append(map, id, path);
	if (rc)
		return rc;
	added = map->entries[map->nr - 1];
	memmove(map->entries + at + 1, map->entries + at, (map->nr - 1 - at) * sizeof(added));
	map->entries[at] = added;
	return 0;
}

size_t why_cgroup_map_nr(const struct why_cgroup_map *map)
{
	return map ? map->nr : 0;
}

const char *why_cgroup_map_at(const struct why_cgroup_map *map, size_t i, u64 *ret_id)
{
	if (!map || i >= map->nr)
		return NULL;
	*ret_id = map->entries[i].id;
	return map->entries[i].path;
}

void why_cgroup_map_free(struct why_cgroup_map *map)
{
	size_t i;

	if (!map)
		return;
	for (i = 0; i < map->nr; i++)
		free(map->entries[i].path);
	free(map->entries);
	free(map);
}

const char *why_cgroup_path(const struct why_cgroup_map *map, u64 id)
{
	size_t at = map ? place_of(map, id) : 0;

	return map && at < map->nr && map->entries[at].id == id ? map->entries[at].path : NULL;
}
