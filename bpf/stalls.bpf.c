// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds sections with interrupts or preemption off on a stock kernel: the adapter of core/stall.h.
 * An object of its own, beside the one that measures: it needs few events and none of its state.
 * All hooks but the scheduler's run with interrupts off, so on one CPU they do not meet.
 */
#include "core/stall.c"

#include "abi/stall.h"
#include "bpf/late.h"
#include "compat/regs.h"

#include <bpf/bpf_tracing.h>

const volatile struct why_stall_config why_cfg = {};

/* The least number seen of what asks for a switch: TIF_NEED_RESCHED. The other is "soon". */
u32 least_tif = ~0U;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct why_stall_cpu);
} why_stall_cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 21);
} why_stall_records SEC(".maps");

/* What was being run when a switch was asked for, or at the first interrupt after that. */
struct asked {
	u64 resched_ns;		/* of which asking */
	u32 pid;
	u32 nr_frames;
	char comm[WHY_COMM_LEN];
	u64 frames[WHY_STALL_FRAMES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct asked);
} why_asked SEC(".maps");

/* The longest timer of the interrupt under way; and a place to make numbers of addresses in. */
struct longest {
	u64 address;
	u64 begin_ns;		/* of the timer under way */
	u64 function;
	u64 longest_ns;
	u64 longest_function;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct longest);
} why_longest SEC(".maps");

static const u32 zero;

static __always_inline struct why_stall_cpu *cpu_of(u32 id)
{
	return bpf_map_lookup_elem(&why_stall_cpus, &id);
}

static __always_inline u64 per_cpu(int offset, u32 size)
{
	u64 value = 0, queue = (u64)why_compat_rq(bpf_get_current_task_btf());

	if (queue && offset)
		bpf_probe_read_kernel(&value, size, (void *)(queue + offset));
	return value;
}

/* The kernel's count on the CPU whose queue `p` is in. */
static __always_inline u64 switches_of(struct task_struct *p)
{
	struct rq *rq = why_compat_rq(p);

	return rq ? rq->nr_switches : 0;
}

static __always_inline struct why_stall_cpu *this_cpu(u64 now)
{
	struct why_stall_cpu *c = cpu_of(bpf_get_smp_processor_id());

	if (c && !c->begin_ns) {
		c->rq_address = (u64)why_compat_rq(bpf_get_current_task_btf());
		c->begin_ns = now;
		c->over_ns = why_cfg.over_ns;
	}
	return c;
}

/* Asleep in the idle task: how long that takes to come awake is another matter. */
static __always_inline u32 is_idle(void)
{
	const u32 softirq_mask = 0xff00;	/* include/linux/preempt.h */

	return !bpf_get_current_task_btf()->pid &&
	       !(per_cpu(why_cfg.preempt_count, 4) & softirq_mask);
}

static __always_inline u32 is_user(void)
{
	return why_compat_is_user((const struct pt_regs *)per_cpu(why_cfg.irq_regs, 8));
}

static __always_inline u32 frames_of(void *ctx, u64 *frames)
{
	long n = bpf_get_stack(ctx, frames, WHY_STALL_FRAMES * sizeof(*frames), 0);

	return n > 0 ? (u32)n / sizeof(*frames) : 0;
}

/* A record of `stall` here, but for whose it is; NULL: no room, and counted. */
static __always_inline struct why_stall_record *reserve(struct why_stall_cpu *c,
							const struct why_stall *stall)
{
	struct why_stall_record *r = bpf_ringbuf_reserve(&why_stall_records, sizeof(*r), 0);

	if (!r) {
		c->tally.nr_lost++;
		return 0;
	}
	r->stall = *stall;
	r->cpu = bpf_get_smp_processor_id();
	r->irq = 0;
	r->function = 0;
	return r;
}

