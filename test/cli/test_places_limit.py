# SPDX-License-Identifier: GPL-2.0-only
"""Tight limits and a clock that steps: it measures right, or says in one line what is missing."""
import contextlib
import time

import pytest
import semantics
import validator
from program import PATH, finish, run, start
from verdict import document, error_line, reported

SHORT = ("-d", "200ms")
STEP_NS = 5_000_000_000


def limited(limit):
    return ("bash", "-c", f'ulimit {limit} && exec "$0" "$@"')


def reported_or_said(result, *words):
    """A report, or exit 1 or 77 with one line that names the limit."""
    if result.code == 0:
        reported(result)
        return
    assert result.code in (1, 77), result
    line = error_line(result).lower()
    assert result.out == b"" and any(word in line for word in words), line


@pytest.mark.parametrize("files", (4, 6, 8, 12, 16, 24, 32))
def test_few_open_files(files):
    reported_or_said(run(*SHORT, wrap=limited(f"-n {files}")), "files", "descriptors")


@pytest.mark.parametrize("kilobytes", (32_768, 65_536, 98_304, 131_072, 262_144, 524_288))
def test_little_address_space(kilobytes):
    with open(PATH, "rb") as file:
        if b"__asan_init" in file.read():
            pytest.skip("a build with the address sanitizer reserves terabytes")
    reported_or_said(run(*SHORT, wrap=limited(f"-v {kilobytes}")), "memory")


def test_no_locked_memory():
    reported(run(*SHORT, wrap=limited("-l 0")))


def test_a_small_stack():
    reported(run(*SHORT, wrap=limited("-s 256")))


def test_no_file_may_grow(place):
    """RLIMIT_FSIZE: the signal it sends must not kill it before its line."""
    result = run(*SHORT, "--json", str(place / "out"), wrap=limited("-f 0"))
    assert result.code == 1, result
    assert "large" in error_line(result).lower()


@contextlib.contextmanager
def stepped_clock():
    """CLOCK_REALTIME steps by 5 s, and back to where it would have been."""
    real, steady = time.clock_gettime_ns(time.CLOCK_REALTIME), time.monotonic_ns()
    try:
        time.clock_settime_ns(time.CLOCK_REALTIME, real + STEP_NS)
    except PermissionError:
        pytest.skip("the wall clock cannot be set here")
    try:
        yield
    finally:
        time.clock_settime_ns(time.CLOCK_REALTIME, real + time.monotonic_ns() - steady)


def test_a_step_of_the_wall_clock_changes_no_number():
    before_ns, began = time.monotonic_ns(), time.monotonic()
    process = start("-d", "2s", "--json", "-")
    time.sleep(1)
    with stepped_clock():
        time.sleep(0.4)
    found = document(finish(process, began))
    header = found["whylate"]
    assert 2e9 <= header["duration_ns"] < 2.5e9
    assert before_ns <= header["start_ns"] <= time.monotonic_ns() - 2_000_000_000
    assert validator.complaints(found, "profile") + semantics.complaints(found) == []
