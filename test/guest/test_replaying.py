# SPDX-License-Identifier: GPL-2.0-only
"""Replay equals live on the other kernels, where nothing is hidden, and by both collectors: see
test/live/replays.py."""
import json
import pathlib
import sys

import pytest

from asking import ask

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "live"))

import replays      # noqa: E402

KERNELS = ("6.1", "6.1-rt", "6.12", "6.12-rt")
LOAD = ("sleep 3; build/test/load/forks --count 60 </dev/null >/dev/null; "
        "hackbench -g 1 -l 100 >/dev/null; exec cyclictest -q -t1 -p80 -i2000 -l300 >/dev/null")

pytestmark = pytest.mark.timeout(200)


@pytest.fixture(scope="module", params=KERNELS)
def out(request, tmp_path_factory):
    """Folder of what the guest left."""
    kernel = request.param
    folder = tmp_path_factory.mktemp("guest")
    done = ask(folder, kernel, "sh", "-ec", f"insmod build/guest/{kernel}/kmod/whylate.ko; for by in bpf module; do "
               f"({LOAD}) & "
               "build/test/tool/replayed 7 $GUEST_OUT/$by-live.json $GUEST_OUT/$by-replayed.json 1 $by; wait; done")
    assert (done.stdout + done.stderr).count("lost 0, late 0, nonsense 0") == 2, done.stdout + done.stderr
    return folder / "out"


@pytest.fixture(params=("bpf", "module"))
def both(request, out):
    """Of one collector: live and replayed."""
    return [json.loads((out / f"{request.param}-{name}.json").read_text()) for name in ("live", "replayed")]


def test_latencies(both):
    assert replays.latencies_are_the_same(both) > 3000


def test_causes(both):
    # The guest's CPUs take turns (QEMU emulates them in one thread): 0.11 to 0.13 ms were seen.
    replays.causes_differ_by_no_more_than_the_counted_skew(both, stop_ns=1_000_000)


def test_tasks(both):
    replays.tasks_are_the_same(both)


def test_cpus_rates_and_losses(both):
    replays.cpus_rates_and_losses_are_the_same(both)
