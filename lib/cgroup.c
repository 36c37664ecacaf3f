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

static int add_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct entry *e;

	(void)ftw;
	if (type != FTW_D)
		return 0;
	e = realloc(walked->entries, (walked->nr + 1) * sizeof(*e));
	if (!e)
		return -1;
	walked->entries = e;
	e += walked->nr;
	e->id = st->st_ino;
	e->path = strdup(path[walked_root] ? path + walked_root : "/");
	if (!e->path)
		return -1;
	walked->nr++;
	return 0;
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
	struct entry key = { .id = id }, *e;

	if (!map || !map->nr)
		return NULL;
	e = bsearch(&key, map->entries, map->nr, sizeof(key), by_id);
	return e ? e->path : NULL;
}
