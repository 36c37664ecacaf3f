# SPDX-License-Identifier: GPL-2.0-only
"""-k, --hist, --split and --collector: only names of this version, and the line names them."""
import json

import pytest
from program import KINDS, run
from verdict import done, refused, reported, usage

LATER_KINDS = ("irq.delivery.device", "irqsoff", "preemptoff", "syscall")
FAST = ("-d", "100ms")


@pytest.mark.parametrize("kind", ("frobnicate", "sched", "sched.", "wakeup", "SCHED.WAKEUP",
                                  "sched.wakeup ", "sched.wakeupx", "sched.wake", "*", "all.of"))
@pytest.mark.parametrize("option", ("-k", "--kinds"))
def test_an_unknown_kind_is_refused_and_the_valid_ones_are_named(option, kind):
    usage(run(*FAST, option, kind, timeout=5), *KINDS)


@pytest.mark.parametrize("kind", LATER_KINDS)
def test_a_kind_of_another_version_is_refused_and_the_valid_ones_are_named(kind):
    usage(run(*FAST, "-k", kind, timeout=5), kind, *KINDS)


@pytest.mark.parametrize("kinds", ("", ",", ",,", "sched.run,", ",sched.run",
                                   "sched.run,,task.relief",
                                   "sched.run, task.relief", "sched.run;task.relief"))
def test_a_list_of_kinds_with_a_hole_is_refused(kinds):
    usage(run(*FAST, "-k", kinds, timeout=5))


@pytest.mark.parametrize("kinds", ("sched.run,frobnicate", "frobnicate,sched.run"))
def test_one_unknown_kind_among_good_ones_is_refused(kinds):
    usage(run(*FAST, "-k", kinds, timeout=5), "frobnicate", *KINDS)


def test_a_kind_named_twice_is_refused_or_measured_once():
    result = run(*FAST, "-k", "sched.run,sched.run", "--json", "-")
    if result.code == 2:
        usage(result, "sched.run")
        return
    rows = [row for row in json.loads(done(result).out)["latencies"] if row["cpu"] is None]
    assert [row["kind"] for row in rows] == ["sched.run"]


def test_a_list_as_long_as_an_argument_can_be_is_refused():
    usage(run(*FAST, "-k", "x" * 100_000, timeout=5))
    usage(run(*FAST, "-k", ",".join(["sched.run"] * 10_000 + ["x"]), timeout=5))


@pytest.mark.parametrize("kind", ("", "frobnicate", "irqsoff", "sched.run,", "sched.run,x"))
def test_a_histogram_of_an_unknown_kind_is_refused(kind):
    usage(run(*FAST, "--hist", kind, timeout=5))


def test_a_histogram_of_a_kind_that_is_not_measured_is_refused():
    usage(run(*FAST, "-k", "sched.run", "--hist", "sched.wakeup", timeout=5), "sched.wakeup")
    usage(run(*FAST, "--hist", "sched.wakeup", "-k", "sched.run", timeout=5), "sched.wakeup")


@pytest.mark.parametrize("parts", ("", ",", "waker,", ",switch", "frobnicate", "waker,frobnicate",
                                   "WAKER", "task", "waker;switch"))
def test_an_unknown_part_to_split_is_refused(parts):
    usage(run(*FAST, "--split", parts, timeout=5))


@pytest.mark.parametrize("text", ("", "frobnicate", "BPF", "ebpf", "auto,bpf", "bpf "))
def test_an_unknown_collector_is_refused_and_the_valid_ones_are_named(text):
    usage(run(*FAST, "--collector", text, timeout=5), "auto", "bpf", "module")


def test_a_module_that_is_not_loaded_is_told():
    refused(run(*FAST, "--collector", "module", timeout=5), 77, "module")
    refused(run("profile", "--collector=module", "--json", "-", timeout=5), 77, "module")


@pytest.mark.parametrize("arguments", (
    ("-k", "sched.run"), ("--kinds=sched.run,task.relief",), ("-k", ",".join(KINDS)),
    ("--collector", "auto"), ("--collector=bpf",), ("--hist", "sched.wakeup"), ("--series",),
    ("--split", "waker"),
    ("-k", "sched.run", "--hist=sched.run")))
def test_good_options_are_taken(arguments):
    reported(run(*FAST, *arguments))
    reported(run("profile", *FAST, *arguments))
