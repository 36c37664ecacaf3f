// SPDX-License-Identifier: GPL-2.0-only
/* `whylate doctor`: what this machine can and can't measure, and why. */
#include "cli/cli.h"
#include "lib/kernel_types.h"
#include "lib/machine.h"
#include "lib/source.h"
#include "lib/watch.h"
#include "report/doctor.h"

#include <getopt.h>
#include <stdarg.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static const struct option long_options[] = {
	{ "json", required_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static void __attribute__((format(printf, 4, 5)))
add_check(struct why_diagnosis *d, const char *what, bool is_ok, const char *text, ...)
{
	struct why_check *c = &d->checks[d->nr_checks++];
	va_list ap;

	c->what = what;
	c->is_ok = is_ok;
	va_start(ap, text);
	vsnprintf(c->detail, sizeof(c->detail), text, ap);
	va_end(ap);
}

/* Returns NULL, or what stands in the way. */
static const char *check_collector(struct why_diagnosis *d, const struct why_collector_ops *ops)
{
	struct why_request req = { .kinds = (1U << WHY_KIND_NR) - 1 };
	struct why_source *source = NULL;
	struct why_error err = { 0 };
	int rc = ops->probe(&err);

	add_check(d, "eBPF", !rc, "%s", rc ? err.what : "maps can be made");
	if (rc)
		return d->checks[d->nr_checks - 1].detail;
	rc = why_source_open(ops, &req, &source, &err);
	add_check(d, "programs", !rc, "%s", rc ? err.what : "load, attach and go again");
	why_source_close(source);
	return rc ? d->checks[d->nr_checks - 1].detail : NULL;
}

/* How far a watch can look back, by what happens now. */
static void check_history(struct why_diagnosis *d)
{
	struct timespec while_ = { .tv_nsec = 200000000 };
	u64 before = why_kernel_events(), began = why_now_ns(), rate;
	double kept = (double)WHY_WATCH_KEPT * d->nr_cpus;

	nanosleep(&while_, NULL);
	rate = (why_kernel_events() - before) * 1000000000 / (why_now_ns() - began);
	add_check(d, "looking back", before != 0, "a watch keeps %u MiB a CPU, %.0f s at present "
		  "(%llu events a second, by /proc/stat)", WHY_WATCH_MIB,
		  kept / (double)(rate ?: 1), rate);
}

static void check_machine(struct why_diagnosis *d)
{
	bool is_able = why_has_capabilities(), has_timerfd;

	add_check(d, "privileges", is_able, "%s",
		  is_able ? "CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN" :
			    "run it as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN");
	add_check(d, "kernel types", !access("/sys/kernel/btf/vmlinux", R_OK),
		  "/sys/kernel/btf/vmlinux");
	has_timerfd = why_kernel_symbol("timerfd_read_iter") || why_kernel_symbol("timerfd_read");
	add_check(d, "timerfd", has_timerfd, "%s",
		  has_timerfd ? "task.relief knows reads of a timerfd" :
				"task.relief misses reads of a timerfd: /proc/kallsyms hides "
				"addresses (kernel.kptr_restrict)");
	add_check(d, "interrupt counts", why_has_counts(), "%s",
		  why_has_counts() ?
			  "the kernel's own, per CPU, are read at both edges and at every break" :
			  "n/a: this kernel's types do not tell where it counts interrupts");
	add_check(d, "preemption", true, "%s", why_is_rt() ? "PREEMPT_RT" : "not PREEMPT_RT");
}

static bool check_module(struct why_diagnosis *d)
{
	struct why_error err = { 0 };
	int rc = why_collector_module.probe(&err);

	add_check(d, "collector module", !rc, "%s", rc ? err.what : "/dev/whylate is there");
	return !rc;
}

/* Where the collector cannot run nothing can be measured, whatever events there are. */
static void rule_out_all(struct why_diagnosis *d, const char *why)
{
	size_t i;

	for (i = 0; i < d->nr_found; i++) {
		d->found[i].is_available = false;
		d->found[i].exactness = NULL;
		d->found[i].why_not = why;
	}
}

static bool has_event(void *ops, const char *event)
{
	return ((const struct why_collector_ops *)ops)->has_event(event);
}

/* What a measurement would take by itself. */
static void find_capabilities(struct why_diagnosis *d, bool has_module)
{
	const struct why_collector_ops *ops = &why_collector_bpf;
	const char *obstacle = check_collector(d, ops);
	struct why_error ignored = { 0 };

	if (has_module && ops->probe(&ignored)) {
		ops = &why_collector_module;
		obstacle = NULL;
	}
	d->collector = ops->name;
	d->nr_found = why_capabilities(has_event, (void *)ops, d->found,
				       sizeof(d->found) / sizeof(d->found[0]));
	if (obstacle)
		rule_out_all(d, obstacle);
}

static void diagnose(struct why_diagnosis *d)
{
	int nr = why_nr_possible_cpus();
	struct utsname u;
	bool has_module;

	uname(&u);
	d->nr_cpus = nr > 0 ? (unsigned int)nr : 0;
	snprintf(d->kernel, sizeof(d->kernel), "%s", u.release);
	snprintf(d->hostname, sizeof(d->hostname), "%s", u.nodename);
	check_machine(d);
	has_module = check_module(d);
	check_history(d);
	find_capabilities(d, has_module);
}

/* Returns 0, 1 where help was printed, or -1 with a usage error. */
static int parse(int argc, char **argv, const char **ret_json, struct why_error *err)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:h", long_options, NULL)) != -1) {
		if (c == 'j' && *optarg) {
			*ret_json = optarg;
		} else if (c == 'j') {
			return why_error_set(err, WHY_EXIT_USAGE, 0, "a file, or -",
					     "--json '': needs a file");
		} else if (c == 'h') {
			puts("usage: whylate doctor [--json FILE]\n\n"
			     "What this machine can and can't measure, how, and why not.");
			return 1;
		} else {
			return why_error_set(err, WHY_EXIT_USAGE, 0, "there is --json FILE",
					     c == ':' ? "%.40s: needs an argument" :
							"%.40s: unknown option", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return why_error_set(err, WHY_EXIT_USAGE, 0, "there is --json FILE",
				     "'%.40s': unexpected", argv[optind]);
	return 0;
}

int cmd_doctor(int argc, char **argv)
{
	struct why_diagnosis d = {};
	struct why_error err = { 0 };
	const char *json = NULL;
	FILE *f;
	int rc = parse(argc, argv, &json, &err);

	if (rc)
		return rc < 0 ? why_complain(&err) : why_finish_output();
	f = json ? why_open_output(json, &err) : stdout;
	if (!f)
		return why_complain(&err);
	diagnose(&d);
	if (json && why_doctor_json(f, &d))
		rc = why_error_set(&err, WHY_EXIT_FAILED, 0, "", "write %.200s", json);
	else if (!json)
		why_doctor_text(f, &d);
	if (why_close_output(f, json ? json : "-", &err) || rc)
		return why_complain(&err);
	return WHY_EXIT_DONE;
}
