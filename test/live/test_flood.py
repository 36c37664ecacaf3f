# SPDX-License-Identifier: GPL-2.0-only
"""A flood of packets and a timer of 20 kHz: hooks interrupt each other, and nothing breaks."""

import pytest

import soundness
from whylate import LONG, STRICT, Load, Measurement, limit, seconds

pytestmark = limit(180)

LENGTH = 60 if LONG else 15


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    with Measurement(tmp_path_factory.mktemp("flood")) as measurement, \
         Load("udpflood", **{"for": seconds(LENGTH)}) as flood, \
         Load("fasttimer", hz=20000, **{"for": seconds(LENGTH)}) as timer:
        packets, ticks = flood.tally(), timer.tally()
        report = measurement.finish()
    assert packets["sent"] > 0 and ticks["expirations"] > 0
    assert report.merged_waits(), "nothing was measured"
    return report, packets, ticks


def test_a_flood_leaves_every_row_sound(found):
    soundness.assert_sound(found[0], strict=STRICT)


def test_no_interval_is_negative_or_longer_than_the_flood(found):
    soundness.assert_no_number_wrapped(found[0])
    soundness.assert_nothing_absurd(found[0])


def test_at_most_one_percent_of_all_waiting_is_unexplained(found):
    report = found[0]
    waited = sum(row["sum_ns"] for row in report.merged_waits())
    assert waited > 0
    assert report.cause_ns("unexplained") <= 0.01 * waited


def test_the_timers_task_is_woken_no_more_often_than_its_timer_expired(found):
    report, _, ticks = found
    wakeups = report.task(ticks["pid"])["wakeup"]["count"]
    assert 0 < wakeups <= ticks["expirations"] + 2
    assert wakeups <= ticks["reads"] + 2
