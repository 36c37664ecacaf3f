# SPDX-License-Identifier: GPL-2.0-only
"""The same load ten times gives the same medians, to a bucket."""

import pytest

import soundness
from whylate import CPU, Load, limit, seconds

pytestmark = limit(240)

RUNS = 10
ATTEMPTS = 3    # at a run whose load is on time: a machine can keep it from its CPU for a while
KINDS = ("sched.wakeup", "sched.run", "task.response")
# With this seed each kind's middle sample is five samples or more inside a group of equal ones.
SEEDED = dict(seed=24, rounds=40, workers=3, unit=seconds(0.0008), period=seconds(0.05), cpu=CPU)


def median_bucket(row):
    """The bucket that holds the middle sample."""
    return soundness.bucket_of_rank(row, (row["count"] + 1) // 2)


def measured(measure):
    for _ in range(ATTEMPTS):
        with Load("seeded", waits_for_go=True, **SEEDED) as load:
            with measure("-p", str(load.pid)) as measurement:
                truth = load.go().tally()
                report = measurement.finish()
        soundness.assert_sound(report)
        if truth["late"] == 0:
            return report, truth
    pytest.fail("the load itself was late: no two runs are alike")


@pytest.fixture
def runs(measure):
    return [measured(measure) for _ in range(RUNS)]


def test_ten_runs_of_one_load_have_medians_within_a_bucket(runs):
    for kind in KINDS:
        buckets = sorted(median_bucket(report.row(kind)) for report, _ in runs)
        (_, lowest_high), (highest_low, _) = buckets[0], buckets[-1]
        assert highest_low <= lowest_high, f"{kind}: medians from {buckets[0]} to {buckets[-1]}"
        assert lowest_high > 100_000, f"{kind}: so short a median is not the load's"


def test_ten_runs_of_one_load_have_equal_counts(runs):
    for report, truth in runs:
        for worker in truth["workers"]:
            wakeups = report.task(worker["pid"])["wakeup"]["count"]
            assert wakeups == pytest.approx(worker["runs"], abs=report.slack(CPU)), worker
