# SPDX-License-Identifier: GPL-2.0-only
"""Tasks that come and go: each counted once, none forgotten, none without room."""

import os

import pytest

import soundness
from whylate import Load, limit

pytestmark = limit(300)

COUNT = int(os.environ.get("WHYLATE_FORKS", "100000"))
FLUSHED_BY = "exited tasks are merged into rows of their command name"


def merged(report, comm):
    return sum(task["merged"] for task in report.exited(comm))


@pytest.mark.parametrize("execs, count", [(False, COUNT), (True, COUNT // 20)],
                         ids=["fork", "exec"])
def test_every_short_lived_process_is_in_the_row_of_its_name(measure, execs, count):
    with measure() as measurement, \
         Load("forks", count=count, comm="mayfly", exec=execs) as load:
        truth = load.tally()
        report = measurement.finish()
    assert truth["failed"] == 0
    assert merged(report, "mayfly") == count, FLUSHED_BY
    assert len(report.exited("mayfly")) < 100, FLUSHED_BY
    assert report["losses"]["no_task_state"] == 0
    soundness.assert_sound(report)


def test_every_new_task_waited_once_for_its_first_run(measure):
    count = COUNT // 20
    with Load("forks", waits_for_go=True, count=count, comm="mayfly") as load:
        with measure() as measurement:
            load.go().tally()
            report = measurement.finish()
    new = report.row("sched.new")
    lost = report.reconciliation()["lost"]
    assert count - lost <= new["count"], "each has one first switch-in"
    switches = sum(t["switches_voluntary"] + t["switches_involuntary"]
                   for t in report.exited("mayfly"))
    assert count <= switches, "each has at least its last switch-out"


def test_a_living_task_of_the_same_name_keeps_its_own_row(measure):
    with measure() as measurement, Load("forks", count=100, comm="forks") as load:
        truth = load.tally()
        report = measurement.finish()
        parent = report.task(truth["pid"])
    assert parent["comm"] == "forks" and parent["merged"] == 1
    assert merged(report, "forks") == 100
