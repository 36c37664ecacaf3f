# SPDX-License-Identifier: GPL-2.0-only
"""Interrupts where nothing hides them, in guests: a line with a thread, moved and left by its CPU while
it fires, and a line that two devices share. Every difference is 0.

The line that fires is that of the guest's root: each direct read of a host's file is a request.
"""
import json

import pytest

from asking import ask


pytestmark = pytest.mark.timeout(200)

NAME = "virtio0-requests"
READS = 40
SHELL = f"""
line=$(sed -n 's/^ *\\([0-9]*\\):.*{NAME}.*/\\1/p' /proc/interrupts)
move() {{ echo $1 > /proc/irq/$line/smp_affinity_list; }}
load() {{ dd if=/usr/bin/perf of=/dev/null bs=64k count={READS} iflag=direct 2>/dev/null; }}
note() {{ cat /proc/interrupts > $GUEST_OUT/$1; }}
switch() {{ echo $2 > /sys/devices/system/cpu/cpu$1/online; }}
"""
# What is measured. Each move is made between two loads, and again under one.
MOVING = "note begin; for cpu in 0 1 2; do load; load & move $cpu; wait; load; done; note end"
STAYING = "move 2; load"
UNPLUGGING = """
for round in 1 2 3; do
	move 1
	load
	while :; do load; done & reader=$!
	sleep 0.2; switch 1 0; sleep 0.2; switch 1 1; sleep 0.1
	kill $reader
	wait
done
"""
SHARED_READS = {"vda": 40, "vdb": 60}
SHARING = """
modprobe virtio_blk
for disk in vda vdb; do
	echo $disk $(basename $(readlink -f /sys/block/$disk/device)) >> $GUEST_OUT/disks
done
build/whylate profile --json $GUEST_OUT/sharing.json -- sh -c '
dd if=/dev/vda of=/dev/null bs=4k count=40 iflag=direct
dd if=/dev/vdb of=/dev/null bs=4k count=60 iflag=direct'
"""


def run(out, *options, script):
    """What a script left in a guest's $GUEST_OUT."""
    ask(out, "6.12", "sh", "-ec", script, needs="vmlinuz", options=options)
    return out / "out"


@pytest.fixture(scope="module")
def threaded(tmp_path_factory):
    """Folder with a JSON of each, in this order, and /proc/interrupts around the first: four CPUs."""
    out = tmp_path_factory.mktemp("threaded")
    for name, script in (("moving", MOVING), ("staying", STAYING), ("unplugging", UNPLUGGING)):
        (out / name).write_text(SHELL + script)
    profile = "build/whylate profile -d 100s --json $GUEST_OUT/"
    script = f"""{SHELL}
note before
{profile}moving.json -- sh -e {out}/moving
note after
{profile}staying.json -- sh -e {out}/staying
{profile}unplugging.json -- sh -e {out}/unplugging
"""
    return run(out, "--smp", "4", "--append", "threadirqs", script=script)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Two disks without MSI, four slots apart: PCI gives them one line."""
    out = tmp_path_factory.mktemp("shared")
    devices = []
    for disk, slot in (("vda", 0x10), ("vdb", 0x14)):
        (out / disk).write_bytes(bytes(1 << 20))
        devices += [f"-drive file={out / disk},format=raw,if=none,id={disk}",
                    f"-device virtio-blk-pci,drive={disk},vectors=0,addr={slot:#x}"]
    return run(out, "--smp", "2", "--qemu", " ".join(devices), script=SHARING)


def load(folder, name):
    return json.loads((folder / f"{name}.json").read_text())


def rows(profile, kind, name, cpu=None):
    return [r for r in profile["latencies"] if r["kind"] == kind and r["cpu"] == cpu
            and (r["key"] or {}).get("name") == name]


def of_line(profile, name=NAME):
    return next(r for r in profile["interrupts"] if r["irq"] is not None and name in r["name"])


def reconciled(profile, cpu=None):
    what = f"line {of_line(profile)['irq']}"
    return next(r for r in profile["reconciliation"] if r["what"] == what and r["cpu"] == cpu)


def fired(path):
    """The line's count on each CPU, as /proc/interrupts has it."""
    line = next(line for line in path.read_text().splitlines() if line.endswith(NAME))
    return [int(word) for word in line.split()[1:5]]


