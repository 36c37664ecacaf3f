# SPDX-License-Identifier: GPL-2.0-only
"""One busy measurement; every row of its report keeps the rules all rows have."""

import pytest

import soundness
from whylate import CPUS, WAITS, Load, Measurement, limit, seconds

pytestmark = limit(120)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Sleeping, preempted, new and moved tasks, softirqs and timers, all at once."""
    with Measurement(tmp_path_factory.mktemp("rows")) as measurement, \
         Load("udpflood", **{"for": seconds(3)}) as flood, \
         Load("fasttimer", hz=5000, **{"for": seconds(3)}) as timer, \
         Load("forks", count=500) as forks, Load("pingpong", rounds=5000) as pingpong:
        for load in (forks, pingpong, timer, flood):
            load.tally()
        report = measurement.finish()
    assert report.rows() and report["tasks"], "nothing was measured"
    return report


def test_every_kind_of_wait_was_measured(report):
    for kind in WAITS:
        assert report.row(kind)["count"] > 0, kind


def test_causes_sum_to_the_wait_exactly(report):
    rows = report.wait_rows()
    assert rows
    for row in rows:
        soundness.assert_causes_sum(row)


def test_every_sample_is_in_a_bucket_or_counted_as_overflow(report):
    for row in report.rows():
        soundness.assert_buckets_count(row)


def test_buckets_are_at_most_3_2_percent_wide(report):
    for row in report.rows():
        soundness.assert_buckets_narrow(row)


def test_minimum_mean_and_maximum_are_in_order(report):
    for row in report.rows():
        soundness.assert_extremes_ordered(row)


def test_quantiles_are_their_buckets_upper_bounds(report):
    for row in report.rows():
        soundness.assert_quantiles_placed(row)


def test_no_latency_is_longer_than_the_measurement(report):
    soundness.assert_nothing_absurd(report)


def test_no_number_has_wrapped(report):
    soundness.assert_no_number_wrapped(report)


def test_rows_of_the_cpus_merge_into_the_row_of_the_kind(report):
    for kind in WAITS:
        whole = report.row(kind)
        parts = [part for part in (report.row(kind, cpu) for cpu in CPUS) if part]
        assert parts, f"{kind} has no row of a CPU"
        for field in ("count", "sum_ns", "overflow"):
            assert sum(part[field] for part in parts) == whole[field], (kind, field)
        assert max(part["max_ns"] for part in parts) == whole["max_ns"], kind
        for cause, ns in soundness.known_causes(whole).items():
            assert sum(part["causes"].get(cause) or 0 for part in parts) == ns, (kind, cause)


def test_the_worst_case_is_the_maximum_and_within_the_measurement(report):
    for row in report.wait_rows():
        if row["count"]:
            worst = row["worst"]
            assert worst["ns"] == row["max_ns"], soundness.name(row)
            assert report.start_ns <= worst["at_ns"] <= report.end_ns + soundness.FURTHEST_NS
            assert worst["cpu"] in CPUS and worst["comm"], soundness.name(row)


def test_each_cpu_accounts_for_the_whole_measurement(report):
    assert sorted(cpu["cpu"] for cpu in report["cpus"]) == CPUS
    for cpu in report["cpus"]:
        parts = ("idle", "task", "hardirq", "softirq", "nmi", "switch", "offline", "unseen")
        total = sum(cpu.get(part + "_ns") or 0 for part in parts)
        assert total == pytest.approx(report["whylate"]["duration_ns"], rel=0.01), cpu


def test_waits_of_the_tasks_add_up_to_the_waits_of_the_kinds(report):
    tasks = sum(task["wait_ns"] for task in report["tasks"])
    kinds = sum(row["sum_ns"] for row in report.merged_waits())
    assert tasks == pytest.approx(kinds, rel=0.01)
