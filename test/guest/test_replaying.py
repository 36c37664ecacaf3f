# SPDX-License-Identifier: GPL-2.0-only
"""Replay equals live on the other kernels, where nothing is hidden, and by both collectors: see
test/live/replays.py."""
import json
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.append(str(HERE.parent / "live"))

import replays      # noqa: E402

KERNELS = [(kernel, collector) for kernel in ("6.1", "6.1-rt", "6.12", "6.12-rt")
           for collector in ("bpf", "module")]
LOAD = ("sleep 3; build/test/load/forks --count 60 </dev/null >/dev/null; "
        "hackbench -g 1 -l 100 >/dev/null; exec cyclictest -q -t1 -p80 -i2000 -l300 >/dev/null")

# One CPU's turn is another's stop, and a stop is a cause live: longer beside another guest (3 ms were seen).
pytestmark = [pytest.mark.timeout(200), pytest.mark.alone]


@pytest.fixture(scope="module", params=KERNELS, ids="-".join)
def both(request, tmp_path_factory):
    kernel, collector = request.param
    if not (ROOT / "build/guest" / kernel / "kmod/whylate.ko").exists():
        pytest.skip(f"no guest kernel or module: make guest-kernel guest-module KERNEL={kernel}")
    out = tmp_path_factory.mktemp("guest")
    done = subprocess.run([HERE / "run", "--kernel", kernel, "--smp", "2", "--timeout", "150",
                           "--out", out, "--", "sh", "-c",
                           f"insmod build/guest/{kernel}/kmod/whylate.ko; ({LOAD}) & "
                           "exec build/test/tool/replayed 8 $GUEST_OUT/live.json $GUEST_OUT/replayed.json "
                           f"1 {collector}"],
                          cwd=ROOT, text=True, capture_output=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost 0, late 0, nonsense 0" in done.stdout + done.stderr, done.stdout + done.stderr
    return [json.loads((out / "out" / name).read_text()) for name in ("live.json", "replayed.json")]


def test_latencies(both):
    assert replays.latencies_are_the_same(both) > 3000


def test_causes(both):
    # The guest's CPUs take turns (QEMU emulates them in one thread): 0.11 to 0.13 ms were seen.
    replays.causes_differ_by_no_more_than_the_counted_skew(both, stop_ns=1_000_000)


def test_tasks(both):
    replays.tasks_are_the_same(both)


def test_cpus_rates_and_losses(both):
    replays.cpus_rates_and_losses_are_the_same(both)
