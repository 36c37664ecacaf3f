# SPDX-License-Identifier: GPL-2.0-only
"""What holds in every report, whatever was measured."""

import math

CAUSES = {"throttled", "offline", "idle-exit", "waker", "ipi", "nmi", "hardirq", "softirq",
          "switch", "task", "unexplained"}
QUANTILES = {"p50_ns": 0.5, "p90_ns": 0.9, "p99_ns": 0.99, "p999_ns": 0.999}
FURTHEST_NS = 100_000_000  # between the last event and the moment the end was read


def name(row):
    return f"{row['kind']} key {row['key']} cpu {row['cpu']}"


def known_causes(row):
    """Nanoseconds by cause; causes this machine can't tell are null or left out."""
    return {k: v for k, v in row["causes"].items() if k != "why" and v is not None}


def assert_causes_sum(row):
    causes = known_causes(row)
    assert set(causes) <= CAUSES, f"{name(row)}: unknown cause {set(causes) - CAUSES}"
    assert {"task", "unexplained"} <= set(causes), f"{name(row)}: {row['causes']}"
    assert sum(causes.values()) == row["sum_ns"], f"{name(row)}: {causes} is not {row['sum_ns']}"


def assert_buckets_count(row):
    counted = sum(count for _, _, count in row["buckets"]) + row["overflow"]
    assert counted == row["count"], f"{name(row)}: {counted} in buckets of {row['count']}"


def assert_buckets_narrow(row):
    """3.2 % wide at most, or a nanosecond; in order, and none empty."""
    last = 0
    for low, high, count in row["buckets"]:
        assert last <= low < high and count > 0, f"{name(row)}: bucket {low, high, count}"
        assert high - low == 1 or (high - low) / low <= 0.032, f"{name(row)}: {low, high} is wide"
        last = high


def assert_extremes_ordered(row):
    if not row["count"]:
        return
    low, mean, high = row["min_ns"], row["mean_ns"], row["max_ns"]
    assert 0 <= low <= mean <= high, f"{name(row)}: {low} {mean} {high}"
    assert math.isclose(row["sum_ns"] / row["count"], mean, abs_tol=1), f"{name(row)}: mean {mean}"
    if row["buckets"]:
        assert row["buckets"][0][0] <= low < row["buckets"][0][1], f"{name(row)}: min {low}"
        if not row["overflow"]:
            assert row["buckets"][-1][0] <= high < row["buckets"][-1][1], f"{name(row)}: {high}"


def bucket_of_rank(row, rank):
    """The (low, high) that holds the rank-th smallest sample, 1 being the first."""
    for low, high, count in row["buckets"]:
        rank -= count
        if rank <= 0:
            return low, high
    return row["buckets"][-1][1], row["max_ns"]  # in the overflow


def assert_quantiles_placed(row):
    """A quantile is the upper bound of its bucket, clipped to the maximum; in order."""
    if not row["count"]:
        return
    values = [row[field] for field in QUANTILES]
    assert values == sorted(values), f"{name(row)}: {values}"
    for field, q in QUANTILES.items():
        low, _ = bucket_of_rank(row, max(1, math.ceil(q * row["count"])))
        _, high = bucket_of_rank(row, min(row["count"], math.floor(q * row["count"]) + 1))
        assert low <= row[field] <= min(high, row["max_ns"]), (
            f"{name(row)}: {field} {row[field]} is not in {low, high}, maximum {row['max_ns']}")


def assert_nothing_absurd(report):
    """No latency began before the measurement or was below zero."""
    duration_ns = report["whylate"]["duration_ns"]
    for row in report.rows():
        if row["count"]:
            assert row["max_ns"] <= duration_ns + FURTHEST_NS, f"{name(row)}: {row['max_ns']}"
    for task in report["tasks"]:
        for kind in ("wakeup", "preempted", "response", "relief"):
            longest = (task.get(kind) or {}).get("max_ns") or 0
            assert longest <= duration_ns + FURTHEST_NS, f"{task['comm']}: {kind} {longest}"


def numbers(value, path=""):
    """Every number in a report, with its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from numbers(inner, f"{path}[{index}]")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path, value


def assert_no_number_wrapped(report):
    for path, number in numbers(report.json):
        assert math.isfinite(number) and number < 1 << 62, f"{path} is {number}"
        assert number >= 0 or path.endswith((".difference", ".rho")), f"{path} is {number}"


def assert_reconciled(report, strict):
    for row in report["reconciliation"]:
        if row["kernel"] is None or row["whylate"] is None:
            assert row.get("why"), f"{row} gives no reason"
            continue
        assert row["kernel"] - row["whylate"] == row["difference"], row
        assert row["difference"] == row["lost"], row
        assert not strict or row["lost"] == 0, row


def assert_sound(report, strict=False):
    for row in report.rows():
        assert_buckets_count(row)
        assert_buckets_narrow(row)
        assert_extremes_ordered(row)
        assert_quantiles_placed(row)
    for row in report.wait_rows():
        assert_causes_sum(row)
    assert_nothing_absurd(report)
    assert_no_number_wrapped(report)
    assert_reconciled(report, strict)
