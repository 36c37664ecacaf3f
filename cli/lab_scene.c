// SPDX-License-Identifier: GPL-2.0-only
/* `whylate lab scene`: plays a fault that whylate watch is to find. */
#include "cli/lab.h"

#include "lab/scene.h"

#include <getopt.h>
#include <string.h>

enum { OPT_CPU = 256 };

static const struct option long_options[] = {
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "duration", required_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char help[] =
	"usage: whylate lab scene NAME [options]\n"
	"\n"
	"Plays a fault, in which a thread called control is late, to try what finds faults:\n"
	"\n"
	"  inversion  it wants a mutex whose holder cannot run: whylate watch --comm control\n"
	"             --slo task.relief=3ms -- whylate lab scene inversion\n"
	"  priority   it was left an ordinary task: --slo sched.wakeup=1ms\n"
	"  blocking   it waits for an answer in the midst of its turn: --slo task.relief=2ms\n"
	"  hog        two others want its CPU: --slo sched.wakeup=1ms --slo sched.preempted=1ms\n"
	"\n"
	"      --cpu N           where (default 0)\n"
	"  -d, --duration TIME   how long (default 5s, at most 1h)\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit: 0 done, 1 failed, 2 usage, 77 this machine can't do it.";

static int parse_scene(const char *name, enum why_scene *ret, struct why_error *err)
{
	int i;

	for (i = 0; i < WHY_SCENE_NR; i++) {
		*ret = i;
		if (!strcmp(name, why_scene_names[i]))
			return 0;
	}
	return why_error_set(err, WHY_EXIT_USAGE, 0,
			     "there are inversion, priority, blocking and hog",
			     "lab scene '%.40s': unknown scene", name);
}

static int take(int letter, u32 *cpu, u64 *duration_ns, bool *is_help, struct why_error *err)
{
	switch (letter) {
	case OPT_CPU:
		return why_lab_parse_cpu(optarg, cpu, err);
	case 'd':
		return why_parse_duration(optarg, duration_ns, err);
	case 'h':
		*is_help = true;
		return 0;
	default:
		return why_error_set(err, WHY_EXIT_USAGE, 0, "whylate lab scene --help tells them",
				     "lab scene: unknown option, or one without its value");
	}
}

int why_lab_scene(int argc, char **argv)
{
	struct why_error err = { 0 };
	u64 duration_ns = 5000000000ULL;
	enum why_scene scene;
	bool is_help = false;
	u32 cpu = 0;
	int letter, rc = 0;

	opterr = 0;
	optind = 1;
	while (!rc && !is_help &&
	       (letter = getopt_long(argc, argv, ":d:h", long_options, NULL)) != -1)
		rc = take(letter, &cpu, &duration_ns, &is_help, &err);
	if (is_help) {
		puts(help);
		return why_finish_output();
	}
	if (!rc && argc - optind != 1)
		rc = why_error_set(&err, WHY_EXIT_USAGE, 0, "as in lab scene inversion",
				   "lab scene: wants one scene");
	if (!rc && duration_ns > 3600 * 1000000000ULL)
		rc = why_error_set(&err, WHY_EXIT_USAGE, 0, "start it again after that",
				   "lab scene: --duration over 1h");
	rc = rc ?: parse_scene(argv[optind], &scene, &err) ?:
		   why_scene_play(scene, cpu, duration_ns, &err);
	return rc ? why_complain(&err) : WHY_EXIT_DONE;
}
