# SPDX-License-Identifier: GPL-2.0-only
"""`watch` and `explain`: limits and whom they are for; everything else is refused in one line."""
import os
import subprocess

import pytest
from program import KINDS, run
from verdict import done, refused, usage

SLO = ("--slo", "sched.wakeup=1ms")


def test_a_watch_without_a_limit_is_refused_with_an_example():
    usage(run("watch", timeout=5), "watch", "limit", "--slo sched.wakeup=", hint=True)


@pytest.mark.parametrize("verb", ("watch", "explain"))
@pytest.mark.parametrize("text", ("sched.wakeup", "sched.wakeup=", "sched.wakeup=0us", "sched.wakeup=0",
                                  "sched.wakeup=10", "sched.wakeup=-1ms", "sched.wakeup=soon",
                                  "sched.wakeup=max1", "sched.wakeup=1ms=2ms", "sched.wakeup=2y"))
def test_a_limit_that_is_none_is_refused(verb, text):
    usage(run(verb, "--slo", text, timeout=5), "--slo")


@pytest.mark.parametrize("kind", ("frobnicate", "", "sched", "irqsoff", "syscall", "SCHED.WAKEUP"))
def test_an_unknown_kind_is_refused_and_the_valid_ones_are_named(kind):
    usage(run("watch", "--slo", f"{kind}=1ms", timeout=5), *KINDS)


def test_more_limits_than_there_is_room_for_are_refused():
    usage(run("watch", *(SLO * 33), timeout=5), "--slo", "many")


@pytest.mark.parametrize("options", (("--comm", ""), ("--comm", "a-name-of-16-byte"), ("--irq", "x"),
                                     ("--irq", "-1"), ("--irq", ""), ("-n", "0"), ("-n", "x"),
                                     ("--rate", "0"), ("-p", "0"), ("-p", "1", "-t", "1"),
                                     ("--cgroup", ""), ("-d", "1"), ("--collector", "x"),
                                     ("--split", "x"), ("--frobnicate",), ("--slo",), ("sleep", "1"),
                                     ("--hist", "sched.wakeup"), ("--worst", "1")))
def test_what_makes_no_sense_is_refused(options):
    usage(run("watch", *SLO, *options, timeout=5))


@pytest.mark.parametrize("options", ((), ("a", "b"), ("--worst", "0", "a"), ("--at", "1", "a"),
                                     ("-d", "1s", "a"), ("--frobnicate", "a"), ("--json", "", "a")))
def test_explain_refuses_what_makes_no_sense(options):
    usage(run("explain", *options, timeout=5))


@pytest.mark.parametrize("text, words", (("sched.wakeup=soon", ("line 1", "soon")),
                                         ("sched.wakeup=1ms\n\nfrobnicate=1ms", ("line 3", "frobnicate")),
                                         ("# " + 300 * "x" + " frobnicate=1ms\nsched.wakeup=soon", ("line 2", "soon")),
                                         ("\n".join(f"sched.run={n}us" for n in range(1, 34)), ("32",))))
def test_a_file_of_limits_with_a_mistake_is_refused(text, words, tmp_path):
    file = tmp_path / "limits"
    file.write_text(text)
    run_of = run("watch", "--slo-file", str(file), timeout=5)
    refused(run_of, run_of.code, *words)
    assert run_of.code in (1, 2)


@pytest.mark.parametrize("path", ("/there/is/none", "/", "/dev/null"))
def test_a_file_of_limits_that_is_none_is_refused(path):
    refused(run("watch", "--slo-file", path, timeout=5), 1, path, hint=True)


def test_a_pid_that_is_gone_is_told():
    gone = subprocess.Popen(["true"])
    gone.wait()
    refused(run("watch", *SLO, "-p", str(gone.pid), timeout=5), 1, str(gone.pid))


def test_a_cgroup_that_there_is_not_is_told():
    refused(run("watch", *SLO, "--cgroup", "/there/is/none", timeout=5), 1, "/there/is/none")


def test_a_limit_of_an_hour_is_one():
    result = run("watch", "--slo", "sched.wakeup=1h", "-d", "200ms")
    assert result.code == 0 and result.out == b"", result


def test_a_file_that_is_no_recording_is_told(tmp_path):
    file = tmp_path / "no.why"
    file.write_bytes(b"nothing of the kind")
    refused(run("explain", str(file), timeout=5), 1, str(file))
    refused(run("explain", str(tmp_path / "none"), timeout=5), 1, "none")


def test_an_output_that_cannot_be_written_is_told(tmp_path):
    refused(run("watch", *SLO, "-d", "100ms", "--json", str(tmp_path / "no" / "file"), timeout=5), 1,
            "file")
    full = run("watch", "--slo", "irq.vector=1ns", "-d", "500ms", "--json", "/dev/full")
    assert full.code == 1 and b"No space left" in full.err, full


@pytest.mark.parametrize("verb", ("watch", "explain"))
def test_the_help_names_every_option(verb):
    text = done(run(verb, "--help", timeout=5)).out.decode()
    for option in ("--slo", "--pid", "--tid", "--comm", "--irq", "--json", "--help"):
        assert option in text


def test_without_root_it_says_so():
    if os.geteuid():
        pytest.skip("needs root to give it up")
    refused(run("watch", *SLO, "-d", "1s", wrap=("setpriv", "--reuid=65534", "--regid=65534",
                                                 "--clear-groups", "--inh-caps=-all",
                                                 "--bounding-set=-all"), timeout=5), 77)
