# SPDX-License-Identifier: GPL-2.0-only
"""`stalls` beside `lab inject`: what was made is found, its length lies in the interval, its code is
named, and nothing else is told; preemption off, beside a task that wants the CPU."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

import stall_truth
from test_ending import assert_left_nothing, programs, wait_until_loaded
from whylate import CPU, CPUS, PROGRAM, SLOW, limit, seconds

pytestmark = [limit(90), pytest.mark.skipif(SLOW > 1, reason="test/guest/test_stalling.py does it")]

HZ, PERIOD_US = 4000, 250

# A thread that spins beside one that makes the other's translations stale: an IPI each time.
FLUSHER = """
import mmap, threading
threading.Thread(target=lambda: [i for i in iter(int, 1)], daemon=True).start()
while True:
    m = mmap.mmap(-1, 1 << 16)
    m[:] = b"x" * len(m)
    m.close()
"""


@pytest.fixture(scope="module")
def busy():
    loop = subprocess.Popen(["taskset", "-c", str(CPU), "sh", "-c", "while :; do :; done"])
    yield
    loop.kill()
    loop.wait()


@pytest.fixture(scope="module", params=["irqs-off", "rq-lock", "hardirq"])
def probed(request, busy):
    return stall_truth.run(PROGRAM, request.param, PERIOD_US + 50, HZ, CPU, 6)


@pytest.fixture(scope="module")
def passive(busy):
    return stall_truth.run(PROGRAM, "irqs-off", 3000, 0, CPU, 6, every_us=17_313)


def exact_of(truth):
    return [x for x in truth.sections if truth.report["stalls"][x["stall"]]["exactness"] == "exact"]


def test_a_probe_finds_every_section_longer_than_its_period(probed):
    assert len(probed.labels) > 400
    assert probed.recall >= 0.95, (probed.missed()[:5], probed.report["how"])
    assert probed.precision >= 0.95
    assert probed.named >= 0.9
    assert probed.contained >= 0.99
    excess = probed.excess()
    assert not excess or 0 <= excess[len(excess) // 2] <= stall_truth.AROUND_IN_HANDLER_NS


def test_what_the_program_says_of_itself_is_so(probed):
    trust = probed.report["how"]["trust"]
    assert trust["recall_all_ns"] == (PERIOD_US + 50) * 1000
    # Of few that were observed each counts for much.
    if len(probed.sections) - len(exact_of(probed)) > 400:
        assert 0.95 <= trust["precision"] <= 1
    assert trust["due"] >= trust["due_in_user_mode"] >= trust["late_in_user_mode"]
    # This CPU's timers, and the other's where it was not idle.
    assert trust["due_in_user_mode"] > 6 * HZ * 0.7
    assert 0.3 < trust["timer_cpu_percent"] < 30


def test_sections_and_their_sums_agree(probed):
    report = probed.report
    for nr, stall in enumerate(report["stalls"]):
        own = [x for x in report["sections"] if x["stall"] == nr]
        assert stall["count"] == len(own) > 0
        assert stall["total_ns"] == sum(x["least_ns"] for x in own)
        assert stall["total_most_ns"] == sum(x["most_ns"] for x in own)
        assert stall["max_ns"] == max(x["least_ns"] for x in own) == stall["worst"]["least_ns"]
        assert stall["stack"] and all(stall["stack"])
        assert {x["kind"] for x in own} == {stall["kind"]}
    totals = [s["total_ns"] for s in report["stalls"]]
    assert totals == sorted(totals, reverse=True)
    over = report["how"]["over_ns"]
    assert all(over <= x["least_ns"] <= x["most_ns"] for x in report["sections"])
    assert report["how"]["losses"]["ring_overrun"] == 0


def test_a_probe_that_is_held_back_promises_nothing(tmp_path):
    most = pathlib.Path("/proc/sys/kernel/perf_event_max_sample_rate")
    before = most.read_text()
    most.write_text("1000")
    try:
        out = tmp_path / "stalls"
        done = subprocess.run([PROGRAM, "stalls", "-d", "1s", "--probe", str(HZ), "--json", out],
                              capture_output=True, text=True, timeout=30)
    finally:
        most.write_text(before)
    assert done.returncode == 0 and "Recall: unknown; the probe was held back" in done.stdout
    trust = json.loads(out.read_text())["how"]["trust"]
    assert trust["recall_all_ns"] is None and trust["recall_why"]


def test_ipis_that_come_late_to_user_mode_are_no_sections(busy, tmp_path):
    """A machine is late by more than 10 us often enough; user mode has interrupts on."""
    out = tmp_path / "stalls"
    sender = subprocess.Popen(["cyclictest", "-q", "-t1", "-p80", f"-a{CPUS[0]}", "-i200", "-D", "20"],
                              stdout=subprocess.DEVNULL)
    flusher = subprocess.Popen(["taskset", "-c", f"{CPUS[0]},{CPU}", sys.executable, "-c", FLUSHER])
    try:
        subprocess.run([PROGRAM, "stalls", "-d", "4s", "--over", "10us", "--json", out], check=True,
                       stdout=subprocess.DEVNULL)
    finally:
        for load in (sender, flusher):
            load.kill()
            load.wait()
    report = json.loads(out.read_text())
    assert report["how"]["losses"]["in_user_mode"] > 0
    assert not [s for s in report["stalls"] if s["stack"][0].startswith("[user")]
    assert len(report["sections"]) == sum(s["count"] for s in report["stalls"])


def test_without_a_probe_the_tick_finds_what_it_falls_into(passive):
    """A busy CPU's tick comes each 4 ms here, so 3 ms are hit by three of four, the IPIs beside."""
    how = passive.report["how"]
    assert how["period_ns"] is None and how["why"]
    assert how["trust"]["recall_all_ns"] is None and how["trust"]["recall_why"]
    assert passive.recall > 0.6
    assert passive.contained >= 0.99
    assert passive.named >= 0.9


