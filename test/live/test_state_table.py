# SPDX-License-Identifier: GPL-2.0-only
"""The table of task states: a place belongs to a living task, and comes back when it dies."""

import json
import pathlib
import subprocess
import sys
import time

from whylate import Load, limit, proc_switches

pytestmark = limit(120)

FORKS = 20_000


def bpftool(*args):
    done = subprocess.run(["bpftool", "-j", "map", *args], capture_output=True, text=True,
                          check=True)
    return json.loads(done.stdout)


def owners():
    """(those taken, how many there are) of the places of the whylate started last."""
    table = max((m for m in bpftool("show") if m.get("name") == "why_places"),
                key=lambda m: m["id"])
    places = [element["formatted"]["value"] for element in bpftool("dump", "id", str(table["id"]))]
    return [place for place in places if place["owner"]], len(places)


def tasks():
    with open("/proc/loadavg", encoding="ascii") as f:
        return int(f.read().split()[3].partition("/")[2])


def comm(pid):
    return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()


def sleep_until(is_so):
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_places_of_the_dead_are_free_again(measure):
    with measure() as measurement, Load("forks", count=FORKS, comm="mayfly") as load:
        load.tally()
        taken, places = owners()
        alive = tasks()
        report = measurement.finish()
    assert FORKS > 4 * places, "else no place need be used twice"
    # A task whose last switch was hidden keeps its place.
    assert alive // 2 <= len(taken) <= alive + 8 + report.reconciliation()["lost"]
    assert sum(task["merged"] for task in report.exited("mayfly")) == FORKS


THREAD_EXECS = """
import os, threading, time
def sleep_then_exec():
    for _ in range(300):
        time.sleep(0.001)
    os.execv("/bin/sleep", ["sleep", "600"])
threading.Thread(target=sleep_then_exec).start()
time.sleep(600)
"""


def test_a_thread_that_takes_its_leaders_pid_by_exec_keeps_its_place(measure):
    with measure() as measurement, \
         subprocess.Popen([sys.executable, "-c", THREAD_EXECS]) as process:
        sleep_until(lambda: comm(process.pid) == "sleep")
        time.sleep(0.1)  # until it sleeps
        truth = proc_switches(process.pid)
        report = measurement.finish()
        process.kill()
    row = report.task(process.pid)
    assert truth[0] > 300
    lost = report.reconciliation()["lost"]
    assert abs(row["switches_voluntary"] - truth[0]) <= lost
