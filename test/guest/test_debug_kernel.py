# SPDX-License-Identifier: GPL-2.0-only
"""The module in a kernel that checks it (make check-debug-kernel): every access by KASAN, every lock by
lockdep, what sleeps where it must not, what was allocated and forgotten by kmemleak.

test/guest/run fails where the kernel complains on its console, so most cases need only to run.
"""

import pytest

import chosen
from asking import ask

KERNELS = chosen.kernels()      # none of its own: it is too slow for everyday
__test__ = bool(KERNELS)
SYS, PROC = "/sys/kernel/whylate", "/proc/whylate"
# kmemleak tells of what was unreachable in a scan and is five seconds old; the second scan of two
# is sure. What the kernel itself has lost by then is put aside.
PROLOGUE = f"""
export PATH=$PATH:/usr/sbin:/sbin
leaks() {{ sleep 6; for scan in 1 2; do echo scan > /sys/kernel/debug/kmemleak; sleep 1; done
	cat /sys/kernel/debug/kmemleak; }}
load() {{ insmod build/guest/$1/kmod/whylate.ko; }}
leaks > $GUEST_OUT/before
echo clear > /sys/kernel/debug/kmemleak
"""
EPILOGUE = """
[ ! -d /sys/module/whylate ] || rmmod whylate
leaks > $GUEST_OUT/leaks
dmesg > $GUEST_OUT/dmesg
"""
# In a session of its own: a shell that is killed leaves its children.
UNDER_LOAD = """
setsid sh -c 'while :; do hackbench -g 1 -f 8 -l 50 > /dev/null; done' & load=$!
"""
END_LOAD = "kill -s KILL -- -$load; wait $load || :\n"
SCRIPTS = {
    "has every checker": """
zcat /proc/config.gz | grep -E '^CONFIG_(KASAN|PROVE_LOCKING|DEBUG_KMEMLEAK|DEBUG_ATOMIC_SLEEP)=y' | wc -l | grep -x 4
grep -w irqsoff /sys/kernel/tracing/available_tracers | grep -w preemptoff
ls -d /sys/kernel/tracing/events/preemptirq/irq_disable /sys/kernel/tracing/events/preemptirq/preempt_disable
""",
    "loads and unloads under load": UNDER_LOAD + f"""
for round in $(seq 20); do
	load $1
	[ $((round % 4)) != 0 ] || echo "cgroup /" > {SYS}/add_pid
	[ $((round % 4)) != 2 ] || echo "tgid $load trace" > {SYS}/add_pid
	rmmod whylate
done
""" + END_LOAD,
    "tracks a cgroup whose tasks fork and die": f"""
load $1
mkdir /sys/fs/cgroup/tracked
sh -c 'echo $$ > /sys/fs/cgroup/tracked/cgroup.procs; kill -STOP $$
	build/test/load/forks --count 400 < /dev/null > /dev/null; hackbench -g 1 -l 20 > /dev/null' & pid=$!
until grep -q '^State:.T' /proc/$pid/status; do sleep 0.1; done
echo "cgroup /tracked trace" > {SYS}/add_pid
echo "$pid 1000" > {SYS}/set_slo_latency_bound
echo "$pid 1000" > {SYS}/set_slo_response_bound
kill -CONT $pid
while kill -0 $pid 2>/dev/null; do cat {PROC}/* {SYS}/add_pid {SYS}/set_slo_*; done > /dev/null
wait $pid
sleep 1
cat {SYS}/add_pid > $GUEST_OUT/left
cat {PROC}/losses > $GUEST_OUT/losses
""",
    "adds and removes while tasks fork and die": UNDER_LOAD + f"""
load $1
for round in $(seq 5); do
	echo "cgroup /" > {SYS}/add_pid
	cat {PROC}/tasks > /dev/null
	echo "tgid $load trace" > {SYS}/add_pid || :
	echo "cgroup /" > {SYS}/del_pid
done
""" + END_LOAD + f"""
echo "cgroup /" > {SYS}/del_pid || :
sleep 1
for pid in $(awk '{{ print $1 }}' {SYS}/add_pid); do [ -d /proc/$pid ] || echo $pid; done > $GUEST_OUT/left
""",
    "is refused memory": f"""
for point in failslab fail_page_alloc; do echo N > /sys/kernel/debug/$point/ignore-gfp-wait; done
echo 0 > /sys/kernel/debug/fail_page_alloc/min-order
for point in failslab fail_page_alloc; do echo 0 > /sys/kernel/debug/$point/verbose; done
cp build/guest/$1/kmod/whylate.ko /run/whylate.ko
refuse() {{ said=$(build/test/tool/refused "$@"); echo "$@: $said" >> $GUEST_OUT/refused; }}
refuse load /run/whylate.ko
load $1
refuse write {SYS}/add_pid "tgid $$ trace" ""
refuse write {SYS}/del_pid "tgid $$" "tgid $$ trace" {SYS}/add_pid
refuse write {SYS}/add_pid "cgroup /" ""
refuse write {SYS}/set_slo_irq_handling_bound "irq 4 1000" ""
refuse write /proc/syscall-trace "enable all" "disable all"
refuse write /proc/syscall-trace "enable write" ""
for kind in wakeup timer interrupt_off preemption_off; do
	refuse write /proc/latency_hist/${{kind}}_latency/enable 1 0
done
cat {PROC}/* /proc/latency_hist/*/CPU0 /proc/syscall-trace > /dev/null
""",
    "measures by the module collector": UNDER_LOAD + f"""
load $1
build/whylate profile --collector module -d 3s > $GUEST_OUT/profile
build/whylate record --collector module -d 3s -o $GUEST_OUT/module.why
build/whylate watch --collector module --slo sched.wakeup=max --slo irq.handler=max -d 3s > $GUEST_OUT/watch
for file in profile module.why; do [ -s $GUEST_OUT/$file ]; done
build/whylate report $GUEST_OUT/module.why > $GUEST_OUT/report
echo "cgroup / trace" > {SYS}/add_pid
build/whylate profile --collector module -d 3s > /dev/null
""" + END_LOAD,
    "is killed in the middle": UNDER_LOAD + f"""
load $1
for verb in "profile" "record -o $GUEST_OUT/killed.why" "watch --slo sched.wakeup=max"; do
	for after in 0 1; do
		build/whylate $verb --collector module -d 60s > /dev/null & victim=$!
		until grep -q /dev/whylate /proc/$victim/maps; do kill -0 $victim; sleep 0.1; done
		sleep $after
		kill -KILL $victim
		wait $victim || :
	done
done
""" + END_LOAD,
    "lives through CPUs that go and come": UNDER_LOAD + f"""
load $1
echo "cgroup / trace" > {SYS}/add_pid
build/whylate profile --collector module -d 12s > $GUEST_OUT/profile & profile=$!
test/guest/hotplug 1 0.6 8
wait $profile
cat {PROC}/tasks {PROC}/violations {PROC}/losses > $GUEST_OUT/tasks
""" + END_LOAD,
}

