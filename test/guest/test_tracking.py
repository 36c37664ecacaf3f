# SPDX-License-Identifier: GPL-2.0-only
"""The module's /sys/kernel/whylate and /proc/whylate: rt_tracer's sequence, groups, hostile writes.

A thread that is born and dies while it is tracked and recorded at once has as many samples by both,
and its least and most differ by what lies between the two collectors' probes.
"""
import pathlib
import re
import subprocess

import pytest

import chosen
from asking import ask

ROOT = pathlib.Path(__file__).resolve().parents[2]
KERNELS = chosen.kernels("6.1", "6.12-rt")
CYCLES, PERIOD_US, ALIVE = 2000, 2000 * chosen.SLOW, 150
SYS, PROC = "/sys/kernel/whylate", "/proc/whylate"
BOUNDS = {"latency": 1000, "response": 2000, "response_relief": 3000}
HOSTILE = ("\n", "0", "-1", "99999999999999999999", "abc", "1 2", "1 trace x", "1x", "tgid", "tgid x", "cgroup x",
           "cgroup /nope", "4194304", "1 " + "x" * 4000, "trace 1", "1\n1")
HOSTILE_BOUNDS = ("\n", "1", "1 ", "x 1", "1 x", "1 -1", "1 1 1", "1 99999999999999999999999", "irq 1 1", "-1 1")
SCRIPT = f"""
insmod build/guest/$1/kmod/whylate.ko
note() {{ cat {PROC}/$1 > $GUEST_OUT/$2; }}
stopped() {{ until grep -q '^State:.T' /proc/$1/status; do sleep 0.1; done; }}
build/whylate record --collector bpf -d 1h -o $GUEST_OUT/bpf.why 2>/dev/null &
until [ -s $GUEST_OUT/bpf.why ]; do sleep 0.1; done
sleep 0.3

# A process that waits until it is tracked; its threads are born later.
sh -c 'kill -STOP $$; exec cyclictest -q -t1 -p80 -i{PERIOD_US} -l{CYCLES}' > /dev/null & pid=$!
stopped $pid
echo "tgid $pid trace" > {SYS}/add_pid
cat {SYS}/add_pid > $GUEST_OUT/added
kill -CONT $pid
until [ $(ls /proc/$pid/task | wc -l) = 2 ]; do sleep 0.1; done
thread=$(ls /proc/$pid/task | tail -n 1)
echo $thread > $GUEST_OUT/thread
echo "$thread {BOUNDS['latency']}" > {SYS}/set_slo_latency_bound
echo "$thread {BOUNDS['response']}" > {SYS}/set_slo_response_bound
echo "$thread {BOUNDS['response_relief']}" > {SYS}/set_slo_response_relief_bound
cat {SYS}/set_slo_*_bound > $GUEST_OUT/bounds
sleep 0.2
note tasks tasks
note violations violations
wait $pid
sleep 0.5
cat {SYS}/add_pid > $GUEST_OUT/left
note losses losses

# One task, added and removed.
sleep 60 & sleeper=$!
echo "$sleeper trace" > {SYS}/add_pid
echo "$sleeper" > {SYS}/del_pid
if echo "$sleeper" > {SYS}/del_pid 2>/dev/null; then echo removed twice; exit 1; fi
kill $sleeper

# One whose name would be lines and columns of its own.
sh -c 'printf "a\nb c" > /proc/$$/comm; kill -STOP $$; while :; do sleep 0.02; done' & named=$!
stopped $named
echo "$named" > {SYS}/add_pid
kill -CONT $named
sleep 0.5
note tasks tasks_named
echo "$named" > {SYS}/del_pid
kill $named
echo $named > $GUEST_OUT/named

# All that is born in a cgroup, while it is tracked.
mkdir /sys/fs/cgroup/tracked
sh -c 'echo $$ > /sys/fs/cgroup/tracked/cgroup.procs; kill -STOP $$; exec build/test/load/forks --count 100' \
	< /dev/null > /dev/null & pid=$!
stopped $pid
echo "cgroup /tracked" > {SYS}/add_pid
kill -CONT $pid
wait $pid
sleep 0.5
note losses losses2

# So many alive at once that the tables are made anew, again and again, while they are born.
sh -c 'echo $$ > /sys/fs/cgroup/tracked/cgroup.procs; kill -STOP $$; for i in $(seq {ALIVE}); do sleep {100 * chosen.SLOW} & done; wait' \
	< /dev/null > /dev/null & pid=$!
stopped $pid
echo "cgroup /tracked" > {SYS}/add_pid
kill -CONT $pid
until [ $(wc -l < /sys/fs/cgroup/tracked/cgroup.threads) -gt {ALIVE} ]; do sleep 0.1; done
sleep 2
cat /sys/fs/cgroup/tracked/cgroup.threads > $GUEST_OUT/alive
note tasks tasks_alive
note losses losses3
echo 1 > /sys/fs/cgroup/tracked/cgroup.kill
wait $pid || :

# Files that are open do not hold it, and say so when it is gone.
sh -ec 'exec 3< {PROC}/tasks 4< {SYS}/add_pid; rmmod whylate; if cat <&3 || cat <&4; then exit 1; fi' 2>/dev/null
kill -TERM $(pgrep -x whylate)
wait
dmesg > $GUEST_OUT/dmesg
# Unload in the middle of tracking, under load.
for round in 1 2 3 4 5; do
	[ -d {SYS} ] || insmod build/guest/$1/kmod/whylate.ko
	hackbench -g 1 -l 20 > /dev/null & sleep 0.2
	echo "cgroup /" > {SYS}/add_pid
	echo "tgid 1 trace" > {SYS}/add_pid
	sleep 0.1
	rmmod whylate
	wait
done
"""

