# SPDX-License-Identifier: GPL-2.0-only
"""From the instant an interrupt was due to its first instruction: never more than others see."""

import ctypes
import os
import re
import subprocess
import time

import pytest

import soundness
from test_irq_counts import grown, kernel_counts, row
from whylate import CPU, CPUS, MS, S, SLOW, Load, Measurement, limit

pytestmark = limit(60)

CYCLES = 2000
CALLS = int(os.environ.get("WHYLATE_CALLS", "20000"))
FROM, TO = CPUS[0], CPU
FUNCTIONS = "vectors call_function, _single"


def keyed(report, kind, key, cpu=None):
    found = [r for r in report.rows(kind) if r["key"] == key and r["cpu"] == cpu]
    assert len(found) == 1, f"{len(found)} rows for {kind} {key} on CPU {cpu}"
    return found[0]


def timer_delivery(report, cpu=None):
    return keyed(report, "irq.delivery.timer", {"timer": "hrtimer"}, cpu)


def not_over(row_, ns):
    """How many samples may have been below @ns: whole buckets, so some of them may not."""
    return sum(count for low, _, count in row_["buckets"] if low < ns)


def mean_below(row_, ns):
    """Without the stalls of a whole machine, which every timer due meanwhile is late by."""
    few = [(low, count) for low, _, count in row_["buckets"] if low < ns]
    return sum(low * count for low, count in few) / sum(count for _, count in few)


def test_the_timers_an_idle_machine_already_runs_are_samples_on_every_cpu(measure):
    with measure() as measurement:
        time.sleep(2 * SLOW)
        report = measurement.finish()
    soundness.assert_sound(report)
    for cpu in CPUS:
        delivery = timer_delivery(report, cpu)
        assert delivery["count"] > 0
        assert 0 <= delivery["min_ns"] and delivery["max_ns"] < 1 * S


def cyclictest(cycles):
    """{microseconds: cycles so late}, as cyclictest tells it."""
    command = ["cyclictest", "-q", "-m", "-t", "1", "-a", str(CPU), "-p", "90", "-i", "1000",
               "-h", "20000", "-l", str(cycles)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    late = {int(us): int(count) for us, count in re.findall(r"(?m)^(\d{6}) (\d+)$", out) if int(count)}
    assert sum(late.values()) == pytest.approx(cycles, abs=cycles * 0.01), out
    return late


def test_cyclictests_timers_come_to_us_before_it_wakes(measure):
    """Each of its latencies contains one delivery, so below any bound there are no more of its
    cycles than of our samples."""
    with measure() as measurement:
        late = cyclictest(CYCLES)
        report = measurement.finish()
    delivery = timer_delivery(report, CPU)
    unsampled = row(report, "vector local_timer", CPU)["lost"] + CYCLES // 100  # run early: no sample
    cycles = 0
    for us in sorted(late):
        cycles += late[us]
        assert cycles <= not_over(delivery, (us + 1) * 1000) + unsampled, f"below {us + 1} us"
    few_us = {us: count for us, count in late.items() if us < 1000}
    mean_us = sum(us * count for us, count in few_us.items()) / sum(few_us.values())
    assert mean_below(delivery, 1 * MS) <= (mean_us + 1) * 1000
    assert delivery["min_ns"] <= (min(late) + 1) * 1000


@pytest.fixture(scope="module", params=["membarrier", "tlb"])
def called(request, tmp_path_factory):
    """(report, tally, the kernel's counts from within and around) of calls from one CPU to another."""
    if len(CPUS) < 2:
        pytest.skip("a call from CPU to CPU takes two")
    options = {"from": FROM, "to": TO, "tlb": request.param == "tlb"}
    with Load("ipis", waits_for_go=True, count=CALLS, **options) as load:
        outer = kernel_counts()
        with Measurement(tmp_path_factory.mktemp(request.param)) as measurement:
            inner = kernel_counts()
            calls = load.go().tally()
            inner = grown(inner)
            report = measurement.finish()
        outer = grown(outer)
    return report, calls, inner, outer


def test_each_call_to_a_cpu_is_a_delivery_there(called):
    report, calls, inner, outer = called
    delivery = keyed(report, "irq.delivery.ipi", {"vector": "call_function_single"}, TO)
    lost = row(report, FUNCTIONS, TO)["lost"]
    sent = min(calls["calls"], inner[FUNCTIONS, TO])  # a flush may be spared: see ipis.c
    assert sent - lost <= delivery["count"] <= outer[FUNCTIONS, TO] + CALLS // 100  # one may bring two
    assert calls["kind"] == "tlb" or sent == calls["calls"]


def test_the_longest_delivery_names_its_sender(called):
    report, *_ = called
    worst = keyed(report, "irq.delivery.ipi", {"vector": "call_function_single"}, TO)["worst"]
    assert worst["cpu"] == TO
    assert worst["sender_cpu"] in set(CPUS) - {TO}  # on two CPUs that is FROM


def test_a_delivery_is_shorter_than_the_call_that_waits_for_it(called):
    report, calls, *_ = called
    delivery = keyed(report, "irq.delivery.ipi", {"vector": "call_function_single"}, TO)
    # The mean is not only theirs: others call that CPU too, now and then, and may find it away for milliseconds.
    assert 0 < delivery["p50_ns"] < calls["mean_ns"]
    assert delivery["min_ns"] <= calls["min_ns"]


class Timespec(ctypes.Structure):
    _fields_ = [("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long)]

    @classmethod
    def at(cls, ns):
        return cls(*divmod(ns, S))


def start_timers_that_are_overdue(count, ns):
    """Sleeps until, and timers for, an instant that is @ns gone."""
    libc = ctypes.CDLL(None, use_errno=True)
    absolute, nothing = 1, Timespec()
    timer = libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_CLOEXEC)
    assert timer >= 0
    for _ in range(count):
        gone = Timespec.at(time.monotonic_ns() - ns)
        assert libc.clock_nanosleep(time.CLOCK_MONOTONIC, absolute, ctypes.byref(gone), None) == 0
        gone = (Timespec * 2)(nothing, Timespec.at(time.monotonic_ns() - ns))
        assert libc.timerfd_settime(timer, absolute, gone, None) == 0
        assert len(os.read(timer, 8)) == 8
    os.close(timer)


def test_a_timer_started_when_it_was_due_already_is_not_late_by_all_that(measure):
    with measure() as measurement:
        start_timers_that_are_overdue(500, 50 * MS)
        report = measurement.finish()
    delivery = timer_delivery(report)
    late = delivery["count"] - not_over(delivery, 49 * MS)
    assert late <= delivery["count"] // 1000, f"{late} of {delivery['count']}: {delivery['worst']}"
