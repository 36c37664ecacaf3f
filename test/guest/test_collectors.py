# SPDX-License-Identifier: GPL-2.0-only
"""Both collectors at once, on the same events: every record of the one is a record of the other, in the
same order on its CPU, and every latency begins and ends at the same two events in both. So each differs
by what lies between the two probes at its ends, and by nothing else.

Nothing hides events in a guest, so there is no tolerance, but for one: where a waking meets the switch
by which its target blocks, the two collectors may see them in one order or the other.
"""
import bisect
import collections
import json
import pathlib
import statistics
import subprocess

import pytest

import chosen
from asking import ask

ROOT = pathlib.Path(__file__).resolve().parents[2]
KERNELS = chosen.kernels("6.1", "6.1-rt", "6.12", "6.12-rt")
LOAD = ("hackbench -g 1 -l 60 >/dev/null; build/test/load/forks --count 60 </dev/null >/dev/null; "
        "build/test/load/packets --count 500 --from 0 --to 1 >/dev/null; "
        "cyclictest -q -t1 -p80 -i2000 -l200 >/dev/null; dd if=/usr/bin/perf of=/dev/null bs=64k count=20 iflag=direct")
SCRIPT = f"""
insmod build/guest/$1/kmod/whylate.ko
for by in bpf module; do
	build/whylate record --collector $by -d 1h -o $GUEST_OUT/$by.why 2> $GUEST_OUT/$by.err &
done
until [ -s $GUEST_OUT/bpf.why ] && [ -s $GUEST_OUT/module.why ]; do sleep 0.1; done
sleep 0.5
{LOAD} 2>/dev/null
sleep 1
kill -TERM $(pgrep -x whylate)
wait
# Without the kernel's types there is no eBPF.
mount -t tmpfs none /sys/kernel/btf
build/whylate doctor --json $GUEST_OUT/doctor.json
umount /sys/kernel/btf
rmmod whylate
"""
# core/record.h
SWITCH, WAKING, MIGRATE, NEW, RENAMED = 1, 3, 5, 6, 8
IRQ_ENTRY, IRQ_EXIT, VECTOR_ENTRY, VECTOR_EXIT, SOFTIRQ_ENTRY, SOFTIRQ_EXIT = range(12, 18)
# An interrupt may come between the two probes of an event where interrupts are on: each of these keeps
# its order in itself.
LEVELS = ((SWITCH, WAKING, MIGRATE, IRQ_ENTRY, IRQ_EXIT, VECTOR_ENTRY, VECTOR_EXIT),
          (SOFTIRQ_ENTRY, SOFTIRQ_EXIT), (NEW, RENAMED))
OUT, VECTOR = 0x7f, 0xfff      # of a switch's extra but what changes by the moment; of a vector's body
KINDS = ("sched.wakeup", "sched.preempted", "sched.new", "sched.run", "task.response", "irq.handler",
         "irq.vector", "softirq.run")
EDGE_NS = 100_000_000
PROBES_APART_NS = 100_000   # of one event, at the median, in a guest

pytestmark = pytest.mark.timeout(200 * chosen.SLOW)

Sample = collections.namedtuple("Sample", "kind cpu begin end who")


class Recording:
    """What test/tool/samples prints of one."""

    def __init__(self, path):
        self.records, self.samples = collections.defaultdict(list), []
        out = subprocess.run([ROOT / "build/test/tool/samples", path], text=True, capture_output=True,
                             check=True).stdout
        for line in out.splitlines():
            what, *rest = line.split()
            if what == "S":
                begin, end, pid, key = map(int, rest[2:])
                self.samples.append(Sample(rest[0], int(rest[1]), begin, end, pid or key))
            elif what == "R":
                at, cpu, *event = map(int, rest)
                self.records[cpu].append((at, *event))
            else:
                self.begin, self.end = map(int, rest)


def identity(record):
    """What both collectors must say of an event."""
    _, kind, a, b, extra, body = record
    if kind == SWITCH:
        return kind, a, b, extra & OUT
    if kind in (WAKING, MIGRATE, NEW, RENAMED):
        return kind, a, b
    if kind in (VECTOR_ENTRY, VECTOR_EXIT):
        return kind, body & VECTOR
    return kind, a


