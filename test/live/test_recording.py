# SPDX-License-Identifier: GPL-2.0-only
"""Recordings: the report of a file is the report that was made live; a recorder that is killed or
whose disk is full leaves what it had written; perf's own recording of the same time counts the
same switches of every task."""
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import pytest

from whylate import CPU, PROGRAM, SLOW, Load, limit, seconds

pytestmark = limit(180)

SKEW = 1e-5     # of a kind's waiting time: test_replay.py


def report(path, *options):
    done = subprocess.run([PROGRAM, "report", path, "--json", "-", *options], capture_output=True,
                          text=True, timeout=60 * SLOW)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def wait_for(is_so):
    until = time.monotonic() + 20 * SLOW
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


ORPHANS = """
import os, time
while True:
    if os.fork() == 0:
        for _ in range(4):
            if os.fork() == 0:
                time.sleep(0.001)
                os._exit(0)
        os._exit(0)
    os.wait()
    time.sleep(0.002)
"""


@contextlib.contextmanager
def orphans():
    load = subprocess.Popen([sys.executable, "-c", ORPHANS])
    yield
    load.terminate()
    load.wait()


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """(live, reported) of three seconds of messages, forks, orphans and a flood."""
    out = tmp_path_factory.mktemp("recording")
    recorder = subprocess.Popen([PROGRAM, "record", "-d", seconds(3), "-o", out / "it.why", "--json",
                                 out / "live.json"], stderr=subprocess.PIPE, text=True)
    wait_for(lambda: (out / "it.why").exists() and (out / "it.why").stat().st_size > 1000)
    with Load("forks", count=100, comm="mayfly") as forks:
        forks.tally()
    # A name that the kernel cuts.
    os.symlink("/bin/sleep", out / "a-name-that-is-too-long")
    subprocess.run([out / "a-name-that-is-too-long", "0.05"], check=True)
    hackbench = subprocess.Popen(["hackbench", "-g", "2", "-l", "100000"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # Who reaps them may be hidden from every tracepoint on some machines.
    with orphans(), Load("udpflood", packets=50_000):
        errors = recorder.communicate(timeout=60 * SLOW)[1]
    hackbench.terminate()
    hackbench.wait()
    assert recorder.returncode == 0, errors
    assert "lost 0" in errors, errors
    return json.loads((out / "live.json").read_text()), report(out / "it.why")


def differences(path, one, other):
    """Where two documents differ: (path, what is there in the one, in the other)."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            yield from differences(f"{path}/{name}", one.get(name), other.get(name))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for n, pair in enumerate(zip(one, other)):
            yield from differences(f"{path}[{n}]", *pair)
    elif one != other:
        yield path, *(x if not isinstance(x, (dict, list)) else "..." for x in (one, other))


def by_name(tasks):
    return sorted(tasks, key=lambda t: (t["comm"], t["pid"] or 0, t.get("waits")))


# Read at an instant of the collector's, or by two clocks: test_replay.py says which differ how.
INSTANTS = re.compile(r"/(causes/|series|spikes|recording|storms|(hard|soft)irq_ns$|rate_max|"
                      r"peak_at|unconfirmed)")


def test_report_of_the_file_is_the_report_made_live(both):
    # Who died between the end and the walk over the tasks, live tells nothing of.
    known = {name: {(t["comm"], t["pid"]) for t in both[0][name]} for name in ("tasks", "occupants")}
    live, reported = ({**d, **{name: by_name(t for t in d[name] if (t["comm"], t["pid"]) in pairs
                                             and t.get("tgid", 1) or t.get("exited"))
                               for name, pairs in known.items()}} for d in both)
    found = [d for d in differences("", live, reported) if not INSTANTS.search(d[0])]
    assert not found, "\n".join(map(str, found[:40]))
    assert reported["recording"]["complete"] is True
    assert "a-name-that-is-" in {t["comm"] for t in reported["tasks"]}
    assert reported["recording"]["events"] > 50_000 / SLOW
    assert len(reported["series"]) == len(live["series"])


def test_causes_are_those_made_live_but_for_the_skew(both):
    live, reported = both
    for row, other in zip(live["latencies"], reported["latencies"]):
        for cause, ns in row.get("causes", {}).items():
            counted = row["causes"]["unexplained"] - other["causes"]["unexplained"]
            assert abs(ns - other["causes"][cause]) <= counted + SKEW * row["sum_ns"] + 1000


def test_series_counts_what_the_latencies_count(both):
    reported = both[1]
    for row in (r for r in reported["latencies"] if r["cpu"] is None and r["key"] is None):
        ticks = [k for t in reported["series"] for k in t["latencies"] if k["kind"] == row["kind"]]
        assert sum(k["count"] for k in ticks) == row["count"], row["kind"]


def test_a_part_and_the_rest_are_the_whole(tmp_path):
    path = tmp_path / "it.why"
    with Load("pingpong", rounds=2000):
        subprocess.run([PROGRAM, "record", "-d", seconds(2), "-o", path], check=True,
                       capture_output=True)
    whole = report(path)
    first, rest = report(path, "--to", seconds(1)), report(path, "--from", seconds(1))

    def switches(document):
        return [r["whylate"] for r in document["reconciliation"]
                if r["what"] == "context switches" and r["cpu"] is None][0]

    assert switches(first) > 0 and switches(rest) > 0
    assert switches(first) + switches(rest) == switches(whole)
    spans = [d["whylate"]["duration_ns"] for d in (first, rest, whole)]
    assert abs(spans[0] + spans[1] - spans[2]) < 5_000_000 * SLOW
    for row in (r for r in rest["latencies"] if "causes" in r):
        assert sum(row["causes"].values()) == row["sum_ns"]
    for part in (first, rest):
        for row in (r for r in part["latencies"] if r["cpu"] is None and r["key"] is None):
            ticks = [k for t in part["series"] for k in t["latencies"] if k["kind"] == row["kind"]]
            assert sum(k["count"] for k in ticks) == row["count"], row["kind"]


def switches_of(document):
    """(by the kernel, ours, lost) of all CPUs."""
    return [(r["kernel"], r["whylate"], r["lost"]) for r in document["reconciliation"]
            if r["what"] == "context switches" and r["cpu"] is None][0]


@pytest.mark.parametrize("limit_at, keep", [("1s", []), ("64k", []), ("1s", ["--keep", "1"])])
def test_files_of_a_rotated_recording_add_up(tmp_path, limit_at, keep):
    path = tmp_path / "it.why"
    recorder = subprocess.Popen([PROGRAM, "record", "-d", seconds(4.5), "-o", path, "--rotate",
                                 limit_at, *keep, "--json", tmp_path / "live.json"],
                                stderr=subprocess.PIPE, text=True)
    wait_for(lambda: path.exists() and path.stat().st_size > 1000)
    with Load("pingpong", rounds=60_000):
        errors = recorder.communicate(timeout=60 * SLOW)[1]
    assert recorder.returncode == 0 and "before it" in errors, errors
    files = sorted(tmp_path.glob("it.why*"))
    assert len(files) == 2 if keep else len(files) >= 2
    found = [report(f) for f in files]
    assert all(d["recording"]["complete"] and not d["recording"]["damaged"] for d in found)
    if keep:
        return
    live = json.loads((tmp_path / "live.json").read_text())
    sums = [sum(column) for column in zip(*map(switches_of, found))]
    assert tuple(sums) == switches_of(live)
    # What began in one file and ended in the next is a sample of neither.
    runs = [sum(r["count"] for d in found for r in d["latencies"]
                if r["kind"] == "sched.run" and r["cpu"] is None)]
    whole = [r["count"] for r in live["latencies"] if r["kind"] == "sched.run" and r["cpu"] is None]
    assert 0 <= whole[0] - runs[0] <= len(files) * os.cpu_count()


@pytest.mark.parametrize("after", [0.1, 0.8, 1.7])
def test_a_killed_recorder_leaves_what_it_wrote(tmp_path, after):
    path = tmp_path / "it.why"
    recorder = subprocess.Popen([PROGRAM, "record", "-o", path], stderr=subprocess.DEVNULL)
    wait_for(lambda: path.exists() and path.stat().st_size > 1000)
    with Load("pingpong", rounds=200_000):
        time.sleep(after * SLOW)
        recorder.send_signal(signal.SIGKILL)
        recorder.wait()
    size = path.stat().st_size
    if size < 4000:
        pytest.skip("killed before its first second's events were written")
    found = report(path)
    assert found["recording"]["complete"] is False
    assert "cut" in found["recording"]["damage"] or "end" in found["recording"]["damage"]
    kernel = [r for r in found["reconciliation"] if r["what"].startswith("softirq")]
    assert all(r["kernel"] is None and "no end" in r["why"] for r in kernel)


def test_what_a_stopped_recorder_lost_is_counted_and_makes_no_figure(tmp_path):
    path = tmp_path / "it.why"
    recorder = subprocess.Popen([PROGRAM, "record", "-d", seconds(4), "-o", path, "--json",
                                 tmp_path / "live.json"], stderr=subprocess.PIPE, text=True)
    wait_for(lambda: path.exists() and path.stat().st_size > 1000)
    with Load("pingpong", rounds=300_000, cpu=CPU):
        time.sleep(0.3 * SLOW)
        recorder.send_signal(signal.SIGSTOP)
        time.sleep(1 * SLOW)
        recorder.send_signal(signal.SIGCONT)
        errors = recorder.communicate(timeout=60 * SLOW)[1]
    lost = int(re.search(r"lost ([\d,]+)", errors)[1].replace(",", ""))
    assert lost > 10_000 / SLOW, errors
    found, live = report(path), json.loads((tmp_path / "live.json").read_text())
    assert found["recording"]["lost"] == found["losses"]["ring_overrun"] == lost
    row, = [r for r in found["reconciliation"]
            if r["what"] == "context switches" and r["cpu"] == CPU]
    assert row["kernel"] is None and row["why"]
    # The time that nobody saw is nobody's; no wait has grown by it.
    for cpu, other in zip(found["cpus"], live["cpus"]):
        assert cpu["sum_ns"] == other["sum_ns"]
    assert found["cpus"][CPU]["unseen_ns"] - live["cpus"][CPU]["unseen_ns"] > 100_000_000
    for one, other in zip(found["latencies"], live["latencies"]):
        if one["kind"].startswith("sched."):
            assert one["count"] <= other["count"] and (one["max_ns"] or 0) <= (other["max_ns"] or 0)


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_ends_the_recording_and_leaves_what_fits(small_disk):
    path = small_disk / "it.why"
    with Load("pingpong", rounds=3_000_000):
        done = subprocess.run([PROGRAM, "record", "-d", seconds(20), "-o", path],
                              capture_output=True, text=True, timeout=60 * SLOW)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "No space left on device" in done.stderr
    assert str(path) in done.stderr
    found = report(path)
    assert found["recording"]["complete"] is False
    assert found["recording"]["events"] > 10_000


EVENT = re.compile(r"\[(\d+)\]\s+(\d+)\.(\d{9}):\s+sched:sched_(waking|switch): (.*)")


def perf_events(path):
    """(ns, CPU, what, its text) of every waking and switch."""
    done = subprocess.run(["perf", "script", "-i", path, "--ns", "-F", "cpu,time,event,trace"],
                          capture_output=True, text=True, check=True)
    for m in EVENT.finditer(done.stdout):
        yield int(m[2]) * 1_000_000_000 + int(m[3]), int(m[1]), m[4], m[5]


def delays(path, pids):
    """By pid, by perf's own records: its switches away; its delays from waking to running; and those
    delays that there may have been beside them: from a switch-out that a waking had just crossed
    (perf does not tell whether that waking was for an earlier sleep), or to a coming that perf had no
    event of, told by the next switch of that CPU, which is another task's than the one that came last;
    where its waking has no event either, no longer than since it last left."""
    switches = dict.fromkeys(pids, 0)
    waits, perhaps = {p: [] for p in pids}, {p: [] for p in pids}
    woken, crossed, left, running, out = {}, set(), {}, {}, {}
    for ns, cpu, what, text in sorted(perf_events(path)):
        if what == "waking":
            pid = int(re.search(r" pid=(\d+)", text)[1])
            if pid in running.values():
                crossed.add(pid)
            elif pid in switches:
                woken.setdefault(pid, ns)
            continue
        prev, comer = (int(re.search(rf"{side}_pid=(\d+)", text)[1]) for side in ("prev", "next"))
        if prev in switches:
            switches[prev] += 1
            since_ns = woken.pop(prev, left.pop(prev, out.get(prev)))
            if running.get(cpu) != prev and since_ns:
                perhaps[prev].append(ns - since_ns)
            out[prev] = ns
            if prev in crossed and "prev_state=R" not in text:
                left[prev] = ns
        running[cpu] = comer
        crossed.discard(prev)
        if comer in woken:
            waits[comer].append(ns - woken.pop(comer))
        elif comer in left:
            perhaps[comer].append(ns - left[comer])
        left.pop(comer, None)
    return switches, waits, perhaps


def test_perf_counts_the_same_switches_and_delays_of_every_task(tmp_path):
    ours, perfs, begun = tmp_path / "it.why", tmp_path / "perf.data", tmp_path / "begun"
    recorder = subprocess.Popen([PROGRAM, "record", "-o", ours, "--", "perf", "sched", "record", "-m",
                                 "4096", "-k", "CLOCK_MONOTONIC", "-o", perfs, "--", "sh", "-c",
                                 f"touch {begun}; exec sleep 4"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # perf lets its command go once all its events are on, which come one after the other.
    wait_for(begun.exists)
    with orphans(), Load("pingpong", rounds=20_000, cpu=CPU) as pair, \
         Load("seeded", seed=7, workers=6, rounds=200) as workers:
        tallies = [pair.tally(), workers.tally()]
        recorder.wait(60)
    assert recorder.returncode == 0
    found = report(ours)
    pids = [t["pid"] for t in found["tasks"] if t["comm"] in ("pingpong", "seeded", "ping", "pong")
            and not t["exited"]]
    assert len(pids) >= 2, (tallies, [t["comm"] for t in found["tasks"]])
    switches, waits, perhaps = delays(perfs, pids)
    # Those of a task that the kernel refused its storage are named, and nobody's.
    refused = found["losses"]["no_task_state"]
    for task in (t for t in found["tasks"] if t["pid"] in pids):
        counted = task["switches_voluntary"] + task["switches_involuntary"]
        assert 0 <= switches[task["pid"]] - counted <= refused, (task, found["losses"])
        # The same wakings and switches, each seen by two probes one after the other.
        sure, more = waits[task["pid"]], perhaps[task["pid"]]
        count, total = task["wakeup"]["count"], task["wakeup"]["sum_ns"]
        # One at most that only one of the two saw.
        assert len(sure) - 1 <= count <= len(sure) + len(more) + 1, task
        one = 0 if len(sure) <= count <= len(sure) + len(more) else task["wakeup"]["max_ns"]
        # Some hundred ns from one probe to the other, and an interrupt or two between them.
        slack = 300 * count + 100_000 + one
        assert sum(sure) - slack < total < sum(sure) + sum(more) + slack, task
        assert len(more) <= 0.01 * count + 2
    assert sum(switches.values()) > 40_000


def is_full(pipe):
    return not select.select([], [pipe], [], 0)[1]


@pytest.fixture
def piped():
    """A recorder that waits for who reads its pipe, which is full."""
    recorder = subprocess.Popen([PROGRAM, "record", "-d", seconds(20), "-o", "-"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = os.open(f"/proc/{os.getpid()}/fd/{recorder.stdout.fileno()}", os.O_WRONLY)
    with Load("pingpong", rounds=3_000_000):
        wait_for(lambda: is_full(end))
        time.sleep(1 * SLOW)
        os.close(end)
        yield recorder
    recorder.stdout.close()
    recorder.stderr.close()


def test_a_recorder_whose_reader_takes_nothing_can_be_interrupted(piped):
    assert piped.poll() is None
    piped.send_signal(signal.SIGINT)
    piped.wait(10 * SLOW)
    errors = piped.stderr.read().decode()
    assert piped.returncode == 1
    assert errors.count("\n") == 1 and "standard output" in errors and "interrupted" in errors


def test_one_signal_is_enough_whatever_it_comes_in(tmp_path):
    """It is taken while nothing is being written; what is then written nobody reads."""
    recorder = subprocess.Popen([PROGRAM, "record", "-o", "-"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
    fcntl.fcntl(recorder.stdout, fcntl.F_SETPIPE_SZ, 4096)
    end = os.open(f"/proc/{os.getpid()}/fd/{recorder.stdout.fileno()}", os.O_WRONLY)
    wait_for(lambda: is_full(end))
    os.close(end)
    time.sleep(0.5 * SLOW)
    recorder.send_signal(signal.SIGTERM)
    assert recorder.wait(10 * SLOW) == 1
    assert b"interrupted" in recorder.stderr.read()
    recorder.stdout.close()
    recorder.stderr.close()


def test_a_pipe_that_nobody_reads_can_be_left(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    recorder = subprocess.Popen([PROGRAM, "record", "-d", "1s", "-o", tmp_path / "pipe"],
                                stderr=subprocess.PIPE, text=True)
    time.sleep(1 * SLOW)
    assert recorder.poll() is None      # it waits for who will read
    recorder.send_signal(signal.SIGINT)
    assert recorder.wait(10 * SLOW) == 1
    errors = recorder.stderr.read()
    recorder.stderr.close()
    assert errors.count("\n") == 1 and "Interrupted" in errors


def test_a_named_pipe_is_written_once_it_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    recorder = subprocess.Popen([PROGRAM, "record", "-d", seconds(1), "-o", tmp_path / "pipe"],
                                stderr=subprocess.DEVNULL)
    time.sleep(0.5 * SLOW)
    (tmp_path / "it.why").write_bytes((tmp_path / "pipe").read_bytes())
    assert recorder.wait(20 * SLOW) == 0
    assert report(tmp_path / "it.why")["recording"]["complete"]


def test_a_terminal_gets_no_recording():
    ours, theirs = pty.openpty()
    done = subprocess.run([PROGRAM, "record", "-d", "1s", "-o", "-"], stdout=theirs, text=True,
                          stderr=subprocess.PIPE, timeout=20 * SLOW)
    os.close(ours), os.close(theirs)
    assert done.returncode == 1 and "terminal" in done.stderr and done.stderr.count("\n") == 1


def test_a_reader_that_stops_and_goes_on_gets_a_whole_recording(piped, tmp_path):
    path = tmp_path / "it.why"
    with path.open("wb") as out:
        copy = subprocess.Popen(["cat"], stdin=piped.stdout, stdout=out)
        time.sleep(1 * SLOW)
        piped.send_signal(signal.SIGINT)
        piped.wait(20 * SLOW)
        copy.wait(20 * SLOW)
    errors = piped.stderr.read().decode()
    assert piped.returncode == 0, errors
    found = report(path)
    assert found["recording"]["complete"] and not found["recording"]["damaged"]
    lost = int(re.search(r"lost ([\d,]+)", errors)[1].replace(",", ""))
    assert found["losses"]["ring_overrun"] == lost > 0
