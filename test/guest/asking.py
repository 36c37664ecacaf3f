# SPDX-License-Identifier: GPL-2.0-only
"""A guest is asked to do something: what a fixture says of it is what, and in which kernel."""
import pathlib
import subprocess

import pytest

import chosen

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MODULE = "kmod/whylate.ko"


def ask(folder, kernel, *command, needs=MODULE, options=(), timeout=150):
    """Runs `command` in a guest of two CPUs, or as `options` of test/guest/run say, which leaves folder/out. What it
    said, if it did all of it. Skips where this kernel's `needs` is not built; in CI that fails."""
    if not (ROOT / "build/guest" / kernel / needs).exists():
        pytest.skip(f"no {needs} of {kernel} here: make guest-build")
    seconds = timeout * chosen.SLOW
    done = subprocess.run([HERE / "run", "--kernel", kernel, "--timeout", str(seconds), "--out", folder, *options, "--",
                           *command], cwd=ROOT, text=True, capture_output=True, timeout=seconds + 30)
    assert done.returncode == 0, done.stdout + done.stderr
    return done