def test_preemption_off_is_found_where_a_switch_was_asked_for(tmp_path):
    out, labels = tmp_path / "stalls", tmp_path / "labels"
    length_ns = 800_000
    cyclictest = subprocess.Popen(["cyclictest", "-q", "-t1", "-p80", f"-a{CPU}", "-i200", "-D", "30"],
                                  stdout=subprocess.DEVNULL)
    try:
        subprocess.run([PROGRAM, "stalls", "--json", out, "--", PROGRAM, "lab", "inject", "syscall", "--length",
                        f"{length_ns}ns", "--every", "7313us", "--cpu", str(CPU), "-d", "3s", "--json", labels],
                       check=True, capture_output=True, timeout=40)
    finally:
        cyclictest.kill()
        cyclictest.wait()
    report = json.loads(out.read_text())
    made = [json.loads(line) for line in labels.read_text().splitlines()]
    sections = [x for x in report["sections"] if x["kind"] == "preemptoff" and x["cpu"] == CPU]
    found = held = named = 0
    for label in made:
        near = [x for x in sections if abs(x["end_ns"] - label["end_ns"]) < 60_000]
        if not near:
            continue
        found += 1
        length = label["end_ns"] - label["begin_ns"]
        held += near[0]["least_ns"] <= length + 20_000 and near[0]["most_ns"] >= length
        named += "syscall_trace_enter" in report["stalls"][near[0]["stall"]]["stack"]
    assert len(made) > 300
    assert found >= 0.95 * len(made)
    assert held >= 0.99 * found
    assert named >= 0.9 * found


def test_a_command_ends_it_and_nothing_stays(tmp_path):
    before = programs()
    began = time.monotonic()
    looker = subprocess.Popen([PROGRAM, "stalls", "--probe", "1000", "--json", "-", "--", "sleep",
                               "0.5"], text=True, stdout=subprocess.PIPE)
    out = looker.communicate(timeout=30)[0]
    assert looker.returncode == 0
    assert 0.4e9 < json.loads(out)["whylate"]["duration_ns"] < 3e9
    assert time.monotonic() - began < 10
    assert_left_nothing(before, {looker.pid})


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_it_and_nothing_stays(ending):
    before = programs()
    looker = subprocess.Popen([PROGRAM, "stalls", "-d", seconds(30), "--probe", "1000"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until_loaded(before, looker)
    time.sleep(1)
    looker.send_signal(ending)
    out, errors = looker.communicate(timeout=20)
    assert not errors
    if ending != signal.SIGKILL:
        assert looker.returncode == 0 and "Recall: every section of 1.1 ms" in out, out
    assert_left_nothing(before, {looker.pid})


def test_a_storm_is_counted_and_none_of_it_is_lost_unsaid(tmp_path):
    """Every section of a microsecond: some thousands a second, of all handlers there are."""
    out = tmp_path / "stalls"
    load = subprocess.Popen(["hackbench", "-g", "2", "-l", "20000"], stdout=subprocess.DEVNULL,
                            start_new_session=True)
    try:
        done = subprocess.run([PROGRAM, "stalls", "-d", "2s", "--over", "1us", "--probe", "20000",
                               "--json", out], capture_output=True, text=True, timeout=60)
    finally:
        os.killpg(load.pid, signal.SIGKILL)
        load.wait()
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text())
    losses = report["how"]["losses"]
    assert sum(s["count"] for s in report["stalls"]) == len(report["sections"]) > 1000
    if losses["ring_overrun"] + losses["left_out"] + losses["unplaced"]:
        assert "Not in the table:" in done.stdout


def test_a_watch_says_where_interrupts_were_off_meanwhile(tmp_path):
    out, labels = tmp_path / "watch", tmp_path / "labels"
    sleeper = subprocess.Popen(["cyclictest", "-q", "-t1", "-p80", f"-a{CPU}", "-i500", "-D", "30"],
                               stdout=subprocess.DEVNULL)
    watcher = subprocess.Popen([PROGRAM, "watch", "--slo", "irq.delivery.timer=300us", "-d", "6s", "--irqsoff",
                                "--rate", "1000", "--json", out], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    assert "watching" in watcher.stderr.readline()
    try:
        subprocess.run([PROGRAM, "lab", "inject", "irqs-off", "--length", "700us", "--every", "27313us",
                        "--cpu", str(CPU), "-d", "3s", "--json", labels], check=True,
                       capture_output=True)
        assert watcher.wait(30) == 1
    finally:
        sleeper.kill()
        sleeper.wait()
    made = [json.loads(line) for line in labels.read_text().splitlines()]
    told = [json.loads(line) for line in out.read_text().splitlines()]
    lengths = {id(v): x["end_ns"] - x["begin_ns"] for v in told if v["cpu"] == CPU for x in made
               if x["begin_ns"] < v["start_ns"] < x["end_ns"] <= v["end_ns"]}
    late = [v for v in told if id(v) in lengths]
    assert len(late) > 40
    named = [v for v in late if v["irqsoff"] and "do_send_sig_info" in v["irqsoff"][0]["stack"]]
    assert len(named) >= 0.95 * len(late)
    for v in named:
        off = v["irqsoff"][0]
        # What the hypervisor took of the section is no part of the kernel's doing.
        assert off["least_ns"] <= off["most_ns"] <= v["latency_ns"], v
        assert off["steal_ns"] <= lengths[id(v)], v
        assert 0.9 * v["latency_ns"] - 20_000 < off["least_ns"] + off["steal_ns"], v
        assert sum(c["ns"] for c in v["causes"]) + v["unexplained_ns"] == v["latency_ns"]
