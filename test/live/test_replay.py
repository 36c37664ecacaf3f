# SPDX-License-Identifier: GPL-2.0-only
"""Replay equals live: one measurement's records through the core again, in user space.

Every count, latency, bucket and task figure is the same to the last digit. Causes differ by what
the clock readings of two CPUs differ: live, a waker reads the other CPU's account a moment after its
clock, and counts that moment as unexplained; a replay reads the account at that very time.
"""
import json
import subprocess
import sys

import pytest

from whylate import BUILD, SLOW, Load, limit, seconds

pytestmark = limit(120)

# What only the kernel's side can count: refused reads, memory and room.
KERNEL_ALONE = {"torn_read", "no_task_state", "claim_failed", "work_dropped", "exited_dropped",
                "row_dropped", "recursion_misses", "clock_back"}
FORKS = 200
SKEW = 1e-5     # of a kind's waiting time

EXECS = """
import os, threading, time
for _ in range(20):
    if os.fork() == 0:
        threading.Thread(target=lambda: os.execv("/bin/sleep", ["sleep", "0.01"])).start()
        time.sleep(5)
for _ in range(20):
    os.wait()
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """(live, replayed) of four seconds of messages, a flood, timers, forks and execs."""
    out = tmp_path_factory.mktemp("replay")
    tool = subprocess.Popen([BUILD / "test/tool/replayed", str(4 * SLOW), out / "live.json",
                             out / "replayed.json"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
    assert tool.stdout.readline() == "begun\n"
    with Load("forks", count=FORKS, comm="mayfly") as forks:
        forks.tally()
    subprocess.run([sys.executable, "-c", EXECS], check=True, timeout=60)
    hackbench = subprocess.Popen(["hackbench", "-g", "2", "-l", "100000"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cyclictest = subprocess.Popen(["cyclictest", "-q", "-t2", "-p80", "-i500", "-D", "3"],
                                  stdout=subprocess.DEVNULL)
    with Load("udpflood", packets=50_000):
        errors = tool.communicate(timeout=100)[1]
    hackbench.terminate()
    hackbench.wait()
    cyclictest.wait()
    assert tool.returncode == 0, errors
    assert "lost 0, late 0, nonsense 0" in errors, errors
    return [json.loads((out / name).read_text()) for name in ("live.json", "replayed.json")]


def rows(document):
    return {(r["kind"], json.dumps(r["key"]), r["cpu"]): r for r in document["latencies"]}


def test_every_latency_is_the_same(both):
    live, replayed = map(rows, both)
    assert live.keys() == replayed.keys()
    for key, row in live.items():
        other = replayed[key]
        for name, value in row.items():
            if name == "open":
                assert value["count"] == other["open"]["count"], key
                assert value["oldest_ns"] == other["open"]["oldest_ns"], key
            elif name != "causes":
                assert value == other[name], (key, name)
    total = sum(r["count"] for r in live.values() if r["cpu"] is None)
    assert total > 100_000


def test_causes_differ_by_no_more_than_the_counted_skew(both):
    """What live called unexplained for its two clock readings. Beside it a waiter that is moved may
    have the moment between clock and account on its old CPU as another class."""
    live, replayed = map(rows, both)
    for key, row in live.items():
        if "causes" not in row:
            continue
        other = replayed[key]["causes"]
        assert sum(other.values()) == row["sum_ns"], key
        counted = row["causes"]["unexplained"] - other["unexplained"]
        for cause, ns in row["causes"].items():
            if cause != "unexplained":
                assert abs(other[cause] - ns) <= counted + SKEW * row["sum_ns"] + 1000, (key, cause)


def tasks(document):
    """By name, pid and whether they are dead; those hidden from every walk over tasks left out."""
    return {(t["comm"], t["pid"], t["exited"]): t for t in document["tasks"]
            if t["tgid"] or t["exited"]}


def test_every_task_is_the_same(both):
    live, replayed = map(tasks, both)
    # Who died between the end and the walk over the tasks, live tells nothing of.
    assert live.keys() <= replayed.keys()
    assert not [key for key in replayed.keys() - live.keys() if key[2]]
    assert sum(t["merged"] for t in live.values() if t["comm"] == "mayfly") == FORKS
    for key, row in live.items():
        causes = {"hardirq_ns", "softirq_ns", "cgroup", "cgroup_why"}
        same = {name: value for name, value in row.items() if name not in causes}
        assert same == {name: replayed[key][name] for name in same}, key


def test_cpus_switch_rates_and_losses_are_the_same(both):
    live, replayed = both
    for one, other in zip(live["cpus"], replayed["cpus"]):
        for name in ("task_ns", "idle_ns", "hardirq_ns", "softirq_ns", "unseen_ns"):
            assert one[name] == other[name], (one["cpu"], name)
    # Who died between the end and the walk over the tasks has a last second that live misses.
    missed = len(tasks(replayed).keys() - tasks(live).keys())
    apart = [sum(n for *_, n in d["switch_frequency"]) for d in (live, replayed)]
    assert 0 <= apart[1] - apart[0] <= missed
    assert missed or live["switch_frequency"] == replayed["switch_frequency"]
    for name, n in live["losses"].items():
        assert name in KERNEL_ALONE or replayed["losses"][name] == n, name
