# SPDX-License-Identifier: GPL-2.0-only
"""A task still waiting when the measurement ends is reported as open, with its age."""

import time

import pytest

from whylate import CPU, CPUS, MS, SLOW, Load, limit, seconds

pytestmark = limit(60)


@pytest.fixture
def starved(measure):
    """(report, truth) of a measurement that ended while the victim was waiting."""
    if len(CPUS) < 2:
        pytest.skip("with one CPU the hog starves the measurement too")
    with measure() as measurement:
        load = Load("starve", cpu=CPU, **{"for": seconds(4)})
        truth = load.tally()  # printed when the victim is woken, not when it ran
        time.sleep(1 * SLOW)
        report = measurement.finish()
    assert report.end_ns < truth["until_ns"], "the hog let go before the measurement ended"
    yield report, truth
    load.close()


def test_the_starved_task_has_an_open_wait_of_the_right_age(starved):
    report, truth = starved
    open_ns = report.task(truth["victim"])["open_wait_ns"]
    assert open_ns == pytest.approx(report.end_ns - truth["woken_before_ns"], abs=5 * MS * SLOW)


def test_the_open_wait_is_in_its_kinds_open_column(starved):
    report, truth = starved
    row = report.row("sched.wakeup")
    assert row["open"]["count"] >= 1
    assert row["open"]["oldest_ns"] >= report.task(truth["victim"])["open_wait_ns"]


def test_the_open_wait_is_not_counted_as_a_finished_one(starved):
    report, truth = starved
    victim = report.task(truth["victim"])
    assert (victim["wakeup"]["max_ns"] or 0) < 100 * MS * SLOW
    assert victim["wait_ns"] < victim["open_wait_ns"]


def ran_ns(task):
    """Ended runs and the one under way. The kernel's fair server may come between (5 %)."""
    return task["run_ns"] + (task["open_run_ns"] or 0)


def test_the_hog_that_still_runs_is_reported_with_the_time_it_has_had(starved):
    report, truth = starved
    hog = report.task(truth["hog"])
    had_ns = report.end_ns - truth["woken_before_ns"]
    # A twentieth of each second is kept for others than SCHED_FIFO. If it ends then, the hog waits, and
    # its wait has an age where it still does when the tasks are walked over (docs/latencies.md).
    if hog["open_run_ns"] is None:
        unconfirmed = report.row("sched.preempted")["open"]["unconfirmed"]
        assert unconfirmed or 0 < hog["open_wait_ns"] <= 60 * MS * SLOW
    assert ran_ns(hog) == pytest.approx(had_ns, rel=0.06)
    assert max(report["tasks"], key=ran_ns)["pid"] == truth["hog"]


def test_hog_and_victim_older_than_the_measurement_are_reported_with_all_of_it(measure):
    with Load("starve", cpu=CPU, **{"for": seconds(2)}) as load:
        truth = load.tally()
        with measure() as measurement:
            time.sleep(0.3 * SLOW)
            report = measurement.finish()
    duration_ns = report["whylate"]["duration_ns"]
    assert report.end_ns < truth["until_ns"], "the hog let go before the measurement ended"
    assert ran_ns(report.task(truth["hog"])) >= duration_ns * 0.8
    victim = report.task(truth["victim"])
    assert victim["open_wait_is_lower_bound"]
    assert victim["open_wait_ns"] == duration_ns
    row = report.row("sched.preempted")
    assert row["open"]["since_before"] >= 1 and row["open"]["oldest_is_lower_bound"]


def test_a_task_that_only_sleeps_has_no_open_wait(measure):
    with measure() as measurement, Load("timers", cycles=10, cpu=CPU) as load:
        load.tally()
        report = measurement.finish()
    assert report.task(load.pid)["open_wait_ns"] is None
