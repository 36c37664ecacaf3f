# SPDX-License-Identifier: GPL-2.0-only
"""A victim waits behind a hog for a length both know; the blame must be the hog's."""

import pytest

import soundness
from whylate import CPU, Load, limit, seconds

pytestmark = limit(60)

BURSTS = 20
HOG = dict(bursts=BURSTS, length=seconds(0.02), period=seconds(0.1), cpu=CPU)


def between(ns, truth):
    """Within 2 % of what hog and victim measured by their own clocks."""
    return truth["wait_at_least_ns"] * 0.98 <= ns <= truth["wait_at_most_ns"] * 1.02


@pytest.fixture(params=["woken", "preempted"])
def found(request, measure):
    """(report of that process alone, the truth, the victim's row, the kind of wait)."""
    preempt = request.param == "preempted"
    with Load("hog", waits_for_go=True, victim_fifo=1, preempt=preempt, **HOG) as load:
        with measure("-p", str(load.pid)) as measurement:
            truth = load.go().tally()
            report = measurement.finish()
    soundness.assert_sound(report)
    return report, truth, report.task(truth["victim"]), "preempted" if preempt else "wakeup"


def test_the_victims_wait_is_as_long_as_the_hog_held_the_cpu(found):
    report, truth, victim, kind = found
    assert between(victim["wait_ns"], truth), victim
    assert BURSTS <= victim[kind]["count"]
    longest = max(ran - woken for woken, _, ran in truth["bursts"])
    assert victim[kind]["max_ns"] == pytest.approx(longest, rel=0.02)


def test_the_cause_of_the_wait_is_a_task(found):
    report, truth, _, kind = found
    causes = soundness.known_causes(report.row("sched." + kind))
    assert between(causes["task"], truth), causes
    assert causes["unexplained"] <= 0.01 * causes["task"], causes


def test_the_hog_is_named_as_the_last_occupant(found):
    report, truth, _, _ = found
    first = max(report["occupants"], key=lambda occupant: occupant["ns"])
    assert (first["comm"], first["pid"]) == ("spinhog", truth["hog"])
    assert first["waits"] >= BURSTS * 0.9 and between(first["ns"], truth), first


def test_the_worst_wait_names_the_victim(found):
    report, truth, _, kind = found
    worst = report.row("sched." + kind)["worst"]
    assert (worst["pid"], worst["comm"]) == (truth["victim"], "victim")


def test_the_hogs_run_time_is_its_cpu_time(found):
    report, truth, _, _ = found
    assert report.task(truth["hog"])["run_ns"] == pytest.approx(truth["hog_cpu_ns"], rel=0.02)


def test_among_all_tasks_the_hog_is_still_named(measure):
    with measure() as measurement, Load("hog", **HOG) as load:
        truth = load.tally()
        report = measurement.finish()
    hogs = [o for o in report["occupants"] if o["pid"] == truth["hog"]]
    assert hogs and hogs[0]["waits"] >= BURSTS * 0.9, report["occupants"]
    victim = report.task(truth["victim"])
    unseen = max(0, BURSTS - victim["wakeup"]["count"])  # its switch-in was hidden from us
    assert unseen <= report.reconciliation()["lost"], "a wait is missing and no loss says so"
    seen_ns = truth["wait_at_least_ns"] * (BURSTS - unseen) / BURSTS
    assert victim["wait_ns"] >= seen_ns * 0.98
