// SPDX-License-Identifier: GPL-2.0-only
/* Knows BTF, and the names of what is looked for in it: see kernel_types.h. */
#include "lib/kernel_types.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>

struct btf *why_kernel_types(void)
{
	/* libbpf would say on standard error what it did not find. */
	return access("/sys/kernel/btf/vmlinux", R_OK) ? NULL : btf__load_vmlinux_btf();
}

void why_kernel_types_free(struct btf *types)
{
	btf__free(types);
}

bool why_has_event(const struct btf *types, const char *event)
{
	char name[128];

	snprintf(name, sizeof(name), "btf_trace_%s", event);
	return btf__find_by_name_kind(types, name, BTF_KIND_TYPEDEF) > 0;
}

static const struct btf_type *find_type(const struct btf *types, const char *name, u32 kind)
{
	int id = btf__find_by_name_kind(types, name, kind);

	return id > 0 ? btf__type_by_id(types, (u32)id) : NULL;
}

/* Offset of a member in bytes, or -1. Those of members without a name are its own. */
static int member_offset(const struct btf *types, const struct btf_type *t, const char *name)
{
	const char *found;
	int i, inner, at;

	for (i = 0; t && btf_is_composite(t) && i < btf_vlen(t); i++) {
		found = btf__name_by_offset(types, btf_members(t)[i].name_off);
		at = (int)btf_member_bit_offset(t, (u32)i) / 8;
		if (!strcmp(found, name))
			return at;
		inner = *found ? -1 : member_offset(types, btf__type_by_id(types,
						    btf_members(t)[i].type), name);
		if (inner >= 0)
			return at + inner;
	}
	return -1;
}

int why_member_offset(const struct btf *types, const char *type, const char *name)
{
	return member_offset(types, find_type(types, type, BTF_KIND_STRUCT), name);
}

bool why_has_member(const struct btf *types, const char *type, const char *name)
{
	return why_member_offset(types, type, name) >= 0;
}

s64 why_enum_value(const struct btf *types, const char *type, const char *name)
{
	const struct btf_type *t = find_type(types, type, BTF_KIND_ENUM);
	int i;

	for (i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(types, btf_enum(t)[i].name_off), name))
			return btf_enum(t)[i].val;
	return -1;
}

/* A per-CPU variable: its place in the section, and its type without typedefs; false if none. */
static bool find_per_cpu(const struct btf *types, const char *name, int *ret_offset,
			 const struct btf_type **ret_type)
{
	/* .data..percpu, and since 6.15 other sections of the same area beside it */
	const struct btf_type *section = find_type(types, ".data..percpu", BTF_KIND_DATASEC), *var;
	const struct btf_var_secinfo *info;
	int i;

	for (i = 0; section && i < btf_vlen(section); i++) {
		info = &btf_var_secinfos(section)[i];
		var = btf__type_by_id(types, info->type);
		if (strcmp(btf__name_by_offset(types, var->name_off), name))
			continue;
		*ret_offset = (int)info->offset;
		*ret_type = btf__type_by_id(types, (u32)btf__resolve_type(types, var->type));
		return true;
	}
	return false;
}

int why_per_cpu_distance(const struct btf *types, const char *name, const char *member)
{
	const struct btf_type *type;
	int queue, offset, inner = 0;

	if (!find_per_cpu(types, "runqueues", &queue, &type) ||
	    !find_per_cpu(types, name, &offset, &type))
		return 0;
	if (member)
		inner = member_offset(types, type, member);
	return inner < 0 ? 0 : offset + inner - queue;
}

/* pcpu_hot held it from 6.2 (64701838bf05) to 6.14, in a union's struct, after current_task. */
int why_preempt_count_distance(const struct btf *types)
{
	int found = why_per_cpu_distance(types, "__preempt_count", NULL);

	if (!found && why_per_cpu_distance(types, "pcpu_hot", NULL))
		found = why_per_cpu_distance(types, "pcpu_hot", NULL) + 8;
	return found;
}

void why_find_counts(const struct btf *types, struct why_count_offsets *ret)
{
	/* arch/x86/include/asm/hardirq.h; the kernel adds both function calls into one */
	static const char *const members[WHY_VECTOR_NR] = {
		[WHY_VECTOR_LOCAL_TIMER] = "apic_timer_irqs",
		[WHY_VECTOR_RESCHEDULE] = "irq_resched_count",
		[WHY_VECTOR_CALL_FUNCTION] = "irq_call_count",
		[WHY_VECTOR_IRQ_WORK] = "apic_irq_work_irqs",
		[WHY_VECTOR_X86_PLATFORM_IPI] = "x86_platform_ipis",
		[WHY_VECTOR_THERMAL_APIC] = "irq_thermal_count",
		[WHY_VECTOR_THRESHOLD_APIC] = "irq_threshold_count",
		[WHY_VECTOR_DEFERRED_ERROR_APIC] = "irq_deferred_error_count",
		[WHY_VECTOR_SPURIOUS_APIC] = "irq_spurious_count",
	};
	u32 i;

	memset(ret, 0, sizeof(*ret));
	ret->preempt_count = why_preempt_count_distance(types);
	/* Without it, a CPU's or a task's, no instant is known to be a good one. */
	if (!ret->preempt_count && !why_has_member(types, "thread_info", "preempt_count"))
		return;
	ret->softirqs = why_per_cpu_distance(types, "kstat", "softirqs");
	ret->lines = why_per_cpu_distance(types, "kstat", "irqs_sum");
	ret->vector_irq = why_per_cpu_distance(types, "vector_irq", NULL);
	ret->per_cpu_offset = why_per_cpu_distance(types, "this_cpu_off", NULL);
	for (i = 0; i < WHY_VECTOR_NR; i++)
		if (members[i])
			ret->vectors[i] = why_per_cpu_distance(types, "irq_stat", members[i]);
}

bool why_has_counts(void)
{
	struct why_count_offsets offsets = {};
	struct btf *types = why_kernel_types();

	if (types)
		why_find_counts(types, &offsets);
	why_kernel_types_free(types);
	return offsets.softirqs && offsets.lines;
}
