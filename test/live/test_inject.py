# SPDX-License-Identifier: GPL-2.0-only
"""`lab inject`: its labels are what it did, by cyclictest and by whylate's own figures, and nothing
of it stays."""
import json
import os
import re
import signal
import subprocess
import time

import pytest

from test_ending import assert_left_nothing, programs
from whylate import CPU, PROGRAM, SLOW, Load, Measurement, limit, seconds

pytestmark = limit(60)

# Of an interrupt's context; above every task of a real-time class; of tasks in the fair class.
KINDS = ("hardirq", "softirq", "rq-lock", "syscall", "irqs-off", "fifo", "task", "niced")
LATE_KINDS = KINDS[:6]  # the others sleep so much that they go first among equals (EEVDF)
# So long that a machine's own delays, 0.3 ms where others share it, are hardly ever taken for one.
LENGTH, COUNT = 2_000_000, 50
PERIOD_US = 251    # no divisor of 20 ms: else all labels end at one phase of it
# Whose rows hold a delay whole.
ROWS = {"hardirq": ("irq.vector", {"vector": "local_timer"}),
        "softirq": ("softirq.run", {"softirq": "NET_RX"})}
ROW_KINDS = KINDS[:len(ROWS)]   # what others delay is one of a timer's path and a wait's, by when it expires


