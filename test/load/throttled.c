// SPDX-License-Identifier: GPL-2.0-only
/*
 * A busy child in a cgroup with a CPU quota: runs until the quota is spent, then waits for the next
 * period. Version 1 or 2 of the controller, whichever is mounted; the cgroup is removed at the end,
 * also on SIGTERM. The child never sleeps, so its wall time less its CPU time is what it waited.
 */
#include "load.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

static uint64_t cpu, for_ns = 2 * LOAD_S, quota_ns = 20 * LOAD_MS, period_ns = 100 * LOAD_MS;
static char root[256], group[512];
static bool is_v2, has_enabled;
static volatile sig_atomic_t is_told_to_stop;

/* The child's own account; shared memory, read when is_done. */
struct account {
	uint64_t wall_ns;
	uint64_t cpu_ns;
	_Atomic bool is_done;
};

struct throttling {
	uint64_t nr;
	uint64_t ns;
};

static bool has_word(const char *list, const char *word)
{
	char copy[1024], *at = copy;

	snprintf(copy, sizeof(copy), "%s", list);
	for (char *item; (item = strsep(&at, ", \n"));)
		if (!strcmp(item, word))
			return true;
	return false;
}

static bool offers_cpu(const char *mount)
{
	char path[512], line[1024] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/cgroup.controllers", mount);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		line[0] = 0;
	fclose(file);
	return has_word(line, "cpu");
}

static bool find_controller(void)
{
	char line[1024], mount[256] = "", type[64], flags[512];
	FILE *mounts = fopen("/proc/mounts", "re");
	bool is_found = false;

	while (mounts && !is_found && fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%*s %255s %63s %511s", mount, type, flags) != 3)
			continue;
		is_v2 = !strcmp(type, "cgroup2") && offers_cpu(mount);
		is_found = is_v2 || (!strcmp(type, "cgroup") && has_word(flags, "cpu"));
	}
	if (mounts)
		fclose(mounts);
	strcpy(root, mount);
	return is_found;
}

static bool put(const char *folder, const char *file, const char *text)
{
	char path[1024];
	int fd;
	bool is_put;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	is_put = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		close(fd);
	return is_put;
}

static void put_number(const char *file, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	if (!put(group, file, text))
		load_die("write %s to %s/%s", text, group, file);
}

/* As much weight as there is, so that the quota is what the child waits for, not its neighbours. */
static void limit_group(void)
{
	char max[64];

	if (is_v2) {
		snprintf(max, sizeof(max), "%" PRIu64 " %" PRIu64, quota_ns / 1000,
			 period_ns / 1000);
		if (!put(group, "cpu.max", max))
			load_die("write %s/cpu.max", group);
		put_number("cpu.weight", 10000);
	} else {
		put_number("cpu.cfs_period_us", period_ns / 1000);
		put_number("cpu.cfs_quota_us", quota_ns / 1000);
		put_number("cpu.shares", 262144);
	}
}

static struct throttling read_throttling(void)
{
	struct throttling t = {0};
	char path[1024], line[256];
	uint64_t us = 0;
	FILE *stat;

	snprintf(path, sizeof(path), "%s/cpu.stat", group);
	stat = fopen(path, "re");
	if (!stat)
		load_die("open %s", path);
	while (fgets(line, sizeof(line), stat)) {
		sscanf(line, "nr_throttled %" SCNu64, &t.nr);
		sscanf(line, "throttled_time %" SCNu64, &t.ns);
		if (sscanf(line, "throttled_usec %" SCNu64, &us) == 1)
			t.ns = us * LOAD_US;
	}
	fclose(stat);
	return t;
}

static void be_busy(struct account *account)
{
	uint64_t wall_ns, cpu_ns;

	load_set_name("throttled");
	load_pin(0, cpu);
	put_number("cgroup.procs", getpid());
	wall_ns = load_now_ns();
	cpu_ns = load_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	load_spin_until(wall_ns + for_ns);
	account->wall_ns = load_now_ns() - wall_ns;
	account->cpu_ns = load_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns;
	account->is_done = true;
	for (;;)
		pause();
}

static void on_stop(int signal_nr)
{
	(void)signal_nr;
	is_told_to_stop = true;
}

static void clean_up(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	while (rmdir(group) && errno == EBUSY)
		usleep(1000);
	if (has_enabled)
		put(root, "cgroup.subtree_control", "-cpu");
}

static void make_group(void)
{
	char path[1024];

	if (!find_controller())
		load_quit(LOAD_CANNOT, 0, "no cpu controller is mounted");
	snprintf(group, sizeof(group), "%s/whylate-load-%d", root, getpid());
	if (mkdir(group, 0755))
		load_die("mkdir %s", group);
	snprintf(path, sizeof(path), "%s/cpu.max", group);
	if (is_v2 && access(path, F_OK))
		has_enabled = put(root, "cgroup.subtree_control", "+cpu");
}

int main(int argc, char **argv)
{
	const struct load_option options[] = {
		{"cpu", LOAD_NR, &cpu, "the CPU the child is pinned to"},
		{"for", LOAD_TIME, &for_ns, "how long"},
		{"quota", LOAD_TIME, &quota_ns, "CPU time a period"},
		{"period", LOAD_TIME, &period_ns, "the period"},
		{0},
	};
	const struct sigaction stop = {.sa_handler = on_stop};
	struct throttling before, after;
	struct account *account;
	pid_t child;

	load_options(argc, argv, options);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGALRM, &stop, NULL);
	account = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (account == MAP_FAILED)
		load_die("mmap");
	load_wait_for_go();
	make_group();
	limit_group();
	before = read_throttling();
	child = load_fork();
	if (!child)
		be_busy(account);
	while (!account->is_done && !is_told_to_stop)
		usleep(10000);
	after = read_throttling();
	printf("{\"load\": \"throttled\", \"pid\": %d, \"child\": %d, \"cgroup\": \"%s\", "
	       "\"version\": %d, \"nr_throttled\": %" PRIu64 ", \"throttled_ns\": %" PRIu64
	       ", \"wall_ns\": %" PRIu64 ", \"cpu_ns\": %" PRIu64 "}\n",
	       getpid(), child, group, is_v2 ? 2 : 1, after.nr - before.nr, after.ns - before.ns,
	       account->wall_ns, account->cpu_ns);
	if (!is_told_to_stop)
		load_linger();
	clean_up(child);
	return 0;
}
