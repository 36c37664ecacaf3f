// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each eBPF program costs the verifier: "NAME INSTRUCTIONS MICROSECONDS STACK" a line. STACK:
 * the most bytes of it that the program and what it calls can use, counted as kernels before 6.13
 * do (check_max_stack_depth(), kernel/bpf/verifier.c). They refuse more than 512; later ones give
 * functions stacks of their own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

enum { LOG_STATS = 4, LOG_BYTES = 4096, FUNCTIONS_MAX = 256, FRAME_UNIT = 32 };

/* Where the functions of a program begin, the main one first. */
struct functions {
	size_t nr;
	size_t start[FUNCTIONS_MAX];
};

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

/* The first instruction of what instruction `i` calls, or hands to a helper as a callback; or 0. */
static size_t callee(const struct bpf_insn *insns, size_t i)
{
	bool is_call = insns[i].code == (BPF_JMP | BPF_CALL) &&
		       insns[i].src_reg == BPF_PSEUDO_CALL;
	bool is_callback = insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
			   insns[i].src_reg == BPF_PSEUDO_FUNC;

	return is_call || is_callback ? i + 1 + (size_t)insns[i].imm : 0;
}

static int by_start(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

static void find_functions(const struct bpf_program *p, struct functions *ret)
{
	const struct bpf_insn *insns = bpf_program__insns(p);
	size_t i, to;

	ret->nr = 1;
	ret->start[0] = 0;
	for (i = 0; i < bpf_program__insn_cnt(p); i++) {
		to = callee(insns, i);
		if (!to || bsearch(&to, ret->start, ret->nr, sizeof(to), by_start))
			continue;
		if (ret->nr == FUNCTIONS_MAX)
			abort();
		ret->start[ret->nr++] = to;
		qsort(ret->start, ret->nr, sizeof(to), by_start);
	}
}

/*
 * How far below the frame's top an instruction reaches: itself, or by an address that it makes, in
 * two steps: r = r10; r += -n. `copies` has a bit for each register that is such an r.
 */
static long reach(const struct bpf_insn *insn, unsigned int *copies)
{
	unsigned char class = BPF_CLASS(insn->code);
	bool is_copy = insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn->src_reg == BPF_REG_10;
	bool was_copy = *copies >> insn->dst_reg & 1;

	if (class == BPF_STX || class == BPF_ST)
		return insn->dst_reg == BPF_REG_10 ? -insn->off : 0;
	if (class == BPF_JMP || class == BPF_JMP32)
		return 0;
	*copies &= ~(1U << insn->dst_reg);
	*copies |= (unsigned int)is_copy << insn->dst_reg;
	if (class == BPF_LDX)
		return insn->src_reg == BPF_REG_10 ? -insn->off : 0;
	return was_copy && insn->code == (BPF_ALU64 | BPF_ADD | BPF_K) ? -insn->imm : 0;
}

/* Of a function and all that it calls. */
static long deepest(const struct bpf_program *p, const struct functions *f, size_t function)
{
	const struct bpf_insn *insns = bpf_program__insns(p);
	size_t end = function + 1 < f->nr ? f->start[function + 1] : bpf_program__insn_cnt(p);
	long frame = 1, below = 0, depth;
	unsigned int copies = 0;
	size_t i, to, *found;

	for (i = f->start[function]; i < end; i++) {
		depth = reach(&insns[i], &copies);
		frame = depth > frame ? depth : frame;
		to = callee(insns, i);
		found = to ? bsearch(&to, f->start, f->nr, sizeof(to), by_start) : NULL;
		depth = found ? deepest(p, f, (size_t)(found - f->start)) : 0;
		below = depth > below ? depth : below;
	}
	return (frame + FRAME_UNIT - 1) / FRAME_UNIT * FRAME_UNIT + below;
}

static long stack_of(const struct bpf_program *p)
{
	struct functions f;

	find_functions(p, &f);
	return deepest(p, &f, 0);
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
		printf("%-36s %8ld %8ld %5ld\n", bpf_program__name(p), figure(log, "processed "),
		       figure(log, "verification time "), stack_of(p));
		free(log);
	}
	bpf_object__close(obj);
	return 0;
}
