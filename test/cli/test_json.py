# SPDX-License-Identifier: GPL-2.0-only
"""A profile's JSON on a real machine, idle and loaded: its shape, its sums, its bounds."""
import os
import time
from collections import Counter

import pytest
import semantics
import validator
from measure import CPU_CLASSES
from program import KINDS, run
from verdict import document, done, refused

TIME = ("-d", "2s")


def can_split_switch():
    """Only kernels from 6.17 on have the event; doctor says so, and the rest must agree with it."""
    causes = document(run("doctor", "--json", "-"))["causes"]
    return [row["available"] for row in causes if row["cause"] == "switch"] == [True]


def profile(*arguments):
    """Runs it for 2 s and holds what came out against schema and rules."""
    before_ns = time.monotonic_ns()
    found = document(run(*TIME, *arguments, "--json", "-"))
    assert validator.complaints(found, "profile") == []
    assert semantics.complaints(found) == []
    header = found["whylate"]
    assert 2e9 <= header["duration_ns"] < 2.5e9
    assert before_ns <= header["start_ns"] <= time.monotonic_ns() - 2_000_000_000
    assert header["cpus"] == os.cpu_count() and header["collector"] == "bpf"
    assert (header["hostname"], header["kernel"]) == (os.uname().nodename, os.uname().release)
    return found


def rows(found, kind):
    """CPU -> the kind's row; None -> the merged one."""
    return {row["cpu"]: row for row in found["latencies"] if row["kind"] == kind}


@pytest.fixture
def hackbench(child):
    child("hackbench", "-g", "2", "-l", "100000000")
    time.sleep(0.3)


@pytest.fixture
def sleeper(child):
    return child("sh", "-c", "while :; do sleep 0.01; done")


def test_an_idle_machine_has_every_kind():
    found = profile()
    assert {row["kind"] for row in found["latencies"]} == set(KINDS)
    assert found["overhead"]["events"] > 0 and found["tasks"]


def test_a_loaded_machine_adds_up(hackbench):
    found = profile()
    merged = rows(found, "sched.wakeup")[None]
    assert merged["count"] > 10_000 and len(rows(found, "sched.wakeup")) == os.cpu_count() + 1
    assert merged["causes"]["task"] > merged["sum_ns"] / 2, "hackbench waits for hackbench"
    blamed = Counter()
    for row in found["occupants"]:
        blamed[row["comm"]] += row["waits"]
    assert blamed.most_common(1)[0][0] == "hackbench"
    assert found["overhead"]["events"] > merged["count"]
    for cpu in found["cpus"]:
        total = sum(cpu[name] or 0 for name in CPU_CLASSES)
        assert total > 0.95 * found["whylate"]["duration_ns"], cpu
    assert any(row["comm"] == "hackbench" and row["run_ns"] > 0 for row in found["tasks"])


def test_a_loaded_machine_counts_as_the_kernel_does(hackbench):
    switches = [row for row in profile()["reconciliation"] if row["what"] == "context switches"]
    assert {row["cpu"] for row in switches} == {None, *range(os.cpu_count())}
    merged = next(row for row in switches if row["cpu"] is None)
    assert merged["kernel"] > 10_000 and merged["lost"] < merged["kernel"] / 100


@pytest.mark.parametrize("kinds", (("sched.run",), ("sched.wakeup", "task.relief"),
                                   ("sched.preempted", "sched.new")))
def test_only_the_kinds_asked_for_are_there(kinds, hackbench):
    found = profile("-k", ",".join(kinds))
    assert {row["kind"] for row in found["latencies"]} == set(kinds)


def test_a_series_has_a_span_for_every_second(hackbench):
    spans = profile("--series")["series"]
    assert 2 <= len(spans) <= 3
    assert sum(span["span_ns"] for span in spans) > 1.9e9
    assert all(row["count"] > 0 for span in spans for row in span["latencies"]
               if row["kind"] == "sched.wakeup")
    assert all(len(span["cpus"]) == os.cpu_count() for span in spans)


def test_the_series_is_there_unasked():
    spans = profile()["series"]
    assert spans and all(span["switches"] >= 0 for span in spans)


@pytest.mark.parametrize("option,field", (("-p", "tgid"), ("-t", "pid")))
def test_one_target_is_alone_in_the_profile(option, field, sleeper, hackbench):
    found = profile(option, str(sleeper.pid))
    assert {row[field] for row in found["tasks"]} == {sleeper.pid}
    wakeup = rows(found, "sched.wakeup")[None]
    assert 0 < wakeup["count"] < 2000
    assert wakeup["count"] == sum(row["wakeup"]["count"] for row in found["tasks"])
    assert wakeup["worst"]["pid"] == sleeper.pid


@pytest.mark.parametrize("parts", ("waker", "switch", "waker,switch"))
def test_a_split_still_adds_up(parts, hackbench):
    if "switch" in parts and not can_split_switch():
        refused(run("profile", *TIME, "--split", parts), 77, "sched_entry_tp")
    else:
        profile("--split", parts)


def test_a_part_that_was_not_split_is_not_shown_at_all(hackbench):
    causes = rows(profile(), "sched.wakeup")[None]["causes"]
    assert not {"waker", "ipi", "switch"} & set(causes)


def test_doctor_names_every_kind_and_cause():
    found = document(run("doctor", "--json", "-"))
    assert validator.complaints(found, "doctor") == []
    assert {row["kind"] for row in found["kinds"] if row["available"]} >= set(KINDS)
    assert {row["cause"] for row in found["causes"]} >= {"task", "hardirq", "softirq",
                                                         "idle-exit", "unexplained"}


def test_doctor_reads_as_text():
    text = done(run("doctor")).out.decode("utf-8")
    assert all(kind in text for kind in KINDS)
