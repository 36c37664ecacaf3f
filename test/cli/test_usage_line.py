# SPDX-License-Identifier: GPL-2.0-only
"""Each error line has the documented form: `whylate: what failed: why (what to do)`."""
import pytest
from program import run
from verdict import HINT, WHAT_AND_WHY, error_line

FAST = ("-d", "100ms")
LINES = {
    "verb": ("frobnicate",),
    "verb of doctor's spelling": ("doctorr",),
    "option": (*FAST, "--frobnicate"),
    "short option": (*FAST, "-Z"),
    "missing argument": (*FAST, "-p"),
    "missing argument of a long option": (*FAST, "--json"),
    "argument too many": (*FAST, "--series=1s"),
    "extra argument": ("profile", *FAST, "sleep"),
    "extra argument of doctor": ("doctor", "sleep"),
    "time without a unit": ("-d", "10"),
    "time of zero": ("-d", "0s"),
    "negative time": ("-d", "-1s"),
    "time that overflows": ("-d", "99999999999999999999s"),
    "time of garbage": ("-d", "1x"),
    "pid of garbage": (*FAST, "-p", "abc"),
    "pid of zero": (*FAST, "-p", "0"),
    "tid of garbage": (*FAST, "-t", "abc"),
    "pid that is not there": (*FAST, "-p", "4194303"),
    "pid with tid": (*FAST, "-p", "1", "-t", "2"),
    "cgroup that is not there": (*FAST, "--cgroup", "/nonexistent"),
    "cgroup that is a file": (*FAST, "--cgroup", "/etc/passwd"),
    "cgroup that is another folder": (*FAST, "--cgroup", "/tmp"),
    "kind": (*FAST, "-k", "frobnicate"),
    "kind of another version": (*FAST, "-k", "irqsoff"),
    "no kind": (*FAST, "-k", ""),
    "histogram": (*FAST, "--hist", "frobnicate"),
    "histogram that is not measured": (*FAST, "-k", "sched.run", "--hist", "sched.new"),
    "part": (*FAST, "--split", "frobnicate"),
    "collector": (*FAST, "--collector", "frobnicate"),
    "collector that is not there": (*FAST, "--collector", "module"),
    "no command": (*FAST, "--"),
    "command that is not there": (*FAST, "--", "/nonexistent"),
    "empty file name": (*FAST, "--json", ""),
    "file that cannot be made": (*FAST, "--json", "/nonexistent/out"),
    "standard output that is full": FAST,
}


def line_of(what):
    with open("/dev/full", "wb") as full:
        more = {"stdout": full} if what == "standard output that is full" else {}
        return error_line(run(*LINES[what], timeout=5, **more))


@pytest.mark.parametrize("what", LINES)
def test_a_line_says_what_failed_and_why(what):
    line = HINT.sub("", line_of(what))
    assert WHAT_AND_WHY.fullmatch(line), f"not 'whylate: what: why': {line!r}"


@pytest.mark.parametrize("what", [what for what in LINES if "full" not in what])
def test_a_line_says_what_to_do(what):
    line = line_of(what)
    assert HINT.search(line), f"no hint in parentheses at the end: {line!r}"
