# SPDX-License-Identifier: GPL-2.0-only
"""The kinds of `lab inject` that are tasks and do more than spin: their labels are as long as what
they did makes them, and what whylate says of the same time agrees."""
import json
import pathlib
import subprocess

import pytest

from test_inject import between
from whylate import CPU, PROGRAM, SLOW, limit

pytestmark = limit(60)

LENGTH, EVERY, COUNT = 3_000_000, 20_000_000, 40
SLACK = 300_000 * SLOW


def inject(kind, length=LENGTH, count=COUNT):
    return [PROGRAM, "lab", "inject", kind, "--length", f"{length}ns", "--every", f"{EVERY}ns",
            "--cpu", str(CPU), "-n", str(count), "-d", "20s"]


def labels_of(kind, tmp_path, *command):
    """Labels of a run under a command of whylate."""
    out = tmp_path / "labels"
    done = subprocess.run([*command, *inject(kind), "--json", out], capture_output=True, text=True,
                          timeout=40 * SLOW)
    assert out.exists(), done.stderr
    labels = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(labels) == COUNT and {(x["kind"], x["cpu"]) for x in labels} == {(kind, CPU)}
    assert min(between(labels)) >= LENGTH
    return labels


def lengths(labels):
    return sorted(x["end_ns"] - x["begin_ns"] for x in labels)


# How long the middle one is, in lengths: what is asked for, and what the kind adds to it.
@pytest.mark.parametrize("kind, least, most", (("boost", 1, 1.1), ("inversion", 1.45, 1.7),
                                               ("convoy", 1, 1.4), ("forks", 1, 1.3),
                                               ("flood", 1, 1.1)))
def test_a_label_is_as_long_as_the_kind_makes_it(kind, least, most, tmp_path):
    found = lengths(labels_of(kind, tmp_path))
    assert found[COUNT // 10] >= least * LENGTH - 50_000
    assert found[COUNT // 2] <= most * LENGTH + SLACK


def told(path, kind, comm):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [v for v in lines if v["kind"] == kind and v["task"]["comm"] == comm and not v["is_open"]]


def watch(path, limit_of):
    return [PROGRAM, "watch", "--slo", limit_of, "--rate", "1000", "--json", path, "--"]


def near(violations, label):
    return [v for v in violations if v["start_ns"] < label["end_ns"] and
            v["end_ns"] > label["begin_ns"]]


@pytest.mark.parametrize("kind, wait, comm", (("affinity", "sched.wakeup", "trapped"),
                                              ("throttled", "sched.preempted", "whylate")))
def test_a_wait_is_as_long_as_its_label(kind, wait, comm, tmp_path):
    path = tmp_path / "watch"
    labels = labels_of(kind, tmp_path, *watch(path, f"{wait}=1ms"))
    violations = told(path, wait, comm)
    same = 0
    for label in labels:
        length = label["end_ns"] - label["begin_ns"]
        own = near(violations, label)
        same += len(own) == 1 and abs(own[0]["latency_ns"] - length) <= max(0.05 * length, SLACK / 5)
        for v in own:
            assert sum(c["ns"] for c in v["causes"]) + v["unexplained_ns"] == v["latency_ns"]
            if kind == "affinity":
                assert v["causes"][0]["cause"] == "task" and "whylate" in v["causes"][0]["who"]
    assert same >= 0.9 * len(labels)


@pytest.mark.parametrize("kind, row, least", (("forks", ("sched.new", None), 5),
                                              ("flood", ("softirq.run", "NET_RX"), 100)))
def test_a_storm_is_one(kind, row, least, tmp_path):
    path = tmp_path / "report"
    labels_of(kind, tmp_path, PROGRAM, "profile", "--json", path, "--")
    rows = [r for r in json.loads(path.read_text())["latencies"] if r["kind"] == row[0] and
            r["cpu"] is None and (r["key"] or {}).get("softirq") == row[1]]
    assert rows[0]["count"] >= least * COUNT


def test_a_throttled_group_is_gone_afterwards(tmp_path):
    labels_of("throttled", tmp_path)
    assert not list(pathlib.Path("/sys/fs/cgroup").glob("**/whylate-lab.*"))
