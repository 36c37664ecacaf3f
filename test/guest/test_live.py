# SPDX-License-Identifier: GPL-2.0-only
"""The live suite where nothing hides events: in a guest of eight CPU numbers it runs strict, so
every count of known work must be exact and nothing may be lost.

Left out is what asserts microseconds or a fast machine: an emulated guest has neither.
"""
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Several, since two guests run at a time. An interrupt's load spins on one CPU while it waits for
# another, which takes long where all CPUs are one thread of the emulator's: four of them are enough.
RUNS = {
    "switches": (8, "6", ["test_switches", "test_rows", "test_forks"]),
    "moves": (8, "6", ["test_migration", "test_reconciliation"]),
    "interrupts": (4, "", ["test_irq_counts", "test_irq_delivery", "test_irq_work"]),
}
SCALE = {"WHYLATE_STRICT": "1", "WHYLATE_SLOW": "4", "WHYLATE_FORKS": "300", "WHYLATE_SWITCHES": "10000",
         "WHYLATE_PACKETS": "20000", "WHYLATE_CALLS": "1000", "WHYLATE_SIGNALS": "10000",
         "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("what", RUNS)
def test_live_suite_is_strict_in_a_guest(what):
    smp, offline, files = RUNS[what]
    if not (ROOT / "build/guest/6.12/vmlinuz").exists():
        pytest.skip("no guest kernel: make guest-kernel")
    command = ["env", *(f"{k}={v}" for k, v in SCALE.items()), "/usr/bin/python3", "-m", "pytest", "-q", "-rs",
               "-p", "no:cacheprovider", *(f"test/live/{name}.py" for name in files)]
    done = subprocess.run([HERE / "run", "--smp", str(smp), "--offline", offline, "--memory", "3072",
                           "--timeout", "1100", "--", *command], cwd=ROOT, text=True, capture_output=True,
                          timeout=1180, env={k: v for k, v in os.environ.items() if k != "CI"})
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " failed" not in done.stdout.replace(" 0 failed", "")
    assert "SKIPPED" not in done.stdout
