# SPDX-License-Identifier: GPL-2.0-only
"""A known number of work items, and what holds in every row of interrupts, softirqs and works."""

import collections

import pytest

import soundness
from test_irq_counts import row
from whylate import CPU, CPUS, Load, Measurement, limit

pytestmark = limit(60)

ITEMS = 1000
KINDS = ("irq.delivery.timer", "irq.delivery.ipi", "irq.handler", "irq.vector", "irq.thread",
         "softirq.wait", "softirq.run", "work.wait", "work.run")


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    """(report, tally) of work items queued while packets and calls made softirqs and interrupts."""
    folder = tmp_path_factory.mktemp("works")
    with Load("works", waits_for_go=True, count=ITEMS, cpu=CPUS[0]) as works, \
         Load("packets", waits_for_go=True, count=2 * ITEMS, rate=1000,
              **{"from": CPUS[0], "to": CPU}) as packets:
        with Measurement(folder) as measurement:
            packets.go()
            tally = works.go().tally()
            packets.tally()
            report = measurement.finish()
    return report, tally


def of_function(report, kind, name):
    """Rows of a function on all CPUs; a name can stand for several functions."""
    return [r for r in report.rows(kind)
            if r["cpu"] is None and (r["key"] or {}).get("function") == name]


@pytest.mark.parametrize("kind", ["work.wait", "work.run"])
def test_each_item_is_one_of_its_function(worked, kind):
    report, tally = worked
    found = of_function(report, kind, tally["function"])
    assert len(found) == 1 and found[0]["key"]["address"].startswith("0xffff"), found
    few = ITEMS // 20  # other people's terminals
    assert ITEMS - report.slack() <= found[0]["count"] <= ITEMS + few, found[0]


def test_no_item_waited_longer_than_all_of_them_took(worked):
    report, tally = worked
    took_ns = tally["end_ns"] - tally["begin_ns"]
    for kind in ("work.wait", "work.run"):
        for found in of_function(report, kind, tally["function"]):
            assert 0 < found["mean_ns"] <= found["max_ns"] < took_ns


def bucket_sums(rows):
    sums = collections.Counter()
    for part in rows:
        for low, high, count in part["buckets"]:
            sums[low, high] += count
    return sums


def assert_sums(whole, parts):
    """Counts, times and buckets of a row are those of its parts."""
    for field in ("count", "sum_ns", "overflow", "net_ns", "unhandled", "wake_ns", "run_ns"):
        if field in whole:
            assert sum(part[field] for part in parts) == whole[field], f"{soundness.name(whole)}: {field}"
    assert bucket_sums(parts) == bucket_sums([whole]), soundness.name(whole)
    if parts and whole["count"]:
        assert max(part["max_ns"] or 0 for part in parts) == whole["max_ns"], soundness.name(whole)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_a_cpu_and_of_a_key_make_up_the_whole(worked, kind):
    report, _ = worked
    rows = report.rows(kind)
    whole = [r for r in rows if r["key"] is None and r["cpu"] is None]
    assert len(whole) == 1
    assert_sums(whole[0], [r for r in rows if r["key"] is None and r["cpu"] is not None])
    keyed = [r for r in rows if r["key"] is not None]
    assert_sums(whole[0], [r for r in keyed if r["cpu"] is None])
    for merged in (r for r in rows if r["cpu"] is None):
        assert_sums(merged, [r for r in rows if r["key"] == merged["key"] and r["cpu"] is not None])
    for cpu in CPUS:
        of_cpu = [r for r in rows if r["key"] is None and r["cpu"] == cpu]
        parts = [r for r in keyed if r["cpu"] == cpu]
        assert of_cpu or not parts
        for merged in of_cpu:
            assert_sums(merged, parts)


def test_a_softirqs_net_time_is_part_of_its_time(worked):
    report, _ = worked
    runs = report.rows("softirq.run")
    assert sum(r["count"] for r in runs) > 0
    for run in runs:
        assert 0 <= run["net_ns"] <= run["sum_ns"], soundness.name(run)


def test_a_threaded_handlers_time_is_its_wakeup_and_its_run(worked):
    for thread in worked[0].rows("irq.thread"):
        assert thread["wake_ns"] + thread["run_ns"] == thread["sum_ns"], soundness.name(thread)


@pytest.mark.parametrize("cpu", CPUS)
def test_timer_interrupts_measured_are_timer_interrupts_counted(worked, cpu):
    report, _ = worked
    reconciled = row(report, "vector local_timer", cpu)
    found = [r for r in report.rows("irq.vector")
             if r["key"] == {"vector": "local_timer"} and r["cpu"] == cpu]
    assert len(found) == 1
    least = reconciled["kernel"] - reconciled["lost"] - 1  # one may be under way at an edge
    assert least <= found[0]["count"] <= reconciled["kernel"] + 1


def test_every_row_is_sound(worked):
    soundness.assert_sound(worked[0])
