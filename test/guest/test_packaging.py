# SPDX-License-Identifier: GPL-2.0-only
"""The module's packages: DKMS builds it from what `make install-dkms` lays down, for a guest's kernel; and
the command that Buildroot's kernel-module infrastructure runs builds it from a copy of the tree.
"""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
KERNEL = ROOT / "build/guest/6.12"

pytestmark = pytest.mark.timeout(200)


def run(*command, **options):
    done = subprocess.run(command, text=True, capture_output=True, timeout=180, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def vermagic(module):
    return run("/usr/sbin/modinfo", "-F", "vermagic", module)


@pytest.fixture
def headers():
    if not (KERNEL / "headers/Makefile").exists():
        pytest.skip("no guest headers: make guest-headers")
    return (KERNEL / "headers").resolve()


def test_dkms_builds_the_module(headers, tmp_path):
    if not shutil.which("dkms", path="/usr/sbin:/usr/bin"):
        pytest.skip("no dkms here (make deps check)")
    run("make", "-s", "install-dkms", f"DESTDIR={tmp_path}", cwd=ROOT)
    source, = (tmp_path / "usr/src").iterdir()
    name, _, version = source.name.rpartition("-")
    tree = tmp_path / "tree"
    tree.mkdir()
    release = (KERNEL / "release").read_text().strip()
    places = ("--sourcetree", tmp_path / "usr/src", "--dkmstree", tree)
    run("/usr/sbin/dkms", "add", *places, f"{name}/{version}")
    run("/usr/sbin/dkms", "build", *places, "-k", release, "--kernelsourcedir", headers, f"{name}/{version}")
    built, = tree.rglob("whylate.ko*")
    assert vermagic(built).startswith(release)


def test_buildroots_command_builds_the_module(headers, tmp_path):
    package = (ROOT / "packaging/buildroot/package/whylate/whylate.mk").read_text()
    folder = next(line.split("= ")[1] for line in package.splitlines() if "MODULE_SUBDIRS" in line)
    options = next(line.split("= ")[1] for line in package.splitlines() if "MODULE_MAKE_OPTS" in line)
    for room in ("kmod", "hooks", "core", "abi", "compat"):
        shutil.copytree(ROOT / room, tmp_path / room)
    run("make", "-C", headers, options.replace("$(@D)", str(tmp_path)), f"M={tmp_path / folder}",
        f"PWD={tmp_path / folder}", "modules")
    assert (tmp_path / folder / "whylate.ko").exists()
