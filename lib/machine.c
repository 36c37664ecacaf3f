// SPDX-License-Identifier: GPL-2.0-only
/* Reads /proc and /sys: see machine.h. */
#include "lib/machine.h"

#include "lib/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Reads a small file whole; returns its length, or -errno. */
static int read_small(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return -errno;
	n = fread(buf, 1, size - 1, f);
	buf[n] = 0;
	fclose(f);
	return (int)n;
}

/* Calls on each number of a list like "0-3,6". Returns the highest, or -errno. */
static int parse_cpu_list(const char *list, bool *is_set, u32 nr)
{
	unsigned long from, to, i;
	char *end;
	int highest = -EINVAL;

	while (*list >= '0' && *list <= '9') {
		from = to = strtoul(list, &end, 10);
		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		for (i = from; is_set && i <= to && i < nr; i++)
			is_set[i] = true;
		highest = (int)to;
		list = *end == ',' ? end + 1 : end;
	}
	return highest;
}

int why_nr_possible_cpus(void)
{
	char buf[4096];
	int n = read_small("/sys/devices/system/cpu/possible", buf, sizeof(buf));

	if (n < 0)
		return n;
	n = parse_cpu_list(buf, NULL, 0);
	return n < 0 ? n : n + 1;
}

int why_nr_tasks(void)
{
	char buf[128];
	int rc = read_small("/proc/loadavg", buf, sizeof(buf)), nr;

	if (rc < 0)
		return rc;
	/* three averages, then runnable/all: proc_loadavg(5) */
	return sscanf(buf, "%*s %*s %*s %*d/%d", &nr) == 1 ? nr : -EINVAL;
}

int why_online_cpus(bool *is_online, u32 nr_cpus)
{
	char buf[4096];
	int n = read_small("/sys/devices/system/cpu/online", buf, sizeof(buf));

	memset(is_online, 0, nr_cpus * sizeof(*is_online));
	if (n < 0)
		return n;
	n = parse_cpu_list(buf, is_online, nr_cpus);
	return n < 0 ? n : 0;
}

int why_steal_ns(u64 *steal_ns, bool *has, u32 nr_cpus)
{
	u64 tick_ns = 1000000000ULL / (u64)sysconf(_SC_CLK_TCK), steal;
	FILE *f = fopen("/proc/stat", "re");
	char line[512];
	unsigned int cpu;

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		/* user nice system idle iowait irq softirq steal: proc_stat(5) */
		if (line[3] < '0' || line[3] > '9')
			continue;	/* all CPUs together, or another matter */
		if (sscanf(line, "cpu%u %*u %*u %*u %*u %*u %*u %*u %llu", &cpu, &steal) != 2)
			continue;
		if (cpu >= nr_cpus)
			continue;
		steal_ns[cpu] = steal * tick_ns;
		has[cpu] = true;
	}
	fclose(f);
	return 0;
}

u64 why_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000ULL + (u64)t.tv_nsec;
}

bool why_is_rt(void)
{
	char buf[16];

	return read_small("/sys/kernel/realtime", buf, sizeof(buf)) > 0 && buf[0] == '1';
}

bool why_has_capabilities(void)
{
	/* include/uapi/linux/capability.h: CAP_SYS_ADMIN, CAP_PERFMON, CAP_BPF */
	const u64 needed = 1ULL << 21 | 1ULL << 38 | 1ULL << 39;
	char buf[4096], *line;

	if (read_small("/proc/self/status", buf, sizeof(buf)) <= 0)
		return false;
	line = strstr(buf, "CapEff:");
	return line && (strtoull(line + 7, NULL, 16) & needed) == needed;
}

int why_psi_cpu_some_us(u64 *ret_us)
{
	char buf[256], *total;

	/* Switched off at boot (psi=0), it opens and cannot be read. */
	if (read_small("/proc/pressure/cpu", buf, sizeof(buf)) <= 0)
		return -EOPNOTSUPP;
	total = strstr(buf, "total=");
	if (!total)
		return -EOPNOTSUPP;
	*ret_us = strtoull(total + 6, NULL, 10);
	return 0;
}

u64 why_kernel_events(void)
{
	FILE *f = fopen("/proc/stat", "re");
	char line[65536];
	u64 sum = 0, n;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "ctxt %llu", &n) == 1 || sscanf(line, "intr %llu", &n) == 1 ||
		    sscanf(line, "softirq %llu", &n) == 1)
			sum += 2 * n;
	if (f)
		fclose(f);
	return sum;
}

struct wanted {
	const char *name;
	u64 address;
};

static int find_symbol(void *arg, u64 address, char type, const char *name)
{
	struct wanted *w = arg;

	(void)type;
	if (strcmp(name, w->name))
		return 0;
	w->address = address;
	return 1;
}

u64 why_kernel_symbol(const char *name)
{
	struct wanted w = { .name = name };

	why_symbols_each(find_symbol, &w);
	return w.address;
}
