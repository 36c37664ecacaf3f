# SPDX-License-Identifier: GPL-2.0-only
"""A task held back by its cgroup's CPU quota waits as long as the kernel says it was throttled."""

import pytest

import soundness
from whylate import CPU, Load, limit, seconds

pytestmark = limit(60)


@pytest.fixture
def found(measure):
    """(report, truth, the child's row): 20 ms of CPU in every 100 ms."""
    with measure() as measurement, Load("throttled", cpu=CPU, **{"for": seconds(3)}) as load:
        truth = load.tally()
        report = measurement.finish()
    assert truth["nr_throttled"] >= 10, "the quota did not bite"
    return report, truth, report.task(truth["child"])


def test_a_throttled_task_waits_all_the_time_it_does_not_run(found):
    _, truth, child = found
    never_slept_ns = truth["wall_ns"] - truth["cpu_ns"]
    assert child["wait_ns"] == pytest.approx(never_slept_ns, rel=0.05)


def test_a_throttled_task_waits_at_least_its_throttled_time(found):
    _, truth, child = found
    preempted_ns = child["preempted"]["mean_ns"] * child["preempted"]["count"]
    assert preempted_ns >= 0.95 * truth["throttled_ns"]
    assert child["preempted"]["count"] >= truth["nr_throttled"] - 1


def test_the_cause_throttled_is_the_kernels_throttled_time_or_not_given(found):
    report, truth, _ = found
    soundness.assert_sound(report)
    causes = report.row("sched.preempted")["causes"]
    if causes.get("throttled") is not None and causes["throttled"] > 0:
        assert causes["throttled"] == pytest.approx(truth["throttled_ns"], rel=0.05)
    else:
        assert causes.get("throttled") is None, "0 ns looks like a measurement"
