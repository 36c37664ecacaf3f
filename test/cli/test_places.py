# SPDX-License-Identifier: GPL-2.0-only
"""Places where nothing can be measured: exit 77, one line that says why, at once."""
import pathlib
import shutil
import subprocess
import sys

import program
import pytest
import validator
from program import run
from verdict import refused, usage

HERE = pathlib.Path(__file__).resolve().parent
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
NO_CAPABILITY = ("capsh", "--drop=cap_sys_admin,cap_bpf,cap_perfmon", "--", "-c",
                 'exec "$0" "$@"')
NO_BTF = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /sys/kernel/btf && exec "$0" "$@"')
NO_BPF = (sys.executable, str(HERE / "refuse_bpf.py"))
PLACES = {
    "no root": (NOBODY, ("root",)),
    "root without its capabilities": (NO_CAPABILITY, ("cap_",)),
    "no BTF": (NO_BTF, ("btf",)),
    "bpf refused": (NO_BPF, ("bpf",)),
}
ALL = pytest.mark.parametrize("name", PLACES)


@pytest.fixture(autouse=True)
def copy_that_anybody_may_run(monkeypatch, place, request):
    if not request.node.get_closest_marker("no_program"):
        shutil.copy(program.PATH, place / "whylate")
        (place / "whylate").chmod(0o755)
        monkeypatch.setattr(program, "PATH", str(place / "whylate"))


@ALL
@pytest.mark.parametrize("arguments", ((), ("profile", "--json", "-"), ("--collector", "bpf"),
                                       ("--collector", "auto", "-k", "sched.run")))
def test_a_profile_is_refused_with_77_and_one_clear_line(name, arguments):
    wrap, words = PLACES[name]
    refused(run(*arguments, "-d", "1s", wrap=wrap), 77, *words)


@ALL
def test_the_command_is_not_started(name, place):
    (place / "open").mkdir()
    (place / "open").chmod(0o777)
    refused(run("--", "touch", str(place / "open" / "started"), wrap=PLACES[name][0]), 77)
    assert not (place / "open" / "started").exists()


@ALL
def test_the_json_file_is_not_left_behind_half_done(name, place):
    (place / "open").mkdir()
    (place / "open").chmod(0o777)
    refused(run("-d", "1s", "--json", str(place / "open" / "out"), wrap=PLACES[name][0]), 77)
    file = place / "open" / "out"
    assert not file.exists() or file.stat().st_size == 0


@ALL
def test_a_usage_error_is_a_usage_error_there_too(name):
    usage(run("-d", "10", wrap=PLACES[name][0]), hint=True)
    usage(run("frobnicate", wrap=PLACES[name][0]), "frobnicate")


@ALL
def test_help_and_version_work_there(name):
    for option in ("--help", "--version"):
        result = run(option, wrap=PLACES[name][0])
        assert (result.code, result.err) == (0, b"") and result.out


@ALL
def test_doctor_says_why(name):
    wrap, words = PLACES[name]
    result = run("doctor", "--json", "-", wrap=wrap)
    assert result.code in (0, 77) and result.err == b"", result
    document = validator.parse(result.out)
    assert validator.complaints(document, "doctor") == []
    assert not any(kind["available"] for kind in document["kinds"])
    failed = " ".join(f"{check['what']} {check['detail']}" for check in document["checks"]
                      if not check["ok"]).lower()
    assert all(word in failed for word in words), failed


@pytest.mark.no_program
@pytest.mark.parametrize("name,proof", (
    ("no root", 'test "$(id -u)" = 65534'),
    ("root without its capabilities",
     'test "$(id -u)" = 0 && ! mount -t tmpfs none /mnt 2>/dev/null'),
    ("no BTF", "test ! -e /sys/kernel/btf/vmlinux"),
    ("bpf refused", "! bpftool prog show 2>/dev/null")))
def test_the_place_is_what_its_name_says(name, proof):
    subprocess.run([*PLACES[name][0], "/bin/sh", "-c", proof], check=True, timeout=10)