def inject(kind, *options):
    return subprocess.Popen([PROGRAM, "lab", "inject", kind, "--length", f"{LENGTH}ns", "--every",
                             "20ms", "--cpu", str(CPU), "--json", "-", *options], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def between(labels):
    """From the end of each to the beginning of the next."""
    return [b["begin_ns"] - a["end_ns"] for a, b in zip(labels, labels[1:])]


def labels_of(process):
    out, errors = process.communicate(timeout=40 * SLOW)
    assert process.returncode == 0, errors
    assert "lost 0" in errors
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture(scope="module", params=KINDS)
def scene(request, tmp_path_factory):
    """(kind, labels, cyclictest's cycles by their latency in us, whylate's report)."""
    # What the kinds that are tasks can keep waiting.
    priority = {"fifo": "-p10", "task": "-p0", "niced": "-p0"}.get(request.param, "-p80")
    cyclictest = subprocess.Popen(["cyclictest", "-q", "-t1", priority, f"-a{CPU}", f"-i{PERIOD_US}",
                                   "-h", "4000", "-D", str(round(30 * SLOW))],
                                  stdout=subprocess.PIPE, text=True)
    # Some need a task that runs, of the fair class.
    work = "while :; do :; done" if request.param in ("hardirq", "rq-lock") else ":"
    busy = subprocess.Popen(["taskset", "-c", str(CPU), "sh", "-c", work])
    time.sleep(0.3 * SLOW)
    try:
        with Measurement(tmp_path_factory.mktemp("inject")) as measurement:
            labels = labels_of(inject(request.param, "-n", str(COUNT), "-d", seconds(20)))
            report = measurement.finish()
    finally:
        cyclictest.send_signal(signal.SIGINT)
        busy.kill()
        busy.wait()
    cycles = re.findall(r"^(\d{6}) (\d{6})$", cyclictest.communicate(timeout=20)[0], re.M)
    return request.param, labels, {int(us): int(n) for us, n in cycles}, report


def test_labels_are_as_asked_for(scene):
    kind, labels, _, report = scene
    assert len(labels) == COUNT
    lengths = sorted(label["end_ns"] - label["begin_ns"] for label in labels)
    assert lengths[0] >= LENGTH
    assert lengths[COUNT // 2] < LENGTH + 20_000 * SLOW
    assert {(label["kind"], label["cpu"]) for label in labels} == {(kind, CPU)}
    assert min(between(labels)) >= LENGTH // 2
    assert labels[0]["begin_ns"] > report.start_ns


@pytest.mark.parametrize("scene", LATE_KINDS, indirect=True)
def test_cyclictest_is_late_once_a_delay(scene):
    _, _, cycles, _ = scene
    # The first of its timer's expiries in each comes within a period; there may be a second.
    late = {us: n for us, n in cycles.items() if n and us >= LENGTH // 1000 - PERIOD_US - 5}
    assert COUNT - 2 <= sum(late.values()) <= 3 * COUNT, late


@pytest.mark.parametrize("scene", ROW_KINDS, indirect=True)
def test_whylate_finds_as_many_delays_as_there_are_labels(scene):
    kind, _, _, report = scene
    name, key = ROWS[kind]
    row, = [r for r in report["latencies"] if (r["kind"], r["cpu"], r["key"]) == (name, CPU, key)]
    found = sum(n for low, _, n in row["buckets"] if low > LENGTH * 0.96)
    # Some are hidden on some machines, and a machine has delays of its own.
    assert COUNT - 2 <= found <= COUNT + 5, row["buckets"]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_nothing_stays_of_it_and_its_delays_stop(end):
    before = programs()
    process = inject("hardirq", "-d", "30s")
    time.sleep(1 * SLOW)
    assert programs() - before
    process.send_signal(end)
    assert process.wait(10 * SLOW) == (-signal.SIGKILL if end == signal.SIGKILL else 0)
    process.stdout.close()
    process.stderr.close()
    assert_left_nothing(before, {process.pid})


def test_stopped_it_ends_all_the_same():
    process = inject("rq-lock", "-d", seconds(2))
    with Load("hog", cpu=CPU, bursts=1, length="6s", period="6s"):
        time.sleep(1 * SLOW)
        process.send_signal(signal.SIGSTOP)
        time.sleep(2 * SLOW)
        process.send_signal(signal.SIGCONT)
        labels = labels_of(process)
    assert labels and labels[-1]["begin_ns"] - labels[0]["begin_ns"] < 2_000_000_000 * SLOW


@pytest.mark.parametrize("kind", ["fifo", "task", "syscall", "softirq"])
def test_what_a_stop_kept_it_from_is_not_caught_up_with(kind):
    process = inject(kind, "-d", seconds(3), "--length", "5ms", "--every", "10ms")
    time.sleep(1 * SLOW)
    process.send_signal(signal.SIGSTOP)
    time.sleep(1 * SLOW)
    process.send_signal(signal.SIGCONT)
    labels = labels_of(process)
    assert len(labels) > 50 and min(between(labels)) >= 2_500_000


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_reader_that_takes_nothing_does_not_hold_it(end):
    process = inject("task", "--length", "20us", "--every", "50us", "-d", "60s")
    time.sleep(3 * SLOW)
    process.send_signal(end)
    process.wait(5 * SLOW)
    process.stdout.close()
    process.stderr.close()


def test_a_reader_that_goes_away_ends_it():
    process = inject("task", "-d", "60s")
    assert process.stdout.readline()
    process.stdout.close()
    assert process.wait(5 * SLOW) == 1
    errors = process.stderr.read()
    process.stderr.close()
    assert "Broken pipe" in errors and errors.count("\n") == 1


def test_no_delay_at_all_is_no_success():
    done = subprocess.run(["unshare", "-fp", "--mount-proc", PROGRAM, "lab", "inject", "syscall",
                           "--length", "50us", "-d", seconds(1)], capture_output=True, text=True)
    assert done.returncode == 1 and "none was made" in done.stderr


@pytest.mark.parametrize("words, named", [
    ([], "kind"), (["softirq"], "--length"), (["nmi", "--length", "50us"], "nmi"),
    (["hardirq", "--length", "0us"], "0us"), (["hardirq", "--length", "50"], "50"),
    (["hardirq", "--length", "21ms", "--every", "1s"], "20ms"),
    (["hardirq", "--length", "6ms"], "--every"), (["hardirq", "--length", "1ms", "-d", "2h"], "1h"),
    (["hardirq", "--length", "1ms", "--cpu", "-1"], "-1"),
    (["hardirq", "--length", "1ms", "--cpu", "70000"], "70000"),
    (["hardirq", "--length", "1ms", "-n", "0"], "0"), (["hardirq", "--frobnicate"], "option"),
    (["hardirq", "softirq", "--length", "1ms"], "one kind")])
def test_what_makes_no_sense_is_refused(words, named):
    done = subprocess.run([PROGRAM, "lab", "inject", *words], capture_output=True, text=True,
                          timeout=10)
    assert done.returncode == 2, done
    assert done.stderr.count("\n") == 1 and named in done.stderr
    assert not done.stdout


def test_the_lab_has_nothing_else():
    done = subprocess.run([PROGRAM, "lab"], capture_output=True, text=True, timeout=10)
    assert done.returncode == 2 and "inject" in done.stderr


@pytest.mark.parametrize("words", (("inject", "hardirq", "--length", "50us"), ("scene", "inversion"),
                                   ("scene", "priority"), ("scene", "blocking")), ids=" ".join)
def test_who_is_not_root_is_told(words):
    done = subprocess.run([PROGRAM, "lab", *words],
                          capture_output=True, text=True, timeout=10, user=65534,
                          extra_groups=[], group=65534, cwd="/", env=os.environ)
    assert done.returncode == 77, done
    assert done.stderr.count("\n") == 1 and "root" in done.stderr
