# SPDX-License-Identifier: GPL-2.0-only
"""`stalls` on the other kernels, by both collectors at once: every section that was made and is longer
than the period is found, its interval holds it, its code is named; what the kernel can't tell is said."""
import json
import pathlib
import sys

import pytest

from asking import ask

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/live"))
import stall_truth  # noqa: E402

# The lock of a task's signals turns no interrupts off on PREEMPT_RT.
COLLECTORS = ("bpf", "module")
KERNELS = {"6.1": "irqs-off", "6.12-rt": "rq-lock"}
# A guest's CPUs take turns on one here, so its own lateness is milliseconds.
COMMAND = """insmod build/guest/{kernel}/kmod/whylate.ko || exit
look="build/whylate stalls --over 4ms --probe 500 --json $GUEST_OUT"
taskset -c 1 sh -c 'while :; do :; done' & loop=$!
$look/bpf.json --collector bpf -- $look/module.json --collector module -- build/whylate lab inject {kind} \
    --length 12ms --every 73ms --cpu 1 -d 9s --json $GUEST_OUT/labels.json >&2 || exit
kill $loop
rmmod whylate"""
AROUND_NS = 3_000_000

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module", params=KERNELS)
def both(request, tmp_path_factory):
    """({collector: report}, labels, what they are of)"""
    kernel, kind = request.param, KERNELS[request.param]
    out = tmp_path_factory.mktemp("guest")
    done = ask(out, kernel, "bash", "-c", COMMAND.replace("{kind}", kind).replace("{kernel}", kernel), timeout=100)
    assert done.stderr.count("preemptoff: n/a, the kernel has no sched_set_need_resched_tp") == 2
    labels = [json.loads(line) for line in (out / "out/labels.json").read_text().splitlines()]
    return {by: json.loads((out / f"out/{by}.json").read_text()) for by in COLLECTORS}, labels, kind


@pytest.fixture(params=COLLECTORS)
def found(request, both):
    return both[0][request.param], both[1], both[2]


def pairs_of(report, labels):
    """(label, the first section that holds it). One made within a handler ends as that one does."""
    sections = sorted((x for x in report["sections"] if x["cpu"] == 1), key=lambda x: x["end_ns"])
    for label in labels:
        held = [x for x in sections if x["end_ns"] - x["most_ns"] <= label["begin_ns"] and
                x["end_ns"] >= label["end_ns"] - 5000]
        if held:
            yield label, held[0]


def is_exact(report, section):
    return report["stalls"][section["stall"]]["exactness"] == "exact"


def test_what_was_made_is_found_held_and_named(found):
    report, labels, kind = found
    assert len(labels) > 60
    pairs = list(pairs_of(report, labels))
    assert len(pairs) >= 0.95 * len(labels)
    late = [x["least_ns"] - (label["end_ns"] - label["begin_ns"]) for label, x in pairs
            if not is_exact(report, x)]
    assert sum(ns <= AROUND_NS for ns in late) >= 0.95 * len(late)
    named = [bool(stall_truth.FUNCTIONS[kind] & set(report["stalls"][x["stall"]]["stack"][:3]))
             for _, x in pairs]
    assert sum(named) >= 0.9 * len(pairs)
    assert report["preemptoff"] is None and report["preemptoff_why"]


def test_both_say_the_same_of_the_same_section(both):
    reports, labels, _ = both
    assert [reports[by]["whylate"]["collector"] for by in COLLECTORS] == list(COLLECTORS)
    one, other = ({label["end_ns"]: (report["stalls"][x["stall"]]["stack"], x["end_ns"])
                   for label, x in pairs_of(report, labels)} for report in reports.values())
    shared = one.keys() & other.keys()
    assert len(shared) >= 0.95 * len(labels)
    apart = sorted(abs(one[end][1] - other[end][1]) for end in shared)
    same = [one[end][0] == other[end][0] for end in shared]
    print(f"{len(shared)} sections by both: ends {apart[len(apart) // 2]} ns apart, at most {apart[-1]}; "
          f"{sum(same)} with the same stack")
    assert sum(same) >= 0.95 * len(shared)
    # One's hook comes after the other's, which takes a stack first: 86 to 100 us, emulated.
    assert apart[len(apart) // 2] < 1_000_000
