# SPDX-License-Identifier: GPL-2.0-only
"""A watch on the other kernels, where nothing is hidden: every story adds up and agrees with the
account, the inversion is named, and what was saved tells the same again."""
import json

import pytest

from asking import ask

KERNELS = ("6.1", "6.12-rt")
# Of everybody, and then of the control alone: while one is told of and saved, those that come are only counted, and
# the control's turn ends when others' do.
SCENE = "-- build/whylate lab scene inversion --cpu 1 -d 8s"
WATCH = ("build/whylate watch --slo task.relief=3ms --slo sched.wakeup=1ms --slo sched.preempted=1ms --rate 25 "
         f"--json $GUEST_OUT/watch.json {SCENE}")
CONTROL = ("build/whylate watch --slo task.relief=3ms --comm control --rate 25 "
           f"--save $GUEST_OUT/saved --json $GUEST_OUT/control.json {SCENE}")
EXPLAINED = 40
EXPLAIN = (f"for f in $(ls $GUEST_OUT/saved/* | head -{EXPLAINED}); do build/whylate explain --slo task.relief=3ms "
           "--comm control --json - $f; done > $GUEST_OUT/explained.json")

pytestmark = pytest.mark.timeout(200)


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.fixture(scope="module", params=KERNELS)
def found(request, tmp_path_factory):
    """(violations, the control's, what explain says of the recordings saved of these)"""
    out = tmp_path_factory.mktemp("guest")
    done = ask(out, request.param, "sh", "-c", f"{WATCH} >&2; {CONTROL} >&2; {EXPLAIN}", needs="vmlinuz")
    assert done.stderr.count("lost 0") == 2, done.stderr
    return [lines(out / "out" / f"{name}.json") for name in ("watch", "control", "explained")]


def test_every_story_adds_up_and_nothing_is_unexplained(found):
    told = found[0] + found[1]
    stories = [s for s in told if s["complete"]]
    assert len(found[0]) > 50
    assert len(stories) == len(told)
    for s in stories:
        assert sum(c["ns"] for c in s["causes"]) + s["unexplained_ns"] == s["latency_ns"], s
        assert s["disagreed_ns"] == 0, s
        assert s["unexplained_ns"] <= 1000, s


def test_the_inversion_is_named(found):
    turns = found[1]
    assert {(s["kind"], s["task"]["comm"]) for s in turns} == {("task.relief", "control")}
    named = [s for s in turns if s["diagnosis"] and s["diagnosis"]["what"] == "priority_inversion"]
    assert len(turns) > 20 and len(named) >= 0.8 * len(turns)
    assert all("medium" in s["diagnosis"]["text"] for s in named)


def test_what_was_saved_tells_the_same(found):
    told = {(s["start_ns"], s["end_ns"]): s for s in found[1] if not s["is_open"]}
    again = {(s["start_ns"], s["end_ns"]): s for s in found[2]}
    both = told.keys() & again.keys()
    assert len(both) >= 0.9 * min(len(told), EXPLAINED)
    for key in both:
        for field in ("causes", "unexplained_ns", "complete", "story", "diagnosis"):
            assert told[key][field] == again[key][field], (field, told[key], again[key])
