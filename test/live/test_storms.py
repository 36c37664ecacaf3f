# SPDX-License-Identifier: GPL-2.0-only
"""Floods of packets and a fast timer: the storm is named, while it lasts, with what it cost others."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

import soundness
from test_irq_counts import grown, kernel_counts
from whylate import CPU, CPUS, MS, PROGRAM, S, SLOW, Load, Measurement, limit, seconds

pytestmark = limit(60)

FLOOD = dict(count=100_000_000, **{"from": CPU, "to": CPUS[0]})  # as long as it is let
WINDOW_NS = 100 * MS
REFRESH_NS = 1 * S
NET_RX = {"softirq": "NET_RX"}


@contextlib.contextmanager
def flooding():
    """A flood whose softirqs are on CPU; yields the moment before its first packet."""
    with Load("packets", waits_for_go=True, **FLOOD) as load:
        begin_ns = time.monotonic_ns()
        load.go()
        yield begin_ns
        load.process.kill()  # its count is never reached


@contextlib.contextmanager
def victim():
    """A busy process that has to share CPU; yields its pid."""
    process = subprocess.Popen(["sh", "-c", "while :; do :; done"],
                               preexec_fn=lambda: os.sched_setaffinity(0, {CPU}))
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def storms(report, key=NET_RX, cpu=CPU):
    return [s for s in report["storms"] if s["key"] == key and s["cpu"] == cpu]


@pytest.fixture(scope="module")
def flooded_throughout(tmp_path_factory):
    """(report of a victim alone, its pid): the flood began before the measurement and outlived it."""
    with victim() as pid, flooding():
        time.sleep(0.3 * SLOW)
        with Measurement(tmp_path_factory.mktemp("storm"), "-p", str(pid)) as measurement:
            time.sleep(2 * SLOW)
            report = measurement.finish()
    soundness.assert_sound(report)
    return report, pid


def test_a_flood_is_one_storm_from_end_to_end(flooded_throughout):
    report, _ = flooded_throughout
    assert len(storms(report)) == 1, report["storms"]
    storm = storms(report)[0]
    assert storm["at_ns"] - report.start_ns <= WINDOW_NS
    assert storm["span_ns"] >= report["whylate"]["duration_ns"] - 2 * WINDOW_NS
    assert storm["rate_max_per_s"] > 20000 or storm["busy_ns"] > 0.2 * storm["span_ns"]


def test_what_a_storm_cost_its_victim_is_its_waits_share_of_interrupts(flooded_throughout):
    """Every wait of the victim ends on the flooded CPU while the storm lasts."""
    report, pid = flooded_throughout
    task = report.task(pid)
    waited_ns = sum(storm["waited_ns"] for storm in storms(report))
    assert 0 < waited_ns == report.cause_ns("hardirq") + report.cause_ns("softirq")
    assert waited_ns == task["hardirq_ns"] + task["softirq_ns"]
    waits = sum(task[kind]["count"] for kind in ("wakeup", "preempted", "new"))
    assert sum(storm["waits"] for storm in storms(report)) == waits


def test_a_storm_begins_when_its_flood_does(measure):
    with victim() as pid, measure("-p", str(pid)) as measurement:
        time.sleep(1 * SLOW)
        with flooding() as begin_ns:
            time.sleep(1.2 * SLOW)
            end_ns = time.monotonic_ns()
        report = measurement.finish()
    found = storms(report)
    assert found, report["storms"]
    assert begin_ns - WINDOW_NS <= found[0]["at_ns"] <= begin_ns + 1 * S
    assert found[-1]["at_ns"] + found[-1]["span_ns"] <= end_ns + 2 * WINDOW_NS * SLOW
    waited_ns = sum(storm["waited_ns"] for storm in found)
    task = report.task(pid)
    assert 0 < waited_ns <= task["hardirq_ns"] + task["softirq_ns"] <= task["wait_ns"]


def test_a_timer_of_25_khz_is_a_storm_of_the_local_timer(measure):
    with measure() as measurement, \
         Load("fasttimer", hz=25000, preexec=lambda: os.sched_setaffinity(0, {CPU}),
              **{"for": seconds(1.2)}) as load:
        timer = load.tally()
        report = measurement.finish()
    found = storms(report, {"vector": "local_timer"})
    assert found, (report["storms"], timer)
    assert timer["begin_ns"] - WINDOW_NS <= found[0]["at_ns"] <= timer["begin_ns"] + 1 * S
    lines = [r for r in report["interrupts"] if r.get("vector") == "local_timer"]
    assert lines[0]["storm"]


def test_an_idle_machine_has_no_storm(measure):
    before = kernel_counts()
    with measure() as measurement:
        time.sleep(2 * SLOW)
        report = measurement.finish()
    most = max(grown(before).values())
    if most >= 2000:  # in one window that would be a storm
        pytest.skip(f"this machine is not idle: {most} interrupts of a kind on a CPU")
    assert report["storms"] == []
    assert not [r for r in report["interrupts"] if r["storm"]]


class Screen:
    """`whylate irq` on a terminal of its own, read as it is written."""

    def __enter__(self):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        self.process = subprocess.Popen([str(PROGRAM), "irq", "-d", "60s"], stdin=slave,
                                        stdout=slave, stderr=slave,
                                        env={**os.environ, "TERM": "xterm"})
        os.close(slave)
        self.text = ""
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):  # EIO: the terminal's last writer is gone
            while os.read(self.master, 65536):
                pass
        os.close(self.master)
        assert self.process.wait(20 * SLOW) == 0

    def await_text(self, pattern, timeout):
        """When it was there; what was shown before is forgotten."""
        deadline = time.monotonic() + timeout * SLOW
        while not re.search(pattern, self.text):
            left = deadline - time.monotonic()
            assert left > 0, f"no {pattern} in: {self.text}"
            if select.select([self.master], [], [], left)[0]:
                self.text += os.read(self.master, 65536).decode()
        self.text = ""
        return time.monotonic_ns()


def test_a_storm_is_named_on_the_terminal_within_a_second_and_a_refresh():
    named = rf"NET_RX took [^\n]* of CPU {CPU} "
    with Screen() as screen:
        screen.await_text(r"INTERRUPTS", 30)
        with flooding() as begin_ns:
            named_ns = screen.await_text(named, 10)
    assert named_ns - begin_ns <= (1 * S + REFRESH_NS) * SLOW + WINDOW_NS
