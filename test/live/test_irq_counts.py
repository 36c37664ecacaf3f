# SPDX-License-Identifier: GPL-2.0-only
"""Interrupts and softirqs counted by us and by the kernel, under a known number of packets."""

import os
import pathlib

import pytest

import soundness
from whylate import CPU, CPUS, STRICT, Load, Measurement, limit

pytestmark = limit(240)

NR_PACKETS = int(os.environ.get("WHYLATE_PACKETS", "1000000"))

# Rows of a reconciliation, by their label in /proc/interrupts.
LABELS = {"LOC": "vector local_timer", "RES": "vector reschedule", "IWI": "vector irq_work",
          "CAL": "vectors call_function, _single"}


def read_counts(path):
    """{label: {cpu: count}} of a file in the form of /proc/interrupts."""
    head, *lines = pathlib.Path(path).read_text().splitlines()
    cpus = [int(name.removeprefix("CPU")) for name in head.split()]
    counts = {}
    for label, *words in map(str.split, lines):
        numbers = [int(word) for word in words[:len(cpus)] if word.isdigit()]
        if len(numbers) == len(cpus):  # ERR and MIS have one for all
            counts[label.rstrip(":")] = dict(zip(cpus, numbers))
    return counts


def kernel_counts():
    """{(what of a reconciliation, cpu): count since boot}, read beside us."""
    interrupts, counts = read_counts("/proc/interrupts"), {}
    for label, row in interrupts.items():
        what = f"line {label}" if label.isdigit() else LABELS.get(label)
        counts |= {(what, cpu): count for cpu, count in row.items() if what}
    for label, row in read_counts("/proc/softirqs").items():
        counts |= {(f"softirq {label}", cpu): count for cpu, count in row.items()}
    for cpu in CPUS:
        counts["all lines", cpu] = sum(r[cpu] for n, r in interrupts.items() if n.isdigit())
    return counts


def grown(before):
    return {key: count - before[key] for key, count in kernel_counts().items() if key in before}


@pytest.fixture(scope="module", params=["loopback", "veth"])
def flooded(request, tmp_path_factory):
    """(report, the load's tally, the kernel's counts from within the measurement, and from around)."""
    ends = {"from": CPU, "to": CPUS[0], "veth": request.param == "veth"}
    with Load("packets", waits_for_go=True, count=NR_PACKETS, **ends) as load:
        outer = kernel_counts()
        with Measurement(tmp_path_factory.mktemp(request.param)) as measurement:
            inner = kernel_counts()
            packets = load.go().tally()
            inner = grown(inner)
            report = measurement.finish()
        outer = grown(outer)
    assert packets["sent"] == NR_PACKETS
    return report, packets, inner, outer


def row(report, what, cpu):
    found = [r for r in report["reconciliation"] if (r["what"], r["cpu"]) == (what, cpu)]
    assert len(found) == 1, f"{len(found)} rows for {what} on CPU {cpu}"
    return found[0]


def test_in_every_row_the_difference_is_what_we_say_was_lost(flooded):
    report, *_ = flooded
    soundness.assert_reconciled(report, strict=STRICT)
    told = {r["what"] for r in report["reconciliation"] if r["kernel"] is not None}
    assert {"context switches", "all lines", "softirq NET_RX", *LABELS.values()} <= told


def test_every_packet_is_a_softirq_on_its_senders_cpu(flooded):
    report, packets, *_ = flooded
    net_rx = row(report, "softirq NET_RX", CPU)
    assert net_rx["kernel"] >= packets["sent"]
    assert net_rx["whylate"] >= packets["sent"] - net_rx["lost"]


def test_the_kernels_counts_are_those_anybody_reads_in_proc(flooded):
    report, _, inner, outer = flooded
    for (what, cpu), least in inner.items():
        kernel = row(report, what, cpu)["kernel"]
        assert least <= kernel <= outer[what, cpu], f"{what} on CPU {cpu}"


def test_the_cpus_make_up_the_whole(flooded):
    report, *_ = flooded
    for whole in (r for r in report["reconciliation"] if r["cpu"] is None):
        parts = [r for r in report["reconciliation"]
                 if r["what"] == whole["what"] and r["cpu"] is not None]
        assert {r["cpu"] for r in parts} >= set(CPUS), whole
        for field in ("kernel", "whylate", "lost", "difference"):
            if whole[field] is not None:
                assert sum(r[field] for r in parts) == whole[field], f"{field} of {whole}"


def test_the_counts_of_a_line_a_vector_or_a_softirq_are_those_reconciled(flooded):
    report, *_ = flooded
    names = {"call_function": "vectors call_function, _single"}
    for source in report["interrupts"]:
        kind = next(kind for kind in ("softirq", "vector", "irq") if source.get(kind) is not None)
        name = source[kind]
        what = f"line {name}" if kind == "irq" else names.get(name, f"{kind} {name}")
        for cpu in CPUS:
            assert source["count"][cpu] == row(report, what, cpu)["whylate"], f"{what} on {cpu}"


def test_the_floods_rate_is_told(flooded):
    report, packets, *_ = flooded
    net_rx = next(s for s in report["interrupts"] if s.get("softirq") == "NET_RX")
    # Windows of 0.1 s hold the flood, of which the first and the last may hold little: one has this or more.
    least = packets["sent"] / ((packets["end_ns"] - packets["begin_ns"]) / 1e9 + 0.2)
    assert net_rx["rate_max_per_cpu"][CPU] >= least


def test_what_comes_as_often_as_a_storm_is_marked_as_one(flooded):
    """A slow machine's flood is none, or one by its share of the CPU."""
    report, *_ = flooded
    for source in report["interrupts"]:
        assert source["storm"] or max(filter(None, source["rate_max_per_cpu"]), default=0) <= 20000, source
    # Each window of one had so many, or took so much of the CPU; so of their sums these parts are one or more.
    for storm in report["storms"]:
        assert storm["count"] * 1e9 / 20000 + storm["busy_ns"] / 0.2 > storm["span_ns"], storm
