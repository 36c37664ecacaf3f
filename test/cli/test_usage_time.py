# SPDX-License-Identifier: GPL-2.0-only
"""-d: a time has a unit, is above zero and fits; everything else is refused."""
import json

import pytest
from program import interrupt, run
from verdict import done, refused, reported, usage

BARE = ("10", "1", "0", "1.5", "250", "007")
ZERO = ("0s", "0ms", "0us", "0.0s", "0.000us", "00s")
NEGATIVE = ("-1s", "-250us", "-0.5ms", "-1")
HUGE = ("99999999999999999999s", "18446744073709551616us", "1e400s", "9" * 300 + "us",
        "18446744074s", "999999999999999999.9s")
GARBAGE = ("", " ", "s", "us", "ms", ".s", "abc", "1x", "1sx", "1s1", "1s 1", "1.2.3s", "1,5s",
           "0x10s", "nans", "infs", "inf", "1 parsec", "1s\n", "--1s", "1us2", "1µ", "١s",
           "1Ms", "1ss", "s1", "1%", "1e", "1e+s")


@pytest.mark.parametrize("text", BARE)
@pytest.mark.parametrize("option", ("-d", "--duration"))
def test_a_time_without_a_unit_is_refused_with_a_hint(option, text):
    usage(run(option, text, timeout=5), text, hint=True)


@pytest.mark.parametrize("text", ZERO)
def test_a_time_of_zero_is_refused(text):
    usage(run("-d", text, timeout=5), text)


@pytest.mark.parametrize("text", NEGATIVE)
def test_a_negative_time_is_refused(text):
    usage(run("-d", text, timeout=5))
    usage(run(f"--duration={text}", timeout=5))


@pytest.mark.parametrize("text", HUGE)
def test_a_time_that_overflows_is_refused(text):
    usage(run("profile", "-d", text, timeout=5))


@pytest.mark.parametrize("text", GARBAGE)
def test_a_time_with_garbage_is_refused(text):
    usage(run("-d", text, timeout=5))


@pytest.mark.parametrize("text", ("10", "0s", "abc", "-1s"))
def test_a_bad_time_is_refused_where_another_option_is_good(text):
    usage(run("profile", "-d", text, "-k", "sched.run", "--json", "-", timeout=5))


def test_a_bad_time_is_refused_before_the_command_starts(place):
    usage(run("-d", "10", "--", "touch", str(place / "started"), timeout=5))
    assert not (place / "started").exists()


@pytest.mark.parametrize("text,least_ns", (
    ("250us", 250_000), ("1.5ms", 1_500_000), ("100ms", 100_000_000), ("0.2s", 200_000_000),
    ("1s", 1_000_000_000), ("200000us", 200_000_000), ("1.0s", 1_000_000_000)))
def test_a_good_time_is_measured(text, least_ns):
    result = done(run("-d", text, "--json", "-"))
    measured = json.loads(result.out)["whylate"]["duration_ns"]
    assert least_ns <= measured < least_ns + 300_000_000, measured


def test_one_m_is_a_minute_or_refused_but_no_millisecond():
    result = interrupt("-d", "1m", after=1.5)
    if result.code == 2:
        refused(result._replace(seconds=0), 2, "1m")
    else:
        assert result.seconds > 1.4, "ended by itself"
        reported(result)
