# SPDX-License-Identifier: GPL-2.0-only
"""The core compiles as part of a kernel module, and decides there what it decides elsewhere."""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADERS = ROOT / "build/guest/6.12/headers"


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    if not (HEADERS / "Makefile").exists():
        pytest.skip("no kernel headers: make guest-headers")
    folder = tmp_path_factory.mktemp("form")
    for name in ("Kbuild", "main.c"):
        shutil.copy(ROOT / "test/kernel_form" / name, folder)
    shutil.copytree(ROOT / "core", folder / "include/core")
    for source in (ROOT / "core").glob("*.c"):
        shutil.copy(source, folder)
    done = subprocess.run(["make", "-s", "-C", HEADERS, f"M={folder}", "modules"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "whycore.ko"


@pytest.mark.timeout(300)
def test_core_compiles_as_part_of_a_module_without_a_warning(module):
    assert module.exists()
    needed = subprocess.run(["nm", "-u", module], capture_output=True, text=True, check=True).stdout
    assert "why_" not in needed


@pytest.mark.timeout(300)
def test_module_loads_in_a_guest_and_decides_the_same(module):
    done = subprocess.run([ROOT / "test/guest/run", "--smp", "2", "--timeout", "90", "--",
                           "sh", "-c", f"insmod {module} && rmmod whycore && echo decided"],
                          cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "decided" in done.stdout
