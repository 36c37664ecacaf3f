# SPDX-License-Identifier: GPL-2.0-only
"""A live test needs root and what `make` builds; without them it fails, it is not passed over."""

import os

import pytest

from whylate import LOADS, PROGRAM, Measurement


@pytest.fixture(scope="session", autouse=True)
def ready():
    if os.geteuid() != 0:
        pytest.exit("live tests measure this machine: run them as root", returncode=1)
    missing = [path for path in (PROGRAM, LOADS / "pingpong") if not path.exists()]
    if missing:
        pytest.exit(f"not built: {', '.join(map(str, missing))} (make first)", returncode=1)


@pytest.fixture
def measure(tmp_path):
    """Makes measurements, each in a folder of its own."""
    made = []

    def make(*args, **options):
        made.append(None)
        return Measurement(tmp_path / str(len(made)), *args, **options)

    return make
