// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs: one for each event, each of which runs the event's hook; one for each edge; walks.
 * Who attaches them leaves out what this kernel has no event for.
 */
#include "hooks/events.h"
#include "hooks/world.h"

#define PROGRAM(event, call, ...)                                                                  \
	SEC("tp_btf/" #event) int BPF_PROG(on_##event, ##__VA_ARGS__)                              \
	{                                                                                          \
		why_on_##event call;                                                               \
		return 0;                                                                          \
	}
WHY_EVENTS(PROGRAM)

#define VECTOR(symbol, name)                                                                       \
	PROGRAM(name##_exit, (vector), int vector)                                                 \
	PROGRAM(name##_entry, (vector), int vector)
WHY_VECTORS(VECTOR)

SEC("raw_tp")
int find_here(void *ctx)
{
	return why_edge_find_here();
}

SEC("raw_tp")
int begin_here(void *ctx)
{
	return why_edge_begin_here();
}

SEC("raw_tp")
int whole_here(void *ctx)
{
	return why_edge_whole_here();
}

SEC("raw_tp")
int end_here(void *ctx)
{
	return why_edge_end_here();
}

SEC("raw_tp")
int BPF_PROG(begin_offline, u64 id)
{
	why_edge_begin_offline((u32)id);
	return 0;
}

SEC("raw_tp")
int BPF_PROG(end_offline, u64 id)
{
	why_edge_end_offline((u32)id);
	return 0;
}

SEC("iter/task")
int adopt_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *p = ctx->task;
	struct why_task_record r = {};

	if (!p || !p->pid)
		return 0;
	if (why_cfg.ring_shift) {
		why_walk_tell(p, &r);
		bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	}
	why_walk_adopt(p);
	return 0;
}

SEC("iter/task")
int collect_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *p = ctx->task;
	struct why_task_record r = {};

	if (p && p->pid && why_walk_collect(p, &r))
		bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	return 0;
}
