# SPDX-License-Identifier: GPL-2.0-only
"""`stalls` on the other kernels: every section that was made and is longer than the period is found,
its interval holds it, its code is named; what the kernel can't tell is said."""
import json
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "test/live"))
import stall_truth  # noqa: E402

# The lock of a task's signals turns no interrupts off on PREEMPT_RT.
KERNELS = {"6.1": "irqs-off", "6.12-rt": "rq-lock"}
# A guest's CPUs take turns on one here, so its own lateness is milliseconds.
COMMAND = ("build/whylate stalls -d 14s --over 4ms --probe 500 --json $GUEST_OUT/stalls.json >&2 & sleep 3; "
           "taskset -c 1 sh -c 'while :; do :; done' & "
           "build/whylate lab inject {kind} --length 12ms --every 73ms --cpu 1 -d 9s "
           "--json $GUEST_OUT/labels.json >/dev/null; kill %2; wait %1")
AROUND_NS = 3_000_000

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module", params=KERNELS)
def found(request, tmp_path_factory):
    """(report, labels, what they are of)"""
    kind = KERNELS[request.param]
    if not (ROOT / "build/guest" / request.param / "vmlinuz").exists():
        pytest.skip(f"no guest kernel: make guest-kernel KERNEL={request.param}")
    out = tmp_path_factory.mktemp("guest")
    done = subprocess.run([HERE / "run", "--kernel", request.param, "--smp", "2", "--timeout", "90",
                           "--out", out, "--", "bash", "-c",
                           COMMAND.replace("{kind}", kind)], cwd=ROOT, text=True,
                          capture_output=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "preemptoff: n/a, the kernel has no sched_set_need_resched_tp" in done.stderr
    labels = [json.loads(line) for line in (out / "out/labels.json").read_text().splitlines()]
    return json.loads((out / "out/stalls.json").read_text()), labels, kind


def test_what_was_made_is_found_held_and_named(found):
    report, labels, kind = found
    assert len(labels) > 60
    sections = [x for x in report["sections"] if x["cpu"] == 1]
    pairs = [(label, x) for label in labels for x in sections
             if label["end_ns"] - 5000 <= x["end_ns"] <= label["end_ns"] + AROUND_NS]
    assert len({label["end_ns"] for label, _ in pairs}) >= 0.95 * len(labels)
    held = [x["end_ns"] - x["most_ns"] <= label["begin_ns"] and
            x["least_ns"] <= label["end_ns"] - label["begin_ns"] + AROUND_NS for label, x in pairs]
    assert sum(held) >= 0.95 * len(pairs)
    named = [bool(stall_truth.FUNCTIONS[kind] & set(report["stalls"][x["stall"]]["stack"][:3]))
             for _, x in pairs]
    assert sum(named) >= 0.9 * len(pairs)
    assert report["preemptoff"] is None and report["preemptoff_why"]
