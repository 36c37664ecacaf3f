# SPDX-License-Identifier: GPL-2.0-only
"""Needs root and a built program; checks after every test that nothing is left in the kernel."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "schema")]

import kernel_objects       # noqa: E402
import program              # noqa: E402


def pytest_collection_modifyitems(items):
    for item in items:
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(30))


@pytest.fixture(autouse=True)
def nothing_is_left(request):
    """eBPF programs, maps and links after a test are those from before it."""
    if request.node.get_closest_marker("no_program"):
        yield
        return
    if os.geteuid() != 0:
        pytest.skip("needs root")
    assert os.access(program.PATH, os.X_OK), f"{program.PATH} is missing: make builds it"
    before = kernel_objects.ids()
    yield
    left = kernel_objects.left_since(before, program.STARTED)
    assert not left, f"left in the kernel: {sorted(left)}"


@pytest.fixture
def place():
    """A folder that anybody may enter, gone afterwards."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="place-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def child():
    """Starts other programs; ends them, and only them."""
    started = []

    def start(*command, **popen):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True,
                                   **({"stdout": subprocess.DEVNULL} | popen))
        started.append(process)
        return process

    yield start
    for process in started:
        try:
            os.killpg(process.pid, 9)
        except ProcessLookupError:
            pass
        process.wait()
        for pipe in filter(None, (process.stdout, process.stderr)):
            pipe.close()


def pytest_configure(config):
    config.addinivalue_line("markers", "no_program: does not start the program")
