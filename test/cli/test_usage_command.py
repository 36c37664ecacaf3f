# SPDX-License-Identifier: GPL-2.0-only
"""-- command: runs as long as the command, and exits with its own code; --json: where to."""
import subprocess
import json

import pytest
from program import run
from verdict import done, refused, reported, usage


@pytest.mark.parametrize("arguments", (("--",), ("profile", "--"), ("-d", "100ms", "--"),
                                       ("--", ""), ("profile", "--", "")))
def test_two_dashes_without_a_command_are_refused(arguments):
    usage(run(*arguments, timeout=5))


@pytest.mark.parametrize("command", ("/nonexistent", "no-such-command-here", "/etc/passwd", "/tmp"))
def test_a_command_that_cannot_start_fails(command):
    result = run("-d", "1s", "--", command, timeout=5)
    refused(result._replace(seconds=0), 1, command)


@pytest.mark.parametrize("command", (("true",), ("false",), ("sh", "-c", "exit 77"),
                                     ("sh", "-c", "kill -9 $$")))
def test_the_exit_code_is_our_own_and_not_the_commands(command):
    text = reported(run("--", *command))
    assert "sched.wakeup" in text


def test_the_measurement_ends_with_the_command():
    document = json.loads(done(run("--json", "-", "--", "sleep", "0.4")).out)
    assert 0.4e9 <= document["whylate"]["duration_ns"] < 0.9e9


def test_the_measurement_ends_with_the_time_where_the_command_goes_on():
    document = json.loads(done(run("-d", "300ms", "--json", "-", "--", "sleep", "3")).out)
    assert 0.3e9 <= document["whylate"]["duration_ns"] < 0.8e9


def test_options_of_the_command_are_the_commands():
    result = run("--json", "/dev/null", "--", "sh", "-c", "echo \"$@\"", "sh", "-d", "10", "--help")
    assert done(result).out.startswith(b"-d 10 --help\n")


@pytest.mark.parametrize("verb", ((), ("doctor",)))
def test_an_empty_name_for_the_json_is_refused(verb):
    time = () if verb else ("-d", "100ms")
    usage(run(*verb, *time, "--json", "", timeout=5))


def test_usage_is_judged_before_anything_is_written(place):
    usage(run("-d", "10", "--json", str(place / "out.json"), timeout=5))
    assert list(place.iterdir()) == []


def test_json_to_a_file_leaves_the_text_report_on_standard_output(place):
    reported(run("-d", "200ms", "--json", str(place / "out.json")))
    assert json.loads((place / "out.json").read_bytes())["whylate"]["schema"] == 1


def test_json_to_standard_output_replaces_the_text_report():
    assert "whylate" in json.loads(done(run("-d", "200ms", "--json", "-")).out)
    assert "whylate" in json.loads(done(run("profile", "-d", "200ms", "--json=-")).out)


def ignored_here():
    """The signals this test ignores, which a command run without whylate between would inherit
    (Python's own SIGPIPE and SIGXFSZ are given back by subprocess)."""
    done = subprocess.run(["grep", "SigIgn", "/proc/self/status"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_without_a_verb_it_is_the_profile():
    assert "sched.wakeup" in reported(run("-d", "200ms"))
    assert "sched.wakeup" in reported(run("profile", "-d", "200ms"))


def test_the_command_inherits_no_descriptors_and_no_blocked_signals():
    # Of the one that reads: a shell that starts one blocks its signals for a moment.
    script = "ls -l /proc/$$/fd; grep -E 'SigBlk|SigIgn' /proc/self/status"
    text = done(run("--json", "/dev/null", "--", "sh", "-c", script)).out.decode()
    assert "bpf" not in text and "btf" not in text and "perf_event" not in text, text
    assert [line for line in text.splitlines() if line.startswith("Sig")] == [
        "SigBlk:\t" + "0" * 16, ignored_here()], text