pytestmark = pytest.mark.timeout(200 * chosen.SLOW)


@pytest.fixture(scope="module", params=KERNELS)
def out(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("guest")
    ask(folder, request.param, "sh", "-ec", SCRIPT, "sh", request.param)
    return folder / "out"


def rows(path):
    """(pid, metric) -> the columns of /proc/whylate/tasks behind them"""
    lines = [line.split() for line in path.read_text().splitlines() if not line.startswith("#")]
    return {(int(pid), metric): rest for pid, _, _, metric, *rest in lines}


def thread(out):
    return int((out / "thread").read_text())


def logged(out, pid, metric):
    """(samples, least, most, mean) of a task's last words."""
    found = re.search(rf"whylate: {pid} \S+: {metric}: (\d+) samples, min (\d+) ns, max (\d+) ns, mean (\d+) ns",
                      (out / "dmesg").read_text())
    return tuple(map(int, found.groups()))


def recorded(out, kind, pid):
    lines = subprocess.run([ROOT / "build/test/tool/samples", out / "bpf.why"], text=True, capture_output=True,
                           check=True).stdout.splitlines()
    found = [line.split() for line in lines if line.startswith(f"S {kind} ")]
    return [int(end) - int(begin) for _, _, _, begin, end, who, _ in found if int(who) == pid]


@pytest.mark.parametrize("kind, metric", (("sched.wakeup", "latency"), ("task.relief", "response_relief"),
                                          ("task.response", "response")))
def test_a_thread_has_as_many_samples_as_its_recording(out, kind, metric):
    lengths, (samples, least, most, mean) = recorded(out, kind, thread(out)), logged(out, thread(out), metric)
    # The last sleep of a thread is its exit, which the log comes before.
    assert samples in (len(lengths), len(lengths) - 1)
    assert samples >= CYCLES * 0.9      # cycles that are over before they begin are left out
    # The host may stop the guest's CPU between two probes of one event, for tens of milliseconds: so the most
    # of two collectors can't be compared, but the means of the others can.
    assert abs(least - min(lengths)) <= 0.5 * min(lengths) and least <= mean <= most
    ours, theirs = (mean * samples - most) / (samples - 1), (sum(lengths) - max(lengths)) / (len(lengths) - 1)
    assert abs(ours - theirs) <= 0.1 * ours, (ours, theirs, most, max(lengths))


def test_the_threads_of_a_process_are_tracked_as_they_are_born(out):
    assert (out / "added").read_text().endswith(" trace\n")
    tasks = rows(out / "tasks")
    assert int(tasks[thread(out), "latency"][0]) > 20
    assert (out / "left").read_text() == ""


def test_a_name_is_neither_a_line_nor_a_column_of_its_own(out):
    pid = int((out / "named").read_text())
    lines = (out / "tasks_named").read_text().splitlines()
    assert [line.split()[:4] for line in lines if not line.startswith("#")] == [
        [str(pid), str(pid), "a?b_c", metric] for metric in ("latency", "response", "response_relief", "irq_handling")]
    assert f"statistics of {pid} a?b c\n" in (out / "dmesg").read_text()


def test_bounds_are_counted_and_shown(out):
    assert (out / "bounds").read_text().splitlines() == [f"{thread(out)} {bound}" for bound in
                                                         (BOUNDS["latency"], BOUNDS["response"],
                                                          BOUNDS["response_relief"])]
    for metric, bound in BOUNDS.items():
        count, *_, shown, violations = rows(out / "tasks")[thread(out), metric]
        assert int(shown) == bound and 0 < int(violations) <= int(count)


def test_the_worst_violation_has_its_whole_trace(out):
    text = (out / "violations").read_text()
    pid = thread(out)
    assert f"{pid} cyclictest\n" in text and "trace: complete\n" in text
    worst = int(re.search(r"worst: \w+ (\d+) ns", text)[1])
    lines = re.findall(r"^ +(-?\d+) ns  CPU (\d+) +(.*)$", text, re.M)
    times = [int(at) for at, *_ in lines]
    assert times == sorted(times) and times[-1] <= worst
    events = [event for at, _, event in lines]
    assert f"sched_waking: {pid} on CPU" in " ".join(event for at, _, event in lines if int(at) == 0)
    # It ends with the task's coming (a latency) or its next sleep (a response).
    assert [e for e in events if re.match(rf"sched_switch: ({pid} \(sleeps\) ==> \d+|\d+ \(\w+\) ==> {pid})$", e)]


def test_nothing_is_lost_and_every_birth_is_followed(out):
    for name in ("losses", "losses2"):
        lost = dict(line.split() for line in (out / name).read_text().splitlines())
        unseen = {key: int(n) for key, n in lost.items() if int(n) and key != "torn_read"}
        assert not unseen, unseen
    assert (out / "dmesg").read_text().count(" shortlived\n") == 100


def test_who_is_born_while_tables_are_made_anew_is_followed_or_counted(out):
    alive = set(map(int, (out / "alive").read_text().split()))
    missing = alive - {pid for pid, _ in rows(out / "tasks_alive")}
    untracked = int(re.search(r"^untracked_births (\d+)$", (out / "losses3").read_text(), re.M)[1])
    print(f"{len(alive)} alive, {len(missing)} not tracked, {untracked} counted as such")
    assert len(alive) > ALIVE and len(missing) <= untracked


@pytest.mark.parametrize("kernel", chosen.kernels("6.12"))
def test_hostile_writes_are_refused_and_change_nothing(kernel, tmp_path):
    (tmp_path / "writes.py").write_text(f"""
import os
def write(name, text):
    fd = os.open("{SYS}/" + name, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
        return 0
    except OSError as error:
        return error.errno
    finally:
        os.close(fd)
for text in {HOSTILE!r}:
    assert write("add_pid", text), text
    assert write("del_pid", text), text
for text in {HOSTILE_BOUNDS!r}:
    assert write("set_slo_latency_bound", text), text
assert write("set_slo_latency_bound", "1 5") == 3     # ESRCH: init is not tracked
assert write("set_slo_irq_handling_bound", "irq 4 1000") == 0
assert write("add_pid", "4194303") == 3
assert write("add_pid", "99999999999") == 34          # ERANGE
assert open("{SYS}/add_pid").read() == ""
assert write("add_pid", "1\\n") == 0 and write("add_pid", "1 trace") == 0
assert open("{SYS}/add_pid").read() == "1 trace\\n"
assert write("del_pid", "1") == 0 and write("del_pid", "1") == 3
""")
    ask(tmp_path, kernel, "sh", "-ec",
        f"insmod build/guest/{kernel}/kmod/whylate.ko; python3 {tmp_path}/writes.py; rmmod whylate", timeout=100)
