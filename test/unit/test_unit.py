# SPDX-License-Identifier: GPL-2.0-only
"""The C unit tests, each program one test here: built by make, run under their sanitizers."""
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "test/unit").glob("test_*.c"))


@pytest.mark.parametrize("name", [s.stem for s in SOURCES])
@pytest.mark.timeout(600)
def test_program_passes(name):
    done = subprocess.run([ROOT / "build/test" / name], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[  PASSED  ]" in done.stdout + done.stderr