/* Waking whoever reads would be one more interrupt here. */
static __always_inline void submit(struct why_stall_record *r)
{
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

static __noinline int tell(void *ctx, struct why_stall_cpu *c, const struct why_stall *stall,
			   u32 irq, u64 function)
{
	struct why_stall_record *r;

	if (!c || !stall)
		return 0;
	r = reserve(c, stall);
	if (!r)
		return 0;
	r->irq = irq;
	r->function = function;
	r->pid = (u32)bpf_get_current_pid_tgid();
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	r->nr_frames = frames_of(ctx, r->frames);
	submit(r);
	return 0;
}

/* A section of preemption off ends: what was run when it was asked to, if that is known. */
static __noinline int tell_asked(void *ctx, struct why_stall_cpu *c, const struct why_stall *stall,
				 u64 resched_ns)
{
	struct asked *asked = bpf_map_lookup_elem(&why_asked, &zero);
	struct why_stall_record *r;

	if (!asked || !c || !stall)
		return 0;
	if (asked->resched_ns != resched_ns)
		return tell(ctx, c, stall, 0, 0);
	r = reserve(c, stall);
	if (!r)
		return 0;
	r->pid = asked->pid;
	__builtin_memcpy(r->comm, asked->comm, sizeof(r->comm));
	__builtin_memcpy(r->frames, asked->frames, sizeof(r->frames));
	/* Interrupts are on here: one may have put another in its place. */
	r->nr_frames = asked->resched_ns == resched_ns ? asked->nr_frames : 0;
	submit(r);
	return 0;
}

/* Where a switch is asked for and this interrupt is the first to see it: whom it interrupts. */
static __noinline int see_asked(void *ctx, struct why_stall_cpu *c)
{
	struct asked *asked = bpf_map_lookup_elem(&why_asked, &zero);
	u64 resched_ns;

	if (!asked || !c)
		return 0;
	resched_ns = WHY_LOAD(c->resched_ns);
	if (!resched_ns || asked->resched_ns == resched_ns)
		return 0;
	asked->resched_ns = resched_ns;
	asked->pid = (u32)bpf_get_current_pid_tgid();
	bpf_get_current_comm(asked->comm, sizeof(asked->comm));
	asked->nr_frames = frames_of(ctx, asked->frames);
	return 0;
}

/* What was sent, or due, at `due_ns` has come. */
static __always_inline void come(void *ctx, struct why_stall_cpu *c, u64 due_ns, u32 is_timer)
{
	struct why_stall stall;

	if (why_stall_due(c, due_ns, is_timer, &stall))
		tell(ctx, c, &stall, 0, 0);
}

static __noinline int enter(void *ctx, u32 vector)
{
	u64 now = bpf_ktime_get_ns(), sent;
	struct why_stall_cpu *c = this_cpu(now);

	if (!c)
		return 0;
	why_stall_enter(c, now, vector, per_cpu(why_cfg.steal, 8), is_idle());
	if (WHY_LOAD(c->resched_ns))
		see_asked(ctx, c);
	if (vector >= WHY_VECTOR_NR || !c->sent_ns[vector])
		return 0;
	sent = __sync_lock_test_and_set(&c->sent_ns[vector], 0);
	/* Where a switch lies between, it may have been answered before, unseen. */
	if (sent && c->sent_switches[vector] == switches_of(bpf_get_current_task_btf()))
		come(ctx, c, sent, 0);
	else if (sent && now - sent >= c->over_ns)
		c->tally.nr_unplaced++;
	return 0;
}

/* The timer that has just run, where the next one begins or the interrupt ends. */
static __always_inline void end_timer(struct longest *l, u64 now)
{
	if (l->begin_ns && now - l->begin_ns > l->longest_ns) {
		l->longest_ns = now - l->begin_ns;
		l->longest_function = l->function;
	}
	l->begin_ns = 0;
}

static __noinline int leave(void *ctx, u32 vector, u32 irq)
{
	struct longest *l = bpf_map_lookup_elem(&why_longest, &zero);
	u64 now = bpf_ktime_get_ns(), function = 0;
	struct why_stall_cpu *c = this_cpu(now);
	struct why_stall stall;

	if (!c || !l)
		return 0;
	if (vector == WHY_VECTOR_LOCAL_TIMER) {
		end_timer(l, now);
		function = l->longest_function;
		l->longest_ns = l->longest_function = 0;
	}
	if (!why_stall_leave(c, now, per_cpu(why_cfg.steal, 8), &stall))
		return 0;
	return tell(ctx, c, &stall, irq, function);
}

#define VECTOR(symbol, name)                                                                       \
	SEC("tp_btf/" #name "_entry")                                                              \
	int BPF_PROG(on_##name##_entry)                                                            \
	{                                                                                          \
		return enter(ctx, WHY_VECTOR_##symbol);                                            \
	}                                                                                          \
	SEC("tp_btf/" #name "_exit")                                                               \
	int BPF_PROG(on_##name##_exit)                                                             \
	{                                                                                          \
		return leave(ctx, WHY_VECTOR_##symbol, 0);                                         \
	}
WHY_VECTORS(VECTOR)

SEC("tp_btf/irq_handler_entry")
int BPF_PROG(on_irq_handler_entry)
{
	return enter(ctx, WHY_STALL_DEVICE);
}

SEC("tp_btf/irq_handler_exit")
int BPF_PROG(on_irq_handler_exit, int irq)
{
	return leave(ctx, WHY_STALL_DEVICE, (u32)irq);
}

/* An address as a number, which the verifier lets nobody compute with. */
static __always_inline u64 address_of(struct longest *l, const void *p)
{
	WHY_STORE(l->address, (u64)p);
	return WHY_LOAD(l->address);
}

/* Under the lock of its base, so with interrupts off (hrtimer_start_range_ns()). */
SEC("tp_btf/hrtimer_start")
int BPF_PROG(on_hrtimer_start, struct hrtimer *timer)
{
	struct longest *l = bpf_map_lookup_elem(&why_longest, &zero);

	if (l && is_hard_monotonic(timer) && (u64)timer->node.expires <= bpf_ktime_get_ns())
		note_late_start(address_of(l, timer), (u64)timer->node.expires);
	return 0;
}

SEC("tp_btf/hrtimer_expire_entry")
int BPF_PROG(on_hrtimer_expire_entry, struct hrtimer *timer)
{
	struct longest *l = bpf_map_lookup_elem(&why_longest, &zero);
	u64 now = bpf_ktime_get_ns(), function = (u64)timer->function, due_ns;
	struct why_stall_cpu *c = this_cpu(now);
	u32 in_user;

	if (!c || !l || c->vector != WHY_VECTOR_LOCAL_TIMER || !c->entry_ns)
		return 0;
	end_timer(l, now);
	l->begin_ns = now;
	l->function = function;
	due_ns = (u64)timer->node.expires;
	if (!is_hard_monotonic(timer) || c->is_idle ||
	    was_started_late(address_of(l, timer), due_ns))
		return 0;
	c->tally.nr_due++;
	in_user = is_user();
	c->tally.nr_user += in_user;
	/* Interrupts are on there, so it is the machine that was late. */
	if (in_user)
		c->tally.nr_user_late += why_stall_due(c, due_ns, 1,
						       &(struct why_stall){});
	else
		come(ctx, c, due_ns, 1);
	return 0;
}

static __always_inline void send(u32 target, u32 vector, u64 now)
{
	struct why_stall_cpu *c = cpu_of(target);
	struct rq *rq;
	u64 switches = 0;

	if (!c)
		return;
	rq = (struct rq *)c->rq_address;
	if (!rq || __sync_val_compare_and_swap(&c->sent_ns[vector], 0, now))
		return;
	bpf_core_read(&switches, sizeof(switches), &rq->nr_switches);
	WHY_STORE(c->sent_switches[vector], switches);
}

/* Optional, 6.4 and later. Whom it is for tells what it is: see bpf/delivery.c. */
SEC("tp_btf/ipi_send_cpu")
int BPF_PROG(on_ipi_send_cpu, unsigned int target, unsigned long callsite, void *callback)
{
	if (target != bpf_get_smp_processor_id())
		send(target, callback ? WHY_VECTOR_CALL_FUNCTION_SINGLE : WHY_VECTOR_RESCHEDULE,
		     bpf_ktime_get_ns());
	return 0;
}

/* Optional, 6.17 and later: a switch is asked for, on this CPU or another. */
SEC("tp_btf/sched_set_need_resched_tp")
int BPF_PROG(on_need_resched, struct task_struct *p, int target, int tif)
{
	struct why_stall_cpu *c = cpu_of((u32)target);

	if ((u32)tif < least_tif)
		least_tif = (u32)tif;
	if (!c || (u32)tif != least_tif || !p->pid)
		return 0;
	if (!__sync_val_compare_and_swap(&c->resched_ns, 0, bpf_ktime_get_ns())) {
		WHY_STORE(c->resched_switches, switches_of(p));
		WHY_STORE(c->resched_tif, (u64)tif);
	}
	if ((u32)target == bpf_get_smp_processor_id() && c->entry_ns)
		see_asked(ctx, c);
	return 0;
}

/* Optional, the same kernels. */
SEC("tp_btf/sched_entry_tp")
int BPF_PROG(on_sched_entry)
{
	u64 now = bpf_ktime_get_ns(), resched_ns;
	struct why_stall_cpu *c = this_cpu(now);
	struct why_stall stall;

	if (!c)
		return 0;
	resched_ns = WHY_LOAD(c->resched_ns);
	/* It asked for a switch soon, before we knew which of the two flags that is. */
	if (resched_ns && c->resched_tif != least_tif)
		WHY_STORE(c->resched_ns, 0);
	if (why_stall_switch(c, now, switches_of(bpf_get_current_task_btf()),
			     per_cpu(why_cfg.steal, 8), &stall) &&
	    bpf_get_current_task_btf()->pid)
		tell_asked(ctx, c, &stall, resched_ns);
	return 0;
}

/* Whoever asked while the scheduler chose has been answered. */
SEC("tp_btf/sched_exit_tp")
int BPF_PROG(on_sched_exit)
{
	struct why_stall_cpu *c = cpu_of(bpf_get_smp_processor_id());

	if (c && c->resched_ns)
		WHY_STORE(c->resched_ns, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
