# SPDX-License-Identifier: GPL-2.0-only
"""A task's voluntary and involuntary switches, exactly as /proc/PID/status counts them."""

import os

import pytest

from whylate import CPU, SLOW, Load, limit, proc_switches, seconds

pytestmark = limit(60)

ROUNDS = 20000
SIGNALS = int(os.environ.get("WHYLATE_SIGNALS", "50000"))


def switches(task):
    return task["switches_voluntary"], task["switches_involuntary"]


@pytest.mark.parametrize("threads", [False, True], ids=["processes", "threads"])
@pytest.mark.parametrize("fifo", [0, 40], ids=["other", "fifo"])
def test_switches_of_a_task_born_in_the_measurement_equal_proc(measure, threads, fifo):
    with measure() as measurement, \
         Load("pingpong", rounds=ROUNDS, cpu=CPU, threads=threads, fifo=fifo) as load:
        truth = load.tally()
        report = measurement.finish()
        for player in truth["tasks"]:
            asleep_since = proc_switches(player["pid"])
            assert switches(report.task(player["pid"])) == asleep_since, player
            assert sum(asleep_since) >= ROUNDS, "the load did not pass the byte"


def test_switches_of_a_task_older_than_the_measurement_are_those_inside_it(measure):
    with Load("timers", waits_for_go=True, cycles=2000, busy="20us", cpu=CPU) as load:
        with measure() as measurement:
            before = proc_switches(load.pid)
            load.go().tally()
            report = measurement.finish()
        after = proc_switches(load.pid)
    inside = tuple(b - a for a, b in zip(before, after))
    voluntary, involuntary = switches(report.task(load.pid))
    assert (voluntary, involuntary) == inside
    assert voluntary >= 1980     # it did run; a time that is past at the call needs no sleep


def test_the_switch_frequency_is_that_of_a_loop_of_known_period(measure):
    per_s = 1000 / SLOW
    with measure() as measurement, \
         Load("timers", cycles=3500, period=seconds(0.001), busy="20us", cpu=CPU) as load:
        load.tally()
        report = measurement.finish()
    assert report.task(load.pid)["switches_per_s_max"] == pytest.approx(per_s, rel=0.05)
    assert any(low <= per_s * 1.05 and high >= per_s * 0.95
               for low, high, _ in report["switch_frequency"])


def test_switches_of_a_task_that_signals_take_back_from_sleep_equal_proc(measure):
    with Load("signals", waits_for_go=True, signals=SIGNALS, cpu=CPU) as load:
        with measure() as measurement:
            truth = load.go().tally()
            report = measurement.finish()
            asleep_since = proc_switches(truth["blocker"])
    assert switches(report.task(truth["blocker"])) == asleep_since
