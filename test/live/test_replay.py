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
import replays

from whylate import BUILD, SLOW, Load, limit, seconds

pytestmark = limit(120)

FORKS = 200

EXECS = """
import os, threading, time
for _ in range(20):
    if os.fork() == 0:
        threading.Thread(target=lambda: os.execv("/bin/sleep", ["sleep", "0.01"])).start()
        time.sleep(5)
for _ in range(20):
    os.wait()
"""

# Live tells a task's name as the walk over the tasks found it, a moment after the end.
RENAMES = """
import ctypes, threading, time
def rename():
    for i in range(10**9):
        ctypes.CDLL(None).prctl(15, b"name%d" % (i % 2), 0, 0, 0)
        time.sleep(0.0005)
for _ in range(10):
    threading.Thread(target=rename, daemon=True).start()
time.sleep(60)
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """(live, replayed) of four seconds of messages, a flood, timers, forks, execs and new names."""
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
    renames = subprocess.Popen([sys.executable, "-c", RENAMES])
    with Load("udpflood", packets=50_000):
        errors = tool.communicate(timeout=100)[1]
    renames.kill()
    renames.wait()
    hackbench.terminate()
    hackbench.wait()
    cyclictest.wait()
    assert tool.returncode == 0, errors
    assert "lost 0, late 0, nonsense 0" in errors, errors
    return [json.loads((out / name).read_text()) for name in ("live.json", "replayed.json")]


def test_every_latency_is_the_same(both):
    assert replays.latencies_are_the_same(both) > 100_000


def test_causes_differ_by_no_more_than_the_counted_skew(both):
    replays.causes_differ_by_no_more_than_the_counted_skew(both)


def test_every_task_is_the_same(both):
    replays.tasks_are_the_same(both)
    assert sum(t["merged"] for t in both[0]["tasks"] if t["comm"] == "mayfly") == FORKS


def test_cpus_switch_rates_and_losses_are_the_same(both):
    replays.cpus_rates_and_losses_are_the_same(both)
