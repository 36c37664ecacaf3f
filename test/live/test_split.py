# SPDX-License-Identifier: GPL-2.0-only
"""What is told apart only when asked: the waker's part of a wait, and the course over time."""

import pytest

import soundness
from whylate import CPU, Load, limit, seconds

pytestmark = limit(60)


def run(measure, *args):
    with measure(*args) as measurement, \
         Load("pingpong", rounds=5000, cpu=CPU) as pingpong, \
         Load("fasttimer", hz=1000, **{"for": seconds(3)}) as timer:
        pingpong.tally(), timer.tally()
        report = measurement.finish()
    soundness.assert_sound(report)
    return report


def test_the_wakers_part_is_told_when_asked_for(measure):
    causes = run(measure, "--split", "waker").row("sched.wakeup")["causes"]
    assert causes["waker"] > 0, causes


def test_the_wakers_part_is_unknown_when_not_asked_for(measure):
    causes = run(measure).row("sched.wakeup")["causes"]
    assert causes.get("waker") is None, "0 ns looks like a measurement"


def test_the_series_adds_up_to_the_whole(measure):
    report = run(measure, "--series")
    series = report["series"]
    whole = report.row("sched.wakeup")
    parts = [row for moment in series for row in moment["latencies"]
             if row["kind"] == "sched.wakeup"]
    assert len(series) >= 2
    assert sum(row["count"] for row in parts) == whole["count"]
    assert max(row["max_ns"] or 0 for row in parts) == whole["max_ns"]
    spans = sum(moment["span_ns"] for moment in series)
    assert spans == pytest.approx(report["whylate"]["duration_ns"], rel=0.02)


def test_the_moments_of_the_series_follow_each_other(measure):
    series = run(measure, "--series")["series"]
    for earlier, later in zip(series, series[1:]):
        assert earlier["at_ns"] < later["at_ns"]
        assert later["at_ns"] - earlier["at_ns"] == pytest.approx(earlier["span_ns"], rel=0.05)
