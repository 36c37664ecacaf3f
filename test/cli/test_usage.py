# SPDX-License-Identifier: GPL-2.0-only
"""Verbs, unknown options, help and version: bad input is refused with one line and exit 2."""
import re

import pytest
from program import run
from verdict import usage

ABSENT_VERBS = ("top", "syscalls", "export", "diff", "sched", "serve")
OPTIONS = ("--duration", "--kinds", "--pid", "--tid", "--cgroup", "--collector", "--json", "--hist",
           "--series", "--split", "--help", "--version")


@pytest.mark.parametrize("verb", ("frobnicate", "Profile", "profil", "", "doctorr", "sleep",
                                  *ABSENT_VERBS))
def test_a_verb_that_does_not_exist_is_refused(verb):
    usage(run(verb, timeout=5), verb)


@pytest.mark.parametrize("arguments", (
    ("--frobnicate",), ("-Z",), ("profile", "--frobnicate"), ("profile", "-Z"),
    ("doctor", "--frobnicate"), ("doctor", "-Z"), ("irq", "--frobnicate"), ("irq", "-Z"),
    ("irq", "--series"), ("irq", "--hist"), ("irq", "-k"), ("profile", "-d", "100ms", "--durations=1s"),
    ("-d", "100ms", "--frobnicate")))
def test_an_option_that_does_not_exist_is_refused(arguments):
    usage(run(*arguments, timeout=5), arguments[-1].split("=")[0].lstrip("-"))


@pytest.mark.parametrize("option", ("--duration", "-d", "--kinds", "-k", "--pid", "-p", "--tid",
                                    "-t", "--cgroup", "--collector", "--json", "--hist", "--split"))
@pytest.mark.parametrize("verb", ((), ("profile",)))
def test_an_option_without_its_argument_is_refused(verb, option):
    usage(run(*verb, option, timeout=5), option.lstrip("-"))


@pytest.mark.parametrize("option", ("--series=1s", "--help=profile", "--version=2"))
def test_an_argument_for_an_option_that_takes_none_is_refused(option):
    usage(run("profile", "-d", "100ms", option, timeout=5), option[2:].split("=", maxsplit=1)[0])


@pytest.mark.parametrize("arguments", (
    ("profile", "-d", "100ms", "sleep", "1"), ("profile", "sleep"),
    ("-d", "100ms", "sleep", "1"), ("profile", "profile"), ("doctor", "sleep"),
    ("doctor", "profile"), ("doctor", "--", "true")))
def test_extra_arguments_without_two_dashes_are_refused(arguments):
    usage(run(*arguments, timeout=5))


@pytest.mark.parametrize("option", (("-d", "1s"), ("-k", "sched.run"), ("-p", "1"), ("--series",)))
def test_doctor_refuses_the_options_of_profile(option):
    usage(run("doctor", *option, timeout=5))


@pytest.mark.parametrize("arguments", (("--help",), ("profile", "--help"), ("irq", "--help"), ("doctor", "--help")))
def test_help_goes_to_standard_output_and_lists_only_verbs_that_exist(arguments):
    result = run(*arguments, timeout=5)
    assert (result.code, result.err) == (0, b"") and result.seconds < 2
    text = result.out.decode()
    for verb in ABSENT_VERBS:
        assert not re.search(rf"^\s+{verb}(\s{{2,}}|\s+\[|$)|whylate {verb}\b", text, re.M), verb
    if arguments == ("--help",):
        assert "profile" in text and "doctor" in text


def test_the_help_of_profile_names_every_option():
    text = run("profile", "--help", timeout=5).out.decode()
    assert [option for option in OPTIONS if option not in text] == []


def test_version_goes_to_standard_output():
    result = run("--version", timeout=5)
    assert (result.code, result.err) == (0, b"")
    assert re.fullmatch(rb"whylate [0-9]+\.[0-9][^\n]*\n", result.out)


def test_help_wins_over_what_follows_and_starts_nothing():
    result = run("--help", "-d", "5s", timeout=3)
    assert result.code == 0 and result.out


@pytest.mark.parametrize("text", ("\x1b[31mred", "two\nlines", "bell\x07"))
def test_hostile_text_is_not_echoed_raw(text):
    usage(run(text, timeout=5))
    usage(run("-d", "100ms", "-k", text, timeout=5))
