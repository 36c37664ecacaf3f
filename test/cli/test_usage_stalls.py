# SPDX-License-Identifier: GPL-2.0-only
"""`stalls`: lengths, rates and files; everything else is refused in one line."""
import json

import pytest
from program import run
from verdict import done, refused, usage

FAST = ("stalls", "-d", "200ms")


@pytest.mark.parametrize("options", (
    ("--over", "0us"), ("--over", "50"), ("--over", "-1us"), ("--over", "soon"), ("--over",),
    ("--probe", "0"), ("--probe", "9"), ("--probe", "20001"), ("--probe", "-4000"), ("--probe", "4k"),
    ("--probe", ""), ("--probe",), ("--json", ""), ("-d", "1"), ("-p", "1"), ("--slo", "x=1ms"),
    ("--frobnicate",), ("sleep", "1"), ("--",)))
def test_what_makes_no_sense_is_refused(options):
    usage(run("stalls", *options, timeout=5))


def test_a_rate_that_is_none_is_refused_with_those_that_are():
    usage(run("stalls", "--probe", "1000000", timeout=5), "--probe", "10 to 20000", hint=True)


def test_a_file_that_cannot_be_written_is_told_before_anything_is_loaded():
    refused(run(*FAST, "--json", "/there/is/none", timeout=5), 1, "/there/is/none")


def test_a_full_disk_is_told_and_the_text_comes_all_the_same():
    result = run(*FAST, "--json", "/dev/full", timeout=10)
    assert result.code == 1 and b"No space left" in result.err and result.err.count(b"\n") == 1
    assert b"Recall:" in result.out


def test_a_command_that_there_is_not_is_told():
    refused(run("stalls", "--", "/there/is/none", timeout=10), 1, "/there/is/none")


def test_without_a_probe_nothing_is_promised():
    text = done(run(*FAST, timeout=10)).out.decode()
    assert "Recall: unknown" in text and "Price:" in text and "Precision:" in text


def test_json_takes_standard_output_alone():
    result = done(run(*FAST, "--probe", "1000", "--over", "1h", "--json", "-", timeout=10))
    report = json.loads(result.out)
    assert report["whylate"]["schema"] == 1 and report["how"]["over_ns"] == 3600 * 10**9
    assert report["how"]["period_ns"] == 10**6
    assert report["stalls"] == [] and report["sections"] == []