# One section at a time, its length by the kernel's own tracer and by the module, both in microseconds.
# Function tracing would make every section some, and a new maximum a longer one.
EXACT = """
tracing=/sys/kernel/tracing; hist=/proc/latency_hist
insmod build/guest/$1/kmod/whylate.ko
insmod build/lab-kmod/$1/fault.ko
echo 0 > $tracing/options/function-trace
echo 64 > $tracing/buffer_size_kb
for kind in irqsoff:interrupt_off preemptoff:preemption_off; do
	mine=$hist/${kind#*:}_latency
	echo ${kind%:*} > $tracing/current_tracer
	echo 1 > $mine/enable
	for round in $(seq 10); do
		echo 0 > $tracing/tracing_max_latency
		echo 0 > $mine/reset
		echo "${kind%:*} 20000 @1" > /dev/fault
		ours=$(sed -n 's/#Maximum latency: \\([0-9]*\\) .*/\\1/p' $mine/CPU* | sort -n | tail -1)
		echo ${kind%:*} $(cat $tracing/tracing_max_latency) $ours
	done
	echo 0 > $mine/enable
	echo nop > $tracing/current_tracer
done
"""
# Of 20 ms; where the two were read around another section, they tell of two.
APART_US, AGREE = 200, 6

pytestmark = pytest.mark.timeout(1300)


def run(kernel, out, script):
    return ask(out, kernel, "sh", "-ec", script, "sh", kernel, options=["--append", "loglevel=5"],
               timeout=1200 // chosen.SLOW).stdout


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("what", SCRIPTS)
def test_no_complaint_while_it(kernel, what, tmp_path):
    run(kernel, tmp_path, PROLOGUE + SCRIPTS[what] + EPILOGUE)
    leaks = (tmp_path / "out/leaks").read_text()
    assert not leaks, leaks
    left = tmp_path / "out/left"
    assert not left.exists() or not left.read_text(), left.read_text()


@pytest.mark.parametrize("kernel", KERNELS)
def test_sections_have_the_length_that_the_kernels_own_tracer_says(kernel, tmp_path):
    told = [line.split() for line in run(kernel, tmp_path, EXACT).splitlines()]
    assert len(told) == 20
    for kind in ("irqsoff", "preemptoff"):
        pairs = [(int(theirs), int(ours)) for which, theirs, ours in told if which == kind]
        print(kind, pairs)
        # The tracer leaves out one in which the other CPU had its longest so far (check_critical_timing(),
        # kernel/trace/trace_irqsoff.c: max_sequence), and has that.
        assert min(ours for _, ours in pairs) >= 20_000
        assert sum(abs(theirs - ours) <= APART_US for theirs, ours in pairs) >= AGREE
