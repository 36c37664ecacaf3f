# SPDX-License-Identifier: GPL-2.0-only
"""A task moved between CPUs while running, waiting and sleeping: its waits stay whole."""

import pytest

import soundness
from whylate import MS, STRICT, Load, limit, proc_switches

pytestmark = limit(60)

MOVES = 200


@pytest.fixture
def found(measure):
    """(report of that process alone, truth, the subject's row, its switches by /proc)."""
    with Load("migrate", waits_for_go=True, moves=MOVES) as load:
        with measure("-p", str(load.pid)) as measurement:
            truth = load.go().tally()
            report = measurement.finish()
            kernel = proc_switches(truth["subject"])
    return report, truth, report.task(truth["subject"]), kernel


def test_the_waits_of_a_moved_task_still_sum(found):
    report = found[0]
    soundness.assert_sound(report, strict=STRICT)


def test_every_wake_up_of_a_moved_task_is_one_wait(found):
    report, truth, subject, _ = found
    assert subject["wakeup"]["count"] == pytest.approx(truth["wakes"], abs=report.slack())


def test_a_task_moved_off_its_cpu_waits_behind_the_mover(found):
    _, truth, subject, _ = found
    preempted = subject["preempted"]
    assert preempted["count"] >= truth["running"]
    assert preempted["count"] * preempted["mean_ns"] >= truth["running"] * MS * 0.9


def test_a_moved_tasks_switches_equal_proc(found):
    _, _, subject, kernel = found
    assert (subject["switches_voluntary"], subject["switches_involuntary"]) == kernel


def test_a_move_is_no_wait_of_its_own(found):
    """Every wait ends in a run: as many runs as waits that ended."""
    report, _, _, _ = found
    waits = sum(row["count"] for row in report.merged_waits())
    runs = report.row("sched.run")["count"]
    assert runs == pytest.approx(waits, abs=len(report["tasks"]) + report.slack())
