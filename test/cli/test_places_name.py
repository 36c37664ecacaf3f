# SPDX-License-Identifier: GPL-2.0-only
"""Hostile names of commands and cgroups, and where colour may be: JSON stays valid, text clean."""
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import time

import pytest
import semantics
import validator
from program import STARTED, environment, run, start
from verdict import ESCAPES, document, reported

HERE = pathlib.Path(__file__).resolve().parent
NAMES = (b"a\nFAKE 1\tb", b'"},{"pid":1,', b"\\\\u0000\\\\\"\\\\", b"\x1b[31mred\x1b[0m",
         b"\xff\xfe\xc0\x80ok", b"\x01\x02\x07\x08\x7f\r", b"\xe2\x82", b"\xc2\x9b31m", b"%s%n%d%x",
         b"\xf0\x9f\x90\xa7", b"", b" ", b"null", b"\xed\xa0\x80x")
ALL = pytest.mark.parametrize("name", NAMES, ids=lambda name: name.hex() or "empty")
C1 = re.compile("[\x80-\x9f]")
COLOUR = re.compile(rb"\x1b\[[0-9;:]*m")


@pytest.fixture
def hostile(child):
    def start_task(name, seconds=20):
        task = child(sys.executable, str(HERE / "hostile_task.py"), name.hex(), str(seconds),
                     stdout=subprocess.PIPE)
        assert task.stdout.readline() == b"ready\n"
        return task
    return start_task


def is_shown_as(shown, name):
    """What is printable UTF-8 stays as it is; the rest may be replaced by U+FFFD."""
    try:
        expected = name.decode("utf-8")
    except UnicodeDecodeError:
        return "\ufffd" in shown
    return shown in (expected, re.sub("[\x00-\x1f\x7f-\x9f]", "\ufffd", expected))


@ALL
def test_a_hostile_command_name_gives_valid_json(name, hostile):
    task = hostile(name)
    found = document(run("-d", "500ms", "-p", str(task.pid), "--json", "-"))
    assert validator.complaints(found, "profile") + semantics.complaints(found) == []
    mine = [row for row in found["tasks"] if row["pid"] == task.pid]
    assert len(mine) == 1 and mine[0]["wakeup"]["count"] > 0, found["tasks"]
    assert is_shown_as(mine[0]["comm"], name), mine[0]["comm"]


@ALL
def test_a_hostile_command_name_gives_a_clean_report(name, hostile):
    task = hostile(name)
    text = reported(run("-d", "500ms", "-p", str(task.pid)))
    assert not C1.search(text), "a C1 control in the report"
    assert not re.search(r"^FAKE 1", text, re.M), "a name began a line of its own"


def test_a_hostile_command_name_in_the_whole_profile(hostile):
    for name in NAMES:
        hostile(name)
    document(run("-d", "500ms", "--json", "-"))
    assert not C1.search(reported(run("-d", "500ms")))


def cgroup_root():
    for line in pathlib.Path("/proc/mounts").read_text(encoding="ascii").splitlines():
        if line.split()[2] == "cgroup2":
            return os.fsencode(line.split()[1])
    return pytest.skip("no cgroup2 file system is mounted")


@pytest.mark.parametrize("name", (b'wl"},{', b"wl\\\\u0000", b"wl\x1b[31mred", b"wl\xff\xfe",
                                  b"wl a\tb", b"wl%s%n"), ids=bytes.hex)
def test_a_hostile_cgroup_name_gives_valid_json_and_a_clean_report(name, hostile):
    folder = cgroup_root() + b"/" + name
    os.mkdir(folder)
    task = hostile(b"inside")
    try:
        with open(folder + b"/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(task.pid))
        found = document(run("-d", "500ms", "--cgroup", folder, "--json", "-"))
        assert validator.complaints(found, "profile") + semantics.complaints(found) == []
        assert task.pid in [row["pid"] for row in found["tasks"]]
        reported(run("-d", "500ms", "--cgroup", folder))
    finally:
        task.kill()
        task.wait()
        os.rmdir(folder)


def on_terminal(*arguments, **variables):
    """What a terminal of 100 columns is sent."""
    leader, terminal = pty.openpty()
    process = start(*arguments, stdin=terminal, stdout=terminal, stderr=terminal,
                    env=environment(TERM="xterm", COLUMNS="100") | variables)
    os.close(terminal)
    text, end = b"", time.monotonic() + 10
    while time.monotonic() < end and select.select([leader], [], [], 10)[0]:
        try:
            text += os.read(leader, 65536)
        except OSError:         # the last writer has closed it
            break
    os.close(leader)
    assert process.wait(10) == 0 and process.pid in STARTED, text
    return text


def test_no_escape_sequences_where_there_is_no_terminal():
    for arguments in (("-d", "200ms"), ("doctor",), ("--help",)):
        result = run(*arguments)
        assert not ESCAPES.search(result.out + result.err)
        result = run(*arguments, env=environment(TERM="xterm-256color", CLICOLOR="1"))
        assert not ESCAPES.search(result.out + result.err)


def test_no_colour_on_a_terminal_with_no_color():
    for arguments in (("-d", "1500ms"), ("doctor",), ("--help",)):
        text = on_terminal(*arguments, NO_COLOR="1")
        assert b"whylate" in text and not COLOUR.search(text)


def test_the_report_comes_on_a_terminal():
    assert b"LATENCY" in COLOUR.sub(b"", on_terminal("-d", "1500ms"))


def test_a_hostile_command_name_sends_no_sequence_of_its_own_to_a_terminal(hostile):
    task = hostile(b"\x1b]0;title\x07")
    text = on_terminal("-d", "500ms", "-p", str(task.pid))
    assert b"\x1b]" not in text and b"\x07" not in text