def assert_nothing_differs(profile):
    for row in profile["reconciliation"]:
        if row["kernel"] is None:
            assert row["why"] and row["whylate"] == 0, row
        else:
            assert row["difference"] == row["lost"] == 0, row


@pytest.mark.parametrize("name", ["moving", "staying", "unplugging"])
def test_no_interrupt_is_missing_while_its_line_moves_or_its_cpu_goes(threaded, name):
    assert_nothing_differs(load(threaded, name))


def test_a_moved_line_is_counted_on_every_cpu_it_had(threaded):
    profile = load(threaded, "moving")
    line = of_line(profile)
    assert 1 <= line["moves"] <= 3
    for cpu in (0, 1, 2):
        assert line["count"][cpu] >= READS, line
        assert rows(profile, "irq.handler", NAME, cpu)[0]["count"] == line["count"][cpu]


def test_a_moved_lines_counts_are_those_anybody_reads_in_proc(threaded):
    profile = load(threaded, "moving")
    before, begin, end, after = (fired(threaded / name) for name in ("before", "begin", "end", "after"))
    for cpu in range(4):
        kernel = reconciled(profile, cpu)["kernel"]
        assert end[cpu] - begin[cpu] <= kernel <= after[cpu] - before[cpu], cpu


def test_what_a_line_did_before_the_measurement_is_not_in_it(threaded):
    """It had fired on CPUs 0, 1 and 2."""
    profile = load(threaded, "staying")
    assert reconciled(profile, 2)["kernel"] >= READS
    for cpu in (0, 1, 3):
        assert reconciled(profile, cpu)["kernel"] == 0, reconciled(profile, cpu)


def test_a_line_whose_cpu_went_fired_elsewhere_too(threaded):
    counts = of_line(load(threaded, "unplugging"))["count"]
    assert counts[1] >= READS and sum(counts) - counts[1] >= READS, counts


@pytest.mark.parametrize("name", ["moving", "unplugging"])
def test_a_thread_runs_once_for_each_interrupt_it_is_not_still_busy_with(threaded, name):
    profile = load(threaded, name)
    handler, thread = rows(profile, "irq.handler", NAME)[0], rows(profile, "irq.thread", NAME)[0]
    assert handler["count"] * 0.5 <= thread["count"] <= handler["count"]
    assert handler["count"] == sum(of_line(profile)["count"])


@pytest.mark.parametrize("name", ["moving", "unplugging"])
def test_a_threads_time_is_its_wake_up_and_its_run(threaded, name):
    threads = [r for r in load(threaded, name)["latencies"] if r["kind"] == "irq.thread"]
    assert threads
    for thread in threads:
        assert thread["wake_ns"] + thread["run_ns"] == thread["sum_ns"], thread


def test_each_read_of_a_disk_on_a_shared_line_is_handled_by_its_own_driver(shared):
    profile = load(shared, "sharing")
    drivers = dict(line.split() for line in (shared / "disks").read_text().splitlines())
    for disk, reads in SHARED_READS.items():
        handled = rows(profile, "irq.handler", drivers[disk])
        assert len(handled) == 1 and handled[0]["count"] == reads, handled
        assert handled[0]["unhandled"] == sum(SHARED_READS.values()) - reads, handled


def test_an_interrupt_on_a_shared_line_is_counted_once(shared):
    profile = load(shared, "sharing")
    drivers = [line.split()[1] for line in (shared / "disks").read_text().splitlines()]
    assert all(of_line(profile, drivers[0])["irq"] == of_line(profile, name)["irq"] for name in drivers)
    assert sum(of_line(profile, drivers[0])["count"]) == sum(SHARED_READS.values())
    assert_nothing_differs(profile)
