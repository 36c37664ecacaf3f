# SPDX-License-Identifier: GPL-2.0-only
"""Our counts against the kernel's, under the load most likely to part them."""

import os
import subprocess

import soundness
from whylate import CPUS, STRICT, Load, limit, total_switches

pytestmark = limit(240)

NR_SWITCHES = int(os.environ.get("WHYLATE_SWITCHES", "1000000"))


def hackbench_until(nr_switches):
    """Run hackbench until the machine has switched so often."""
    begin = total_switches()
    while total_switches() - begin < nr_switches:
        subprocess.run(["hackbench", "-P", "-p", "-g", "2", "-l", str(nr_switches // 250)], check=True,
                       stdout=subprocess.DEVNULL)


def test_a_million_switches_reconcile_with_the_kernel_on_every_cpu(measure):
    outer = total_switches()
    with measure() as measurement, Load("udpflood", **{"for": "3s"}) as flood:
        inner = total_switches()
        hackbench_until(NR_SWITCHES)
        flood.tally()
        inner = total_switches() - inner
        report = measurement.finish()
    outer = total_switches() - outer

    rows = [report.reconciliation(cpu) for cpu in CPUS]
    whole = report.reconciliation()
    soundness.assert_sound(report, strict=STRICT)
    for row in [*rows, whole]:
        assert row["kernel"] - row["whylate"] == row["difference"] == row["lost"], row
        assert row["kernel"] > 0
    for field in ("kernel", "whylate", "lost", "difference"):
        assert sum(row[field] for row in rows) == whole[field], field
    assert inner <= whole["kernel"] <= outer, "the kernel's count is not that of /proc/stat"
    assert inner >= NR_SWITCHES
    if STRICT:
        assert whole["lost"] == 0
    else:
        assert whole["lost"] <= whole["kernel"] * 0.001, "more lost than this machine hides"


def test_every_switch_counted_belongs_to_a_task_or_to_idle(measure):
    """Tasks' switches, voluntary or not, can't be more than all switches."""
    with measure() as measurement, Load("pingpong", rounds=20000) as pingpong:
        pingpong.tally()
        report = measurement.finish()
    of_tasks = sum(t["switches_voluntary"] + t["switches_involuntary"] for t in report["tasks"])
    assert 40000 <= of_tasks <= report.reconciliation()["whylate"]
