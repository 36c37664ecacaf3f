# SPDX-License-Identifier: GPL-2.0-only
"""Response and relief of a control loop whose work is of known length."""

import pytest

import soundness
from whylate import CPU, MS, Load, limit, seconds

pytestmark = limit(60)

CYCLES = 500
BUSY = dict(cycles=CYCLES, period=seconds(0.004), busy=seconds(0.001), fifo=90, cpu=CPU)


def run(measure, **options):
    """(report, truth, the loop's row)."""
    with Load("timers", waits_for_go=True, **BUSY, **options) as load:
        with measure("-t", str(load.pid)) as measurement:
            truth = load.go().tally()
            report = measurement.finish()
    soundness.assert_sound(report)
    return report, truth, report.task(load.pid)


def test_a_loop_responds_and_is_relieved_once_a_cycle(measure):
    """A turn is from one pause to the next: the first one has no beginning."""
    report, truth, task = run(measure)
    for kind, count in (("response", truth["cycles"]), ("relief", truth["cycles"] - 1)):
        assert task[kind]["count"] == pytest.approx(count, abs=report.slack(CPU)), kind


def test_response_and_relief_last_as_long_as_the_work(measure):
    _, truth, task = run(measure)
    for kind in ("response", "relief"):
        assert task[kind]["mean_ns"] == pytest.approx(truth["mean_ns"], rel=0.1), kind
        assert task[kind]["max_ns"] >= truth["max_ns"] * 0.98, kind
    assert task["relief"]["min_ns"] >= truth["min_ns"] * 0.98


def test_the_loops_rows_are_those_of_the_task(measure):
    report, _, task = run(measure)
    for kind in ("response", "relief"):
        row = report.row("task." + kind)
        for field in ("count", "min_ns", "max_ns"):
            assert row[field] == task[kind][field], (kind, field)


def test_run_time_is_the_busy_time(measure):
    _, truth, task = run(measure)
    assert task["run_ns"] == pytest.approx(truth["mean_ns"] * truth["cycles"], rel=0.1)


def test_a_sleep_that_is_no_timer_ends_the_response_but_not_the_turn(measure):
    report, truth, task = run(measure, io=True)
    slack = report.slack(CPU)
    assert task["response"]["count"] == pytest.approx(2 * truth["cycles"], abs=slack)
    assert task["relief"]["count"] == pytest.approx(truth["cycles"] - 1, abs=slack)
    assert task["response"]["mean_ns"] == pytest.approx(truth["busy_ns"] / 2, rel=0.15)
    assert task["relief"]["min_ns"] >= truth["busy_ns"] * 0.98


def test_a_wait_for_the_cpu_is_part_of_the_response(measure):
    """Two loops at one instant on one CPU: the second responds when both have worked."""
    with Load("hog", waits_for_go=True, bursts=20, length=seconds(0.01), period=seconds(0.05),
              cpu=CPU, victim_fifo=1) as load:
        with measure("-p", str(load.pid)) as measurement:
            truth = load.go().tally()
            report = measurement.finish()
    response = report.task(truth["victim"])["response"]
    waits_ns = truth["wait_at_least_ns"] / len(truth["bursts"])
    assert response["mean_ns"] >= waits_ns * 0.9
    assert response["max_ns"] >= max(ran - woken for woken, _, ran in truth["bursts"]) - MS
