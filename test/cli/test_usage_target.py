# SPDX-License-Identifier: GPL-2.0-only
"""-p, -t and --cgroup: numbers that are none are usage errors, targets that aren't there fail."""
import os
import subprocess

import pytest
from program import run
from verdict import refused, usage

NOT_NUMBERS = ("", " ", "abc", "1x", "0x1", "1.5", "1,2", "-", "٣", "1 2", "self", "1\n")
FAST = ("-d", "100ms")


@pytest.fixture
def dead():
    """An id that was a process a moment ago."""
    process = subprocess.Popen(["true"])
    process.wait()
    return str(process.pid)


@pytest.mark.parametrize("text", NOT_NUMBERS)
@pytest.mark.parametrize("option", ("-p", "--pid", "-t", "--tid"))
def test_an_id_that_is_no_number_is_refused(option, text):
    usage(run(*FAST, option, text, timeout=5))


@pytest.mark.parametrize("text", ("0", "-1", "-5", "-0", "00"))
@pytest.mark.parametrize("option", ("-p", "-t"))
def test_an_id_of_zero_or_below_is_refused(option, text):
    usage(run(*FAST, option, text, timeout=5))


@pytest.mark.parametrize("text", ("4294967297", "2147483648", "99999999999999999999", "9" * 300))
@pytest.mark.parametrize("option", ("-p", "-t"))
def test_an_id_that_overflows_is_refused_and_does_not_wrap(option, text):
    usage(run(*FAST, option, text, timeout=5))


@pytest.mark.parametrize("option", ("-p", "-t"))
def test_an_id_that_is_not_there_fails(option, dead):
    refused(run(*FAST, option, dead, timeout=5), 1, dead)
    refused(run(*FAST, option, "4194303", timeout=5), 1, "4194303")


def test_an_id_that_is_not_there_fails_before_the_command_starts(dead, place):
    refused(run(*FAST, "-p", dead, "--", "touch", str(place / "started"), timeout=5), 1)
    assert not (place / "started").exists()


def test_a_thread_of_another_process_contradicts_the_process(child):
    other = child("sleep", "60")
    usage(run(*FAST, "-p", str(os.getpid()), "-t", str(other.pid), timeout=5))
    usage(run(*FAST, "-t", str(other.pid), "-p", str(os.getpid()), timeout=5))


@pytest.mark.parametrize("option", ("-p", "-t"))
def test_two_different_ids_for_one_option_are_refused(option, child):
    other = child("sleep", "60")
    usage(run(*FAST, option, str(os.getpid()), option, str(other.pid), timeout=5))


def test_an_empty_cgroup_path_is_refused():
    usage(run(*FAST, "--cgroup", "", timeout=5))


@pytest.mark.parametrize("path", ("/nonexistent", "/sys/fs/cgroup/nonexistent", "/etc/passwd/x",
                                  "/" + "x" * 5000, "nonexistent"))
def test_a_cgroup_path_that_does_not_exist_fails(path):
    refused(run(*FAST, "--cgroup", path, timeout=5), 1)


# "/" is a cgroup: the root of the hierarchy, as /proc/PID/cgroup writes it.
@pytest.mark.parametrize("path", ("/tmp", "/proc", "/sys"))
def test_a_folder_that_is_no_cgroup_fails(path):
    refused(run(*FAST, "--cgroup", path, timeout=5), 1, path)


@pytest.mark.parametrize("path", ("/etc/passwd", "/dev/null", "/proc/self/status"))
def test_a_file_is_no_cgroup(path):
    refused(run(*FAST, "--cgroup", path, timeout=5), 1, path)
