# SPDX-License-Identifier: GPL-2.0-only
"""Seconds made bad on purpose: what moved with them is named; and nothing is where nothing was."""

import os
import pathlib
import time

import pytest

from whylate import CPU, S, SLOW, Load, Measurement, limit, seconds

pytestmark = limit(90)

LENGTH = 20
# (second, how long a hog then holds the CPU): no rhythm, and a bad second says little of the next.
BURSTS = ((2, 0.1), (4, 0.25), (7, 0.06), (8, 0.3), (11, 0.15), (13, 0.2), (16, 0.08), (18, 0.12))
LOOP = dict(cycles=1_000_000, period=seconds(0.005), busy=seconds(0.00005), fifo=0, cpu=CPU)
KINDS = ("sched.wakeup", "task.relief")
HOGS_TRACES = {"CPU pressure (some)", f"task time of CPU {CPU}"}


def spikes(report):
    return {spike["kind"]: spike for spike in report["spikes"]}


def assert_told_soundly(report):
    """Whole seconds with a sample are what is compared; only what beats chance is named."""
    whole = [tick for tick in report["series"] if tick["span_ns"] >= 0.9 * S]
    assert report["spikes"]
    for spike in report["spikes"]:
        ticks = [tick["at_ns"] for tick in whole for kind in tick["latencies"]
                 if kind["kind"] == spike["kind"] and kind["count"]]
        assert spike["seconds"] == len(ticks), spike
        assert set(spike["worst_at_ns"]) <= set(ticks), spike
        assert spike["moved_with"] or spike["why"], spike
        for mover in spike["moved_with"]:
            assert mover["p"] < 0.01 and 0 < abs(mover["rho"]) <= 1, mover
            assert mover["seconds"] <= spike["seconds"], mover


def total_busy_s():
    """Seconds all CPUs have worked since boot, steal included."""
    ticks = list(map(int, pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]))
    return (sum(ticks) - sum(ticks[3:5])) / os.sysconf("SC_CLK_TCK")  # 3, 4: idle, waiting for I/O


def plant_bursts():
    """(begin, end) of each burst."""
    begin = time.monotonic()
    planted = []
    for at, length in BURSTS:
        time.sleep(max(0, begin + at * SLOW - time.monotonic()))
        with Load("hog", bursts=1, length=seconds(length), period=seconds(0.1), cpu=CPU) as load:
            begun, _, ended = load.tally()["bursts"][0]
            planted.append((begun, ended))
    time.sleep(max(0, begin + LENGTH * SLOW - time.monotonic()))
    return planted


def culprits(report):
    """What is said to have been more in the bad seconds of a kind that the hog made longer."""
    return {mover["what"] for kind in KINDS for mover in spikes(report)[kind]["moved_with"]
            if mover["rho"] > 0 and mover["in_worst"] > mover["typical"]}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """(report, the bursts) of a loop that had to wait for a hog in some seconds and not in others.
    Once more if others' work hid it; where that takes much of the machine there is nothing to find."""
    for _ in range(2):
        begin_s, busy_s = time.monotonic(), total_busy_s()
        with Load("timers", **LOOP) as loop:
            with Measurement(tmp_path_factory.mktemp("spikes")) as measurement:
                bursts = plant_bursts()
                report = measurement.finish()
            loop.process.kill()  # its cycles never end
        if culprits(report) & HOGS_TRACES:
            return report, bursts
    busy = (total_busy_s() - busy_s) / (time.monotonic() - begin_s) / os.cpu_count()
    if busy > 0.15:  # the hog takes 3 % of two CPUs
        pytest.skip(f"this machine is not quiet: {busy:.0%} busy")
    return report, bursts


def test_what_made_the_bad_seconds_is_named(planted):
    assert culprits(planted[0]) & HOGS_TRACES, planted[0]["spikes"]


def test_the_worst_seconds_are_those_of_the_bursts(planted):
    report, bursts = planted
    for kind in KINDS:
        assert spikes(report)[kind]["worst_at_ns"]
        for at_ns in spikes(report)[kind]["worst_at_ns"]:
            assert any(at_ns < end and begin < at_ns + S for begin, end in bursts), (at_ns, bursts)


def test_what_is_named_beats_chance(planted):
    assert_told_soundly(planted[0])


def test_of_an_idle_machine_hardly_anything_is_said(measure):
    with measure() as measurement:
        time.sleep(12 * SLOW)
        report = measurement.finish()
    assert_told_soundly(report)
    silent = [spike for spike in report["spikes"] if not spike["moved_with"]]
    assert len(silent) >= len(report["spikes"]) / 2, report["spikes"]
