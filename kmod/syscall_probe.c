// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probes: see syscall_probe.h. Both handlers run with preemption off on every architecture
 * (Documentation/trace/kprobes.rst), also on PREEMPT_RT; they take no lock and write only their
 * own CPU's words.
 */
#include "kmod/syscall_probe.h"

#include "compat/syscall_names.h"

#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

/* Moved on by every reset; a CPU clears its own counts when it next has one to add. */
static u64 epoch = 1;

static int on_entry(struct kretprobe_instance *call, struct pt_regs *regs)
{
	*(u64 *)call->data = ktime_get_mono_fast_ns();
	return 0;
}
NOKPROBE_SYMBOL(on_entry);

static __always_inline void count(struct why_syscall_cpu *cpu, u64 began, u64 now)
{
	u64 current_epoch = READ_ONCE(epoch);

	raw_write_seqcount_begin(&cpu->seq);
	if (cpu->epoch != current_epoch) {
		memset(&cpu->stats, 0, sizeof(cpu->stats));
		cpu->nr_untimed = 0;
		cpu->epoch = current_epoch;
	}
	if (now < began)
		cpu->nr_untimed++;
	else
		why_syscall_stats_add(&cpu->stats, now - began);
	raw_write_seqcount_end(&cpu->seq);
}

static int on_return(struct kretprobe_instance *call, struct pt_regs *regs)
{
	u64 now = ktime_get_mono_fast_ns();
	struct kretprobe *probe = get_kretprobe(call);

	/* It may have been disabled since the kernel looked. */
	if (probe)
		count(this_cpu_ptr(container_of(probe, struct why_syscall_probe, probe)->cpus),
		      *(u64 *)call->data, now);
	return 0;
}
NOKPROBE_SYMBOL(on_return);

struct why_syscall_probe *why_syscall_probe_make(void)
{
	struct why_syscall_probe *t = kzalloc(sizeof(*t), GFP_KERNEL);
	int cpu;

	if (!t)
		return NULL;
	t->cpus = alloc_percpu(struct why_syscall_cpu);
	if (!t->cpus) {
		kfree(t);
		return NULL;
	}
	for_each_possible_cpu(cpu)
		seqcount_init(&per_cpu_ptr(t->cpus, cpu)->seq);
	return t;
}

void why_syscall_probe_free(struct why_syscall_probe *t)
{
	if (!t)
		return;
	why_syscall_probe_disable(t);
	free_percpu(t->cpus);
	kfree(t);
}

/* No free instance, or within another probe's handler on the same CPU. */
static u64 missed_by_probe(const struct why_syscall_probe *t)
{
	return (u64)(u32)READ_ONCE(t->probe.nmissed) + READ_ONCE(t->probe.kp.nmissed);
}

static u64 missed_since_reset(const struct why_syscall_probe *t)
{
	return t->missed_before + (t->is_on ? missed_by_probe(t) - t->missed_mark : 0);
}

int why_syscall_probe_enable(struct why_syscall_probe *t, u32 nr_instances)
{
	char function[sizeof(WHY_COMPAT_SYSCALL_PREFIX) + WHY_SYSCALL_NAME_LEN];
	int rc;

	if (t->is_on)
		return 0;
	snprintf(function, sizeof(function), WHY_COMPAT_SYSCALL_PREFIX "%s",
		 why_compat_syscall_function(t->name));
	t->probe = (struct kretprobe) {
		.kp.symbol_name = function,
		.handler = on_return,
		.entry_handler = on_entry,
		.maxactive = (int)nr_instances,
		.data_size = sizeof(u64),
	};
	t->missed_mark = 0;
	rc = register_kretprobe(&t->probe);
	t->probe.kp.symbol_name = NULL;
	t->is_on = !rc;
	return rc;
}

void why_syscall_probe_disable(struct why_syscall_probe *t)
{
	if (!t->is_on)
		return;
	unregister_kretprobe(&t->probe);
	t->missed_before = missed_since_reset(t);
	t->is_on = false;
}

void why_syscall_probe_new_epoch(void)
{
	WRITE_ONCE(epoch, epoch + 1);
}

void why_syscall_probe_reset(struct why_syscall_probe *t)
{
	t->missed_before = 0;
	t->missed_mark = t->is_on ? missed_by_probe(t) : 0;
}

/* One CPU's counts of one instant. */
static void copy(const struct why_syscall_cpu *cpu, struct why_syscall_cpu *ret)
{
	unsigned int seq;

	do {
		seq = raw_read_seqcount_begin(&cpu->seq);
		ret->epoch = cpu->epoch;
		ret->nr_untimed = cpu->nr_untimed;
		ret->stats = cpu->stats;
	} while (read_seqcount_retry(&cpu->seq, seq));
}

void why_syscall_probe_sum(const struct why_syscall_probe *t, struct why_syscall_sum *ret)
{
	struct why_syscall_cpu one;
	int cpu;

	memset(ret, 0, sizeof(*ret));
	ret->nr_missed = missed_since_reset(t);
	for_each_possible_cpu(cpu) {
		copy(per_cpu_ptr(t->cpus, cpu), &one);
		if (one.epoch != epoch)
			continue;
		ret->nr_missed += one.nr_untimed;
		why_syscall_stats_merge(&ret->stats, &one.stats);
	}
}
