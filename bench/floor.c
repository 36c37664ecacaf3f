// SPDX-License-Identifier: GPL-2.0-only
/* Keeps programs of floor.bpf.c attached until it is interrupted: floor PROGRAM ... */
#include <stdio.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <linux/types.h>

#include "skel/floor.skel.h"

static int attach(struct floor *f, const char *name)
{
	struct bpf_program *p = bpf_object__find_program_by_name(f->obj, name);

	return p && bpf_program__attach(p) ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct floor *f = floor__open_and_load();
	int rc = f && argc > 1 ? 0 : -1;
	int i;

	for (i = 1; !rc && i < argc; i++)
		rc = attach(f, argv[i]);
	if (rc) {
		fprintf(stderr, "floor floor_nothing|floor_clock|floor_waking ...\n");
		return 1;
	}
	pause();
	return 0;
}
