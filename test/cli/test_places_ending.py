# SPDX-License-Identifier: GPL-2.0-only
"""Ends: Ctrl-C, SIGTERM, a target or command that goes: the report comes, exit 0."""
import json
import os
import random
import signal
import time

import pytest
from program import finish, interrupt, run, start
from verdict import document, reported

LONG = ("-d", "30s")


@pytest.mark.parametrize("by", (signal.SIGINT, signal.SIGTERM))
@pytest.mark.parametrize("moment", range(4))
def test_a_signal_ends_the_measurement_early_and_it_still_reports(by, moment):
    after = random.Random(f"{by}{moment}").uniform(1.5, 3.0)
    result = interrupt(*LONG, after=after, by=by)
    reported(result)
    assert result.seconds < after + 3


@pytest.mark.parametrize("by", (signal.SIGINT, signal.SIGTERM))
def test_the_json_after_a_signal_is_whole_and_says_how_long_it_was(by):
    result = interrupt(*LONG, "--json", "-", after=2.0, by=by)
    assert 0.5e9 < document(result)["whylate"]["duration_ns"] < 3e9


@pytest.mark.timeout(120)
def test_a_signal_while_it_starts_is_never_a_crash_and_never_ignored():
    for after in random.Random(7).sample([moment / 50 for moment in range(50)], 16):
        result = interrupt(*LONG, after=after)
        assert result.seconds < after + 5
        if result.code == -signal.SIGINT:       # it had not yet begun
            assert after < 0.5 and result.out == b"", result
        else:
            reported(result)


def test_a_second_signal_does_not_spoil_the_report():
    began = time.monotonic()
    process = start(*LONG)
    time.sleep(2)
    for _ in range(20):
        process.send_signal(signal.SIGINT)
    result = finish(process, began)
    assert result.code in (0, -signal.SIGINT)
    if result.code == 0:
        reported(result)


def test_a_signal_ends_it_while_a_command_runs():
    began = time.monotonic()
    process = start(*LONG, "--", "sleep", "31", stdout=-3)
    time.sleep(2)
    children = _children(process.pid)
    process.send_signal(signal.SIGINT)
    try:
        assert finish(process, began).code == 0
    finally:
        for child in children:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass


def _children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def end_midway(option, child):
    """The document of a measurement in whose midst its target ended."""
    target = child("sh", "-c", "while :; do sleep 0.1; done")
    return document(run(option, str(target.pid), "--json", "-", "--", "sh", "-c",
                        f"sleep 0.5; kill {target.pid}; sleep 0.5"))


@pytest.mark.parametrize("option", ("-p", "-t"))
def test_a_target_that_ends_midway_is_reported(option, child):
    rows = end_midway(option, child)["latencies"]
    assert next(row for row in rows if row["kind"] == "sched.wakeup" and row["cpu"] is None)[
        "count"] > 0


@pytest.mark.parametrize("option", ("-p", "-t"))
def test_a_target_that_ends_midway_shows_as_ended(option, child):
    rows = end_midway(option, child)["tasks"]
    assert any(row["exited"] for row in rows), json.dumps(rows)[:500]


def test_a_stop_and_continue_does_not_spoil_the_report():
    began = time.monotonic()
    process = start("-d", "2s")
    time.sleep(1)
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.3)
    process.send_signal(signal.SIGCONT)
    reported(finish(process, began))


def test_a_terminal_that_hangs_up_does_not_leave_anything():
    result = interrupt(*LONG, after=1.5, by=signal.SIGHUP)
    assert result.code in (0, -signal.SIGHUP)
