# SPDX-License-Identifier: GPL-2.0-only
"""arm64: the program, cross-built, on another processor's kernel. Every program loads, every count
that this kernel tells equals ours, and what it does not tell is n/a with the reason."""
import json

import pytest

from asking import ask
from losses import other_losses

KERNEL = "6.12-rt-arm64"
PACKETS = 2000
FORKS = 200
# irq_vectors are x86's; sent IPIs are answered there.
LACKS = {"irq.vector", "irq.delivery.ipi"}
CYCLES = 100
LOAD = f"""
note() {{ cat /proc/interrupts > $GUEST_OUT/$1; }}
switch() {{ echo $1 > /sys/devices/system/cpu/cpu1/online; }}
load=build/arm64/test/load
note begin
$load/timers --cycles {CYCLES} --period 5ms
$load/forks --count {FORKS}
build/arm64/test/suspend32
$load/packets --count {PACKETS} --from 0 --to 1
note end
switch 0; sleep 0.3; switch 1
"""
SCRIPT = """
uname -m
build/arm64/whylate doctor --json $GUEST_OUT/doctor.json
cat /proc/interrupts > $GUEST_OUT/before
build/arm64/whylate profile --json $GUEST_OUT/profile.json -- sh -ec "$1" || exit
cat /proc/interrupts > $GUEST_OUT/after
"""

pytestmark = pytest.mark.timeout(150)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """Folder of what the guest left."""
    folder = tmp_path_factory.mktemp("guest")
    done = ask(folder, KERNEL, "sh", "-c", SCRIPT, "sh", LOAD, needs="vmlinuz", options=["--smp", "4"], timeout=110)
    assert done.stdout.splitlines()[0] == "aarch64"
    return folder / "out"


def read(file):
    return json.loads(file.read_text())


@pytest.fixture(scope="module")
def profile(out):
    return read(out / "profile.json")


def seen_of(profile, what):
    return next(row["whylate"] for row in profile["reconciliation"]
                if row["what"] == what and row["cpu"] is None)


def counts_of(table):
    """Of /proc/interrupts: how often each line came, by its number or the name of an IPI."""
    rows = (row.split() for row in table.read_text().splitlines()[1:])
    return {id.rstrip(":"): sum(int(word) for word in words[:4] if word.isdigit())
            for id, *words in rows}


def test_every_count_that_the_kernel_tells_equals_ours(profile):
    for row in profile["reconciliation"]:
        assert row["lost"] == 0, row
        if row["what"].startswith(("line ", "vector")):
            assert row["kernel"] is None and row["difference"] is None and row["why"], row
        else:
            assert row["difference"] == 0, row
    assert seen_of(profile, "softirq NET_RX") >= PACKETS
    assert seen_of(profile, "context switches") > 2 * FORKS


def test_lines_add_up_to_what_the_kernel_counts_of_all(profile):
    lines = sum(row["whylate"] for row in profile["reconciliation"]
                if row["what"].startswith("line ") and row["cpu"] is None)
    assert lines == seen_of(profile, "all lines")


def test_lines_lie_between_what_proc_interrupts_says_inside_and_around(out, profile):
    around = counts_of(out / "before"), counts_of(out / "after")
    inside = counts_of(out / "begin"), counts_of(out / "end")
    seen = {row["what"].removeprefix("line "): row["whylate"] for row in profile["reconciliation"]
            if row["what"].startswith("line ") and row["cpu"] is None}
    for line in filter(str.isdigit, around[0]):
        least, most = (end[line] - begin[line] for begin, end in (inside, around))
        assert least <= seen.get(line, 0) <= most, line
    least, most = (sum(n - begin[id] for id, n in end.items() if id.startswith("IPI"))
                   for begin, end in (inside, around))
    assert 0 < least <= sum(n for line, n in seen.items() if line not in around[0]) <= most


def test_nothing_is_lost(profile):
    lost = other_losses(profile)
    # The guest's CPUs take turns on one of ours, so one may stand still inside a write; a CPU that
    # comes up wakes others before tracepoints are on there (test_profile.py).
    assert lost.pop("torn_read", 0) < 10 and lost.pop("unseen_waking", 0) <= 8
    assert not lost


def test_every_kind_that_has_events_has_samples(profile):
    kinds = {row["kind"] for row in profile["latencies"]}
    seen = {row["kind"] for row in profile["latencies"] if row["count"]}
    assert kinds - seen == LACKS


def test_the_doctor_says_what_is_lacking_and_why(out):
    doctor = read(out / "doctor.json")
    found = {row["kind"]: row for row in doctor["kinds"]}
    for kind in LACKS:
        assert not found[kind]["available"] and "the kernel lacks" in found[kind]["why"]
    checks = {row["what"]: row["ok"] for row in doctor["checks"]}
    assert checks["interrupt counts"] and checks["programs"]


def test_timed_sleeps_are_known_by_this_processors_calls_and_not_by_those_of_32_bits(profile):
    relief = next(row for row in profile["latencies"]
                  if row["kind"] == "task.relief" and row["cpu"] is None)
    # A cycle that is too late to pause is one with the next.
    assert CYCLES / 2 < relief["count"] < CYCLES + 50


def test_a_cpu_that_was_off_is_accounted_so(profile):
    off = {row["cpu"]: row["offline_ns"] for row in profile["cpus"]}
    assert off[1] > 200_000_000 and not off[0]


def test_causes_sum(profile):
    for row in (row for row in profile["latencies"] if "causes" in row):
        assert sum(row["causes"].values()) == row["sum_ns"]
