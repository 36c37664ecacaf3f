// SPDX-License-Identifier: GPL-2.0-only
/* What each eBPF program costs the verifier: "NAME INSTRUCTIONS MICROSECONDS" a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

enum { LOG_STATS = 4, LOG_BYTES = 4096 };

static long figure(const char *log, const char *before)
{
	const char *at = strstr(log, before);

	return at ? atol(at + strlen(before)) : -1;
}

static bool is_there(const struct btf *kernel, const struct bpf_program *p)
{
	const char *section = bpf_program__section_name(p);
	char type[128];

	if (strncmp(section, "tp_btf/", 7))
		return true;
	snprintf(type, sizeof(type), "btf_trace_%s", section + 7);
	return btf__find_by_name_kind(kernel, type, BTF_KIND_TYPEDEF) > 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *obj = argc == 2 ? bpf_object__open(argv[1]) : NULL;
	struct btf *kernel = btf__load_vmlinux_btf();
	struct bpf_program *p;
	size_t size;
	char *log;

	if (!obj) {
		fprintf(stderr, "verifier OBJECT\n");
		return 1;
	}
	bpf_object__for_each_program(p, obj) {
		bpf_program__set_autoload(p, is_there(kernel, p));
		bpf_program__set_log_level(p, LOG_STATS);
		bpf_program__set_log_buf(p, calloc(1, LOG_BYTES), LOG_BYTES);
	}
	if (bpf_object__load(obj))
		return 1;
	bpf_object__for_each_program(p, obj) {
		if (!bpf_program__autoload(p))
			continue;
		log = (char *)bpf_program__log_buf(p, &size);
		printf("%-36s %8ld %8ld\n", bpf_program__name(p), figure(log, "processed "),
		       figure(log, "verification time "));
		free(log);
	}
	bpf_object__close(obj);
	return 0;
}
