# SPDX-License-Identifier: GPL-2.0-only
"""However a measurement ends, it reports what it can and leaves nothing behind in the kernel."""

import glob
import json
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

from whylate import CPU, PROGRAM, S, SLOW, Load, Report, limit, profile

pytestmark = limit(180)


def programs():
    """Ids of the BPF programs loaded."""
    if not shutil.which("bpftool"):
        pytest.skip("no bpftool to list BPF programs with")
    listed = subprocess.run(["bpftool", "prog", "show", "--json"], capture_output=True, check=True)
    return {program["id"] for program in json.loads(listed.stdout)}


def held_by_others(pids):
    """Ids of the programs that processes other than ours hold open, themselves or by a link."""
    held = set()
    for info in glob.glob("/proc/[0-9]*/fdinfo/*"):
        if int(info.split("/")[2]) in pids:
            continue
        try:
            held |= set(map(int, re.findall(r"^prog_id:\s*(\d+)", open(info).read(), re.M)))
        except OSError:
            pass  # closed meanwhile
    return held


def assert_left_nothing(before, pids):
    """No new program that no living process accounts for. Freeing takes a moment."""
    deadline = time.monotonic() + 10 * SLOW
    left = programs() - before
    while left and time.monotonic() < deadline:
        time.sleep(0.2)
        # Held now and still there afterwards, or gone: other measurements may come and go.
        left &= programs() - held_by_others(pids)
    assert not left, f"BPF programs left behind: {left}"


def wait_until_loaded(before, process):
    """Until there are programs that were not; a process that has ended loads none."""
    deadline = time.monotonic() + 20 * SLOW
    while not programs() - before:
        assert process.poll() is None and time.monotonic() < deadline, process.args
        time.sleep(0.01)


def start(*args, **options):
    return subprocess.Popen([str(PROGRAM), "profile", *args], text=True, stderr=subprocess.PIPE,
                            stdout=subprocess.PIPE, **options)


def test_interrupting_a_measurement_gives_its_report(measure):
    with measure() as measurement, Load("timers", cycles=100, cpu=CPU) as load:
        load.tally()
        measurement.process.send_signal(signal.SIGINT)
        report = measurement.finish()
    wakeups = report.task(load.pid)["wakeup"]["count"]
    assert wakeups == pytest.approx(100, abs=report.slack(CPU))
    assert report["whylate"]["duration_ns"] < 60 * S * SLOW


def test_an_interrupt_well_into_a_measurement_ends_it_at_once():
    process = start("-d", "60s", "--json", "-")
    time.sleep(3 * SLOW)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=20 * SLOW)
    assert process.returncode == 0, errors
    assert time.monotonic() - begin < 1.5 * SLOW
    assert 0 < Report(out)["whylate"]["duration_ns"] < 10 * S * SLOW


def test_an_interrupt_at_any_moment_leaves_no_program_behind():
    before, chance, pids = programs(), random.Random(1), set()
    for _ in range(20):
        process = start("-d", "60s", "--json", "-")
        pids.add(process.pid)
        time.sleep(chance.uniform(0, 1.5) * SLOW)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=20 * SLOW)
        # Before it listens, the signal ends it as any program.
        assert process.returncode in (0, -signal.SIGINT), errors
        if process.returncode == 0:
            Report(out)
    assert_left_nothing(before, pids)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("after", (0, 1))
def test_being_killed_leaves_no_program_behind(end, after):
    before = programs()
    process = start("-d", "60s", "--json", "-")
    wait_until_loaded(before, process)
    time.sleep(after * SLOW)
    process.send_signal(end)
    process.communicate(timeout=20 * SLOW)
    assert_left_nothing(before, {process.pid})


def test_a_reader_that_goes_away_ends_it_and_leaves_nothing():
    before = programs()
    process = start("-d", "1s", "--json", "-")
    process.stdout.close()
    errors = process.stderr.read()
    # An output that can't be written, or the signal that says so.
    assert process.wait(20 * SLOW) in (1, -signal.SIGPIPE), errors
    assert_left_nothing(before, {process.pid})


def test_two_measurements_at_once_see_the_same(measure):
    with measure() as one, measure() as other, \
         Load("timers", cycles=500, cpu=CPU, busy="50us") as load:
        load.tally()
        reports = one.finish(), other.finish()
    first, second = (report.task(load.pid) for report in reports)
    for field in ("switches_voluntary", "switches_involuntary"):
        assert first[field] == second[field], field
    for kind in ("wakeup", "preempted", "response", "relief"):
        assert first[kind]["count"] == second[kind]["count"], kind


def test_with_json_on_standard_output_nothing_else_is_there():
    done = profile("-d", "500ms", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert Report(done.stdout)["whylate"]["schema"] == 1
