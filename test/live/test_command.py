# SPDX-License-Identifier: GPL-2.0-only
"""`-- command`: the measurement lasts as long as the command, and its fate is its own."""

import time

import pytest

from whylate import MS, S, SLOW, Report, limit, profile

pytestmark = limit(60)


def run(tmp_path, *args):
    """(completed process, report) of a profile with the given last arguments."""
    out = tmp_path / "report.json"
    done = profile("--json", str(out), *args)
    assert done.returncode == 0, done.stderr
    return done, Report(out.read_text())


@pytest.mark.parametrize("command", [["true"], ["false"], ["sh", "-c", "kill -9 $$"]],
                         ids=["succeeds", "fails", "is killed"])
def test_the_exit_code_is_ours_not_the_commands(tmp_path, command):
    run(tmp_path, "-d", "20s", "--", *command)


def test_the_measurement_ends_with_the_command(tmp_path):
    begin = time.monotonic()
    _, report = run(tmp_path, "-d", "50s", "--", "sleep", "1")
    assert time.monotonic() - begin < 10 * SLOW
    assert 1 * S <= report["whylate"]["duration_ns"] <= 1 * S + 300 * MS * SLOW


def test_the_measurement_ends_after_its_time_though_the_command_goes_on(tmp_path):
    _, report = run(tmp_path, "-d", "1s", "--", "sleep", str(3 * SLOW))
    assert report["whylate"]["duration_ns"] < 1 * S + 300 * MS * SLOW


def test_the_tasks_of_a_command_that_goes_on_are_reported_before_it_is_ended(tmp_path):
    _, report = run(tmp_path, "-d", "1s", "--", "bash", "-c", "while :; do :; done")
    living = [task for task in report["tasks"] if task["comm"] == "bash" and not task["exited"]]
    assert max((t["run_ns"] + (t["open_run_ns"] or 0) for t in living), default=0) > 500 * MS


def test_the_commands_output_is_left_alone(tmp_path):
    done, _ = run(tmp_path, "-d", "20s", "--", "echo", "as it was")
    assert done.stdout.startswith("as it was\n")


def test_the_commands_own_options_are_its_own(tmp_path):
    done, _ = run(tmp_path, "-d", "20s", "--", "printf", "%s", "-d")
    assert done.stdout.startswith("-d")


def test_the_command_itself_is_measured_from_its_first_moment(tmp_path):
    _, report = run(tmp_path, "-d", "20s", "--", "sleep", "0.2")
    assert sum(task["merged"] for task in report["tasks"] if task["comm"] == "sleep") >= 1


def test_a_command_that_is_not_there_fails_with_one_clear_line():
    done = profile("-d", "5s", "--", "no-such-command")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("whylate: ") and "no-such-command" in lines[0]
