# SPDX-License-Identifier: GPL-2.0-only
"""The other kernels: every program loads, every count equals the kernel's, nothing is lost."""
import json

import pytest

from asking import ask
from losses import other_losses

PACKETS = 10_000
FORKS = 500
# Kinds that a kernel has no events for; all others must have samples, but those of threads where
# nothing is threaded.
LACKS = {"6.1": {"irq.delivery.ipi", "irq.thread"}, "6.1-rt": {"irq.delivery.ipi"}, "6.12-rt": set()}
LOAD = ("cat /usr/bin/perf > /dev/null; echo 3 > /proc/sys/vm/drop_caches; cat /usr/bin/perf > /dev/null; "
        f"build/test/load/forks --count {FORKS}; exec build/test/load/packets --count {PACKETS} --from 0 --to 1")

pytestmark = pytest.mark.timeout(200)


@pytest.fixture(scope="module", params=LACKS)
def found(request, tmp_path_factory):
    """(flavour, the profile's document) of one kernel."""
    out = tmp_path_factory.mktemp("guest")
    ask(out, request.param, "sh", "-c", 'exec build/whylate profile --json $GUEST_OUT/profile.json -- sh -c "$1"', "sh",
        LOAD, needs="vmlinuz", options=["--smp", "4"])
    return request.param, json.loads((out / "out/profile.json").read_text())


def test_every_count_equals_the_kernels(found):
    _, profile = found
    for row in profile["reconciliation"]:
        if row["kernel"] is not None:
            assert row["difference"] == 0 and row["lost"] == 0, row
    flood, = [row for row in profile["reconciliation"]
              if row["what"] == "softirq NET_RX" and row["cpu"] is None]
    assert flood["kernel"] >= PACKETS


def test_nothing_is_lost(found):
    _, profile = found
    lost = other_losses(profile)
    # The guest's CPUs take turns on one of ours, so one may stand still inside a write.
    torn = lost.pop("torn_read", 0)
    assert not lost, lost
    waits = sum(row["count"] for row in profile["latencies"]
                if "causes" in row and row["cpu"] is None)
    assert torn * 1000 <= waits


def test_every_kind_that_has_events_has_samples(found):
    flavour, profile = found
    seen = {row["kind"] for row in profile["latencies"] if row["count"]}
    kinds = {row["kind"] for row in profile["latencies"]}
    silent = kinds - seen - LACKS[flavour]
    assert silent <= {"task.relief", "sched.preempted"}, silent


def test_causes_sum(found):
    _, profile = found
    for row in (row for row in profile["latencies"] if "causes" in row):
        assert sum(row["causes"].values()) == row["sum_ns"]
