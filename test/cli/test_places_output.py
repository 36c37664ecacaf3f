# SPDX-License-Identifier: GPL-2.0-only
"""Outputs that can't be written fail with 1; closed ones end it quietly; nothing is half said."""
import json
import os
import signal
import subprocess
import time

import pytest
from program import finish, run, start
from verdict import done, error_line, refused, reported

SHORT = ("-d", "200ms")
VERBS = pytest.mark.parametrize("verb", (("profile", *SHORT), ("doctor",)))


def failed(result, *words):
    """As refused with 1, but it may have taken the time of a measurement."""
    refused(result._replace(out=b"", seconds=0), 1, *words)


def mounted(options, prepare=""):
    """A wrapper: /mnt is a small file system of its own, seen by this run alone."""
    script = f'mount -t tmpfs -o size=64k none /mnt && {prepare} mount -o remount,{options} /mnt'
    return ("unshare", "-m", "sh", "-c", script + ' && exec "$0" "$@"')


@VERBS
@pytest.mark.parametrize("path", ("/nonexistent/out.json", "/etc/passwd/out.json", "/tmp",
                                  "/proc/out.json", "/" + "x" * 300))
def test_a_file_that_cannot_be_made_fails(verb, path):
    failed(run(*verb, "--json", path), path[:40])


@VERBS
def test_a_read_only_file_system_fails(verb):
    failed(run(*verb, "--json", "/mnt/out.json", wrap=mounted("ro")), "/mnt/out.json", "read-only")


@VERBS
def test_a_full_disk_fails(verb):
    fill = "{ head -c 1M /dev/zero >/mnt/fill 2>/dev/null || true; } &&"
    failed(run(*verb, "--json", "/mnt/out.json", wrap=mounted("rw", fill)), "/mnt/out.json",
           "space")


@VERBS
def test_a_full_device_fails(verb):
    failed(run(*verb, "--json", "/dev/full"), "/dev/full", "space")


@VERBS
@pytest.mark.parametrize("json_too", ((), ("--json", "-")))
def test_a_full_standard_output_fails(verb, json_too):
    with open("/dev/full", "wb") as full:
        failed(run(*verb, *json_too, stdout=full), "space")


@VERBS
def test_a_full_standard_output_fails_for_help_and_version_too(verb):
    with open("/dev/full", "wb") as full:
        failed(run(verb[0], "--help", stdout=full))
        failed(run("--version", stdout=full))


@VERBS
@pytest.mark.parametrize("json_too", ((), ("--json", "-")))
def test_a_closed_standard_output_fails(verb, json_too):
    wrap = ("sh", "-c", 'exec "$0" "$@" >&-')
    failed(run(*verb, *json_too, wrap=wrap))


@VERBS
def test_a_reader_that_has_gone_ends_it_without_noise(verb):
    read, write = os.pipe()
    os.close(read)
    result = run(*verb, "--json", "-", stdout=write)
    os.close(write)
    if result.code != -signal.SIGPIPE:
        assert result.code == 1
        error_line(result)


@VERBS
def test_a_reader_that_wants_one_byte_gets_it(verb):
    began = time.monotonic()
    process = start(*verb)
    head = subprocess.run(["head", "-c", "1"], stdin=process.stdout, capture_output=True,
                          check=True, timeout=15)
    process.stdout.close()
    process.stdout = None
    assert head.stdout == b"w"
    result = finish(process, began)
    assert result.code in (0, 1, -signal.SIGPIPE) and result.err.count(b"\n") <= 1


def test_a_closed_standard_input_changes_nothing():
    reported(run(*SHORT, wrap=("sh", "-c", 'exec "$0" "$@" <&-')))


def test_a_closed_standard_error_changes_nothing():
    result = run(*SHORT, "--json", "-", wrap=("sh", "-c", 'exec "$0" "$@" 2>&-'))
    assert "latencies" in json.loads(done(result).out)


def test_all_three_closed_fails_and_ends():
    wrap = ("sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-')
    assert run(*SHORT, wrap=wrap).code == 1


def test_an_existing_file_is_replaced_whole(place):
    (place / "out.json").write_bytes(b"x" * 2_000_000)
    done(run(*SHORT, "--json", str(place / "out.json")))
    assert "latencies" in json.loads((place / "out.json").read_bytes())


def test_the_report_is_printed_though_the_file_could_not_be_written():
    result = run(*SHORT, "--json", "/dev/full")
    assert result.code == 1 and b"LATENCY" in result.out


@pytest.mark.parametrize("refusal", (("--cgroup", "/no/such/cgroup"), ("-p", "4194304"),
                                     ("-t", "4194304")))
def test_a_refusal_leaves_an_existing_file_as_it_was(place, refusal):
    (place / "out.json").write_text("last week's")
    refused(run(*SHORT, *refusal, "--json", str(place / "out.json")), 1)
    assert (place / "out.json").read_text() == "last week's"
