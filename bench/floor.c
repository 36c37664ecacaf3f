// SPDX-License-Identifier: GPL-2.0-only
/* Keeps one program of floor.bpf.c attached until it is interrupted: floor PROGRAM. */
#include <stdio.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <linux/types.h>

#include "skel/floor.skel.h"

int main(int argc, char **argv)
{
	struct floor *f = floor__open_and_load();
	struct bpf_program *p;

	p = f && argc == 2 ? bpf_object__find_program_by_name(f->obj, argv[1]) : NULL;
	if (!p || !bpf_program__attach(p)) {
		fprintf(stderr, "floor floor_nothing|floor_clock\n");
		return 1;
	}
	pause();
	return 0;
}
