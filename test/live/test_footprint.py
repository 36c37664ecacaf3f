# SPDX-License-Identifier: GPL-2.0-only
"""What it costs to know ten thousand tasks: memory, and the time to the report."""

import json
import os

from whylate import LOADS, MS, S, SLOW, STRICT, Load, limit, profile

pytestmark = limit(180)

SLEEPERS = int(os.environ.get("WHYLATE_SLEEPERS", "10000"))


def measured_with_peak(measure, tmp_path):
    """(report, measurement, peak resident KiB) with that many tasks alive that have run."""
    out = tmp_path / "peak.json"
    peak = (str(LOADS / "peak"), "--limit", "600s", "--out", str(out), "--")
    with measure(prefix=peak) as measurement, Load("sleepers", count=SLEEPERS) as load:
        assert load.tally()["count"] == SLEEPERS
        report = measurement.finish()
    return report, measurement, json.loads(out.read_text())["maxrss_kib"]


def test_ten_thousand_tasks_fit_in_32_mib_and_are_reported_within_a_second(measure, tmp_path):
    report, measurement, peak_kib = measured_with_peak(measure, tmp_path)
    sleepers = [task for task in report["tasks"] if task["comm"] == "sleeper"]
    assert len(sleepers) >= SLEEPERS
    # A fork that was refused its storage has no sample; so has one whose first switch was hidden.
    born = sum(task["new"]["count"] for task in sleepers)
    assert SLEEPERS - report.reconciliation()["lost"] <= born
    assert not STRICT or report["losses"]["no_task_state"] == 0
    assert peak_kib <= 32 * 1024
    assert measurement.exit_ns - report.end_ns <= S * SLOW


def test_a_report_of_a_fixed_length_covers_that_length(tmp_path):
    out = tmp_path / "report.json"
    done = profile("-d", "2s", "--json", str(out))
    assert done.returncode == 0, done.stderr
    duration_ns = json.loads(out.read_text())["whylate"]["duration_ns"]
    assert 2 * S <= duration_ns <= 2 * S + 200 * MS * SLOW


def test_the_overhead_is_measured_and_within_reason(measure):
    with measure() as measurement, Load("pingpong", rounds=50000) as load:
        load.tally()
        overhead = measurement.finish()["overhead"]
    assert overhead["events"] >= 100000
    if overhead["ns_per_event"] is None:
        assert overhead["why"]
    else:
        assert 1 <= overhead["ns_per_event"] <= 5000 * SLOW
        assert 0 <= overhead["cpu_percent"] <= 100
