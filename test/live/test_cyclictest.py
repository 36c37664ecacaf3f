# SPDX-License-Identifier: GPL-2.0-only
"""cyclictest beside us: we measure a part of what it measures, once for each of its cycles."""

import os
import re
import subprocess
import time

import pytest

from whylate import CPU, SLOW, limit, proc_switches

pytestmark = limit(60)

INTERVAL_US = int(1000 * SLOW)


@pytest.fixture
def cyclictest():
    """(process, id of its measuring thread); started before us, ended by the test."""
    command = ["cyclictest", "-q", "-N", "-m", "-t", "1", "-a", str(CPU), "-p", "95",
               "-i", str(INTERVAL_US)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    threads = []
    while not threads:
        time.sleep(0.1)
        assert process.poll() is None, "cyclictest did not start"
        threads = [int(t) for t in os.listdir(f"/proc/{process.pid}/task") if int(t) != process.pid]
    yield process, threads[0]
    if process.poll() is None:
        process.kill()
        process.wait()


def summary(process):
    """(cycles, mean in ns), from its last line."""
    process.send_signal(2)
    out, _ = process.communicate(timeout=20 * SLOW)
    found = re.findall(r"T: 0 .*C:\s*(\d+) .*Avg:\s*(\d+)", out)
    assert found, out
    return tuple(map(int, found[-1]))


def test_our_wake_ups_are_its_cycles_and_shorter_than_its_latencies(measure, cyclictest):
    process, tid = cyclictest
    outer, _ = proc_switches(tid)
    with measure() as measurement:
        inner, _ = proc_switches(tid)
        time.sleep(5 * SLOW)
        inner = proc_switches(tid)[0] - inner
        report = measurement.finish()
    outer = proc_switches(tid)[0] - outer
    cycles, mean_ns = summary(process)
    wakeup = report.task(tid)["wakeup"]
    by_clock = report["whylate"]["duration_ns"] / 1000 / INTERVAL_US

    assert cycles >= inner
    assert inner - report.slack(CPU) <= wakeup["count"] <= outer + 2
    assert wakeup["count"] == pytest.approx(by_clock, abs=2 + by_clock * 0.01)  # it skips overruns
    assert 0 < wakeup["mean_ns"] < mean_ns, "a part is not longer than the whole"
