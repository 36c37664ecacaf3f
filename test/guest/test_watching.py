# SPDX-License-Identifier: GPL-2.0-only
"""A watch on the other kernels, where nothing is hidden: every story adds up and agrees with the
account, the inversion is named, and what was saved tells the same again."""
import json

import pytest

from asking import ask

KERNELS = ("6.1", "6.12-rt")
# While one is told of and saved, those that come are only counted: of the control's turns the slower
# kernel has a twelfth told, 16 to 18 in 8 s.
WATCH = ("build/whylate watch --slo task.relief=3ms --slo sched.wakeup=1ms --slo sched.preempted=1ms "
         "--rate 25 --save $GUEST_OUT/saved --json $GUEST_OUT/watch.json "
         "-- build/whylate lab scene inversion --cpu 1 -d 16s")
# Of some 400 files the first of the control's turns: a line of JSON names each by its number.
EXPLAINED = 40
EXPLAIN = ("""sed -n '/"kind": *"task.relief"/{/"comm": *"control"/s/.*"nr": *\\([0-9]*\\).*/\\1/p}' $GUEST_OUT/watch.json | """
           f"sort -nu | head -{EXPLAINED} | while read nr; do build/whylate explain --slo task.relief=3ms --comm control --json - "
           "$GUEST_OUT/saved/$(printf %06d $nr)-task.relief.why; done >$GUEST_OUT/explained.json")

pytestmark = pytest.mark.timeout(200)


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.fixture(scope="module", params=KERNELS)
def found(request, tmp_path_factory):
    """(violations, what explain says of the recordings saved of them)"""
    out = tmp_path_factory.mktemp("guest")
    done = ask(out, request.param, "sh", "-c", f"{WATCH} >&2; {EXPLAIN}", needs="vmlinuz")
    assert "lost 0" in done.stderr, done.stderr
    return [lines(out / "out" / name) for name in ("watch.json", "explained.json")]


def test_every_story_adds_up_and_nothing_is_unexplained(found):
    stories = [s for s in found[0] if s["complete"]]
    assert len(stories) > 50
    assert len(stories) == len(found[0])
    for s in stories:
        assert sum(c["ns"] for c in s["causes"]) + s["unexplained_ns"] == s["latency_ns"], s
        assert s["disagreed_ns"] == 0, s
        assert s["unexplained_ns"] <= 1000, s


def test_the_inversion_is_named(found):
    turns = [s for s in found[0] if s["kind"] == "task.relief" and s["task"]["comm"] == "control"]
    named = [s for s in turns if s["diagnosis"] and s["diagnosis"]["what"] == "priority_inversion"]
    assert len(turns) > 20 and len(named) >= 0.8 * len(turns)
    assert all("medium" in s["diagnosis"]["text"] for s in named)


def test_what_was_saved_tells_the_same(found):
    told = {(s["start_ns"], s["end_ns"]): s for s in found[0]
            if s["kind"] == "task.relief" and s["task"]["comm"] == "control" and not s["is_open"]}
    again = {(s["start_ns"], s["end_ns"]): s for s in found[1]}
    both = told.keys() & again.keys()
    assert len(both) >= 0.9 * min(len(told), EXPLAINED)
    for key in both:
        for field in ("causes", "unexplained_ns", "complete", "story", "diagnosis"):
            assert told[key][field] == again[key][field], (field, told[key], again[key])