@pytest.fixture(scope="module", params=KERNELS)
def out(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("guest")
    ask(folder, request.param, "sh", "-ec", SCRIPT, "sh", request.param)
    return folder / "out"


@pytest.fixture(scope="module")
def both(out):
    return [Recording(out / f"{name}.why") for name in ("bpf", "module")]


def both_measured(both):
    return max(r.begin for r in both) + EDGE_NS, min(r.end for r in both) - EDGE_NS


def nearest(records, wanted):
    same = [i for i, r in enumerate(records) if identity(r) == identity(wanted)]
    return min(same, key=lambda i: abs(records[i][0] - wanted[0]))


def pairs(both, cpu, level):
    """[(eBPF's record, the module's)] of one CPU, from one event to another that both have."""
    begin, end = both_measured(both)
    ours, theirs = ([r for r in recording.records[cpu] if r[1] in level] for recording in both)
    span = [i for i, r in enumerate(ours) if begin < r[0] < end]
    if not span:
        return []
    first, last = (nearest(theirs, ours[i]) for i in (span[0], span[-1]))
    ours, theirs = ours[span[0]:span[-1] + 1], theirs[first:last + 1]
    assert [identity(r) for r in ours] == [identity(r) for r in theirs]
    return list(zip(ours, theirs))


def all_pairs(both):
    return [(cpu, pair) for cpu in both[0].records for level in LEVELS for pair in pairs(both, cpu, level)]


def test_each_record_of_one_is_a_record_of_the_other_in_the_same_order(both):
    counted = collections.Counter(ours[1] for _, (ours, _) in all_pairs(both))
    apart = statistics.median(abs(theirs[0] - ours[0]) for _, (ours, theirs) in all_pairs(both))
    print("records of each type", dict(counted), f"{apart / 1000:.1f} us apart")
    assert apart < PROBES_APART_NS
    assert counted[SWITCH] > 2000 and counted[WAKING] > 1000 and counted[NEW] >= 60
    assert counted[SOFTIRQ_ENTRY] > 500 and counted[VECTOR_ENTRY] > 200 and counted[IRQ_ENTRY] >= 20


def samples_of(both, side):
    begin, end = both_measured(both)
    return [s for s in both[side].samples if begin + EDGE_NS < s.begin and s.end < end - EDGE_NS]


def test_each_latency_begins_and_ends_at_the_same_events_in_both(both):
    matched = sorted((ours[0], theirs[0]) for _, (ours, theirs) in all_pairs(both))
    times = [ours for ours, _ in matched]
    theirs = {(s.kind, s.who, s.begin, s.end) for s in both[1].samples}
    apart, crossed, counted = [], 0, collections.Counter()

    def translate(at):
        i = bisect.bisect_left(times, at)
        return {b for a, b in matched[i:i + 8] if a == at}

    for s in samples_of(both, 0):
        if s.kind not in KINDS:
            continue
        counted[s.kind] += 1
        same = [(b, e) for b in translate(s.begin) for e in translate(s.end) if (s.kind, s.who, b, e) in theirs]
        if same:
            apart.append(min(abs((e - b) - (s.end - s.begin)) for b, e in same))
        else:
            crossed += 1
    print(dict(counted), f"{statistics.median(apart) / 1000:.1f} us apart, at most "
          f"{max(apart) / 1000:.1f}; {crossed} met a switch")
    assert statistics.median(apart) < PROBES_APART_NS
    assert all(counted[kind] for kind in KINDS), counted
    assert crossed <= sum(counted.values()) * 0.002


def raised_between_probes(both, side):
    """Waits of softirqs raised by an interrupt between the two probes of their last run's entry: new for the
    collector that had seen it, part of that run for the other, which has no such wait."""
    waits = [{(s.cpu, s.end): s for s in recording.samples if s.kind == "softirq.wait"} for recording in both]
    found, last = set(), {}
    for cpu, pair in all_pairs(both):
        if pair[0][1] != SOFTIRQ_ENTRY:
            continue
        wait, other = (waits[i].get((cpu, pair[i][0])) for i in (side, 1 - side))
        probes = last.get((cpu, pair[0][2]))
        if wait and not other and probes and min(probes) <= wait.begin <= max(probes):
            found.add(wait)
        last[cpu, pair[0][2]] = [record[0] for record in pair]
    return found


def test_counts_are_the_same(both):
    """Of latencies that ended between two events that both have, far from the edges."""
    ours, theirs = (collections.Counter((s.kind, s.who) for s in set(samples_of(both, side)) -
                                        raised_between_probes(both, side)) for side in (0, 1))
    off = {key: (ours[key], theirs[key]) for key in ours | theirs if ours[key] != theirs[key]}
    # One that lies at the window's edge for one collector and outside for the other.
    assert sum(abs(a - b) for a, b in off.values()) <= 8, off


def test_the_doctor_tells_of_the_module_where_ebpf_can_not(out):
    found = json.loads((out / "doctor.json").read_text())
    assert found["whylate"]["collector"] == "module"
    exactness = {kind["kind"]: kind["exactness"] for kind in found["kinds"]}
    assert exactness["sched.wakeup"] == "exact" and exactness["irqsoff"] == "observed"
