# SPDX-License-Identifier: GPL-2.0-only
"""`explain` beside the report of the same recording, and the four faults of `lab scene`."""
import json
import subprocess

import pytest

from whylate import CPU, MS, PROGRAM, SLOW, Load, limit, seconds

pytestmark = limit(60)


def run(*command, codes=(0,)):
    done = subprocess.run([PROGRAM, *map(str, command)], capture_output=True, text=True,
                          timeout=50 * SLOW)
    assert done.returncode in codes, done.stderr
    return done.stdout


def stories(verb, *command, codes=(0,)):
    return [json.loads(line) for line in run(verb, "--json", "-", *command, codes=codes).splitlines()]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """(file, its report) of processes that pass messages, and some that are born and die."""
    file = tmp_path_factory.mktemp("explain") / "run.why"
    work = "perf bench sched messaging -l 300 >&2; i=0; while [ $i -lt 200 ]; do true | cat; i=$((i+1)); done"
    run("record", "-o", file, "--", "sh", "-c", work)
    return file, json.loads(run("report", file, "--json", "-"))


def row_of(report, kind):
    return next(r for r in report["latencies"]
                if r["kind"] == kind and r["cpu"] is None and r.get("key") is None)


@pytest.mark.parametrize("kind", ["sched.wakeup", "sched.preempted", "sched.new", "sched.run",
                                  "task.response", "softirq.run", "softirq.wait", "irq.vector",
                                  "irq.delivery.timer"])
def test_as_many_are_too_long_as_the_histogram_has(recording, kind):
    file, report = recording
    row = row_of(report, kind)
    # A bucket's lower edge near the ninth tenth.
    edge = next(low for low, high, _ in row["buckets"] if high > row["p90_ns"] or high == row["max_ns"])
    above = sum(count for low, _, count in row["buckets"] if low >= edge) + row["overflow"]
    text = run("explain", file, "--slo", f"{kind}={max(edge - 1, 1)}ns", "--worst", "1")
    counted = int(next(l for l in text.splitlines()
                       if l.startswith(kind)).rsplit(" ", 1)[1].replace(",", ""))
    # What lasts at the end is told as well.
    assert above <= counted <= above + (row.get("open") or {"count": 0})["count"], text[:500]


@pytest.mark.parametrize("kind", ["sched.wakeup", "sched.preempted", "sched.run", "irq.vector"])
def test_the_worst_story_is_the_reports_worst_case(recording, kind):
    file, report = recording
    row = row_of(report, kind)
    worst = [s for s in stories("explain", file, "--slo", f"{kind}=1ns", "--worst", "20")
             if not s["is_open"]]
    assert max(s["latency_ns"] for s in worst) == row["max_ns"]
    top = max(worst, key=lambda s: s["latency_ns"])
    assert top["end_ns"] == row["worst"]["at_ns"]


def test_stories_sum_are_complete_and_agree_with_the_account(recording):
    found = stories("explain", recording[0], "--worst", "500")
    assert len(found) == 500
    for s in found:
        assert sum(c["ns"] for c in s["causes"]) + s["unexplained_ns"] == s["latency_ns"], s
        assert s["complete"], s["missing"]
    assert sum(s["disagreed_ns"] != 0 for s in found) <= 10
    assert [s["start_ns"] for s in found] == sorted(s["start_ns"] for s in found)


def test_pieces_follow_each_other_without_a_gap(recording):
    for s in stories("explain", recording[0], "--worst", "50"):
        at = s["start_ns"]
        for e in s["events"]:
            if e["what"] == "sched_waking" or e["at_ns"] < s["start_ns"]:
                continue
            assert e["at_ns"] == at, s
            at += e["ns"]
        assert at == s["end_ns"] or s["events_left_out"]


def test_at_a_time_only_what_was_late_then_is_told(recording):
    file, report = recording
    some = stories("explain", file, "--worst", "5")[2]
    begin = report["whylate"]["start_ns"]
    at = (some["start_ns"] + some["end_ns"]) // 2
    found = stories("explain", file, "--at", f"{at - begin}ns", "--worst", "1000")
    assert found
    assert all(s["start_ns"] <= at <= s["end_ns"] for s in found)


def test_only_whom_it_was_asked_for(recording):
    comm = "sched-messaging"
    found = stories("explain", recording[0], "--comm", comm, "--worst", "50")
    assert {s["task"]["comm"] for s in found} == {comm}
    pid = found[0]["task"]["pid"]
    assert {s["task"]["pid"] for s in stories("explain", recording[0], "-t", pid)} == {pid}


SCENES = {
    "inversion": (("task.relief=3ms",), "priority_inversion"),
    "priority": (("sched.wakeup=1ms",), "outranked"),
    "blocking": (("task.relief=2ms",), "blocked_in_turn"),
    "hog": (("sched.wakeup=1ms", "sched.preempted=1ms"), "ordinary_tasks_take_turns"),
}


@pytest.mark.parametrize("scene", SCENES)
def test_a_classic_fault_is_named_in_one_run(scene):
    limits, case = SCENES[scene]
    slos = [option for text in limits for option in ("--slo", text)]
    found = stories("watch", *slos, "--comm", "control", "--", PROGRAM, "lab", "scene", scene, "--cpu",
                    CPU, "-d", seconds(2), codes=(1,))
    cases = [s["diagnosis"] and s["diagnosis"]["what"] for s in found]
    assert len(found) >= 5 and cases.count(case) >= 0.9 * len(found), cases
    culprit = {"inversion": "medium", "priority": "logger", "blocking": "backend", "hog": "hog"}[scene]
    texts = [s["diagnosis"]["text"] for s in found if s["diagnosis"] and s["diagnosis"]["what"] == case]
    # A waker that came to its CPU by a switch that the machine hid is not known: one of 581 stories.
    unnamed = [text for text in texts if culprit not in text]
    assert all("not known woke it" in text for text in unnamed), unnamed
    assert len(unnamed) <= (scene == "blocking"), unnamed


def test_an_inversion_names_holder_and_culprit_and_for_how_long():
    found = stories("watch", "--slo", "task.relief=3ms", "--comm", "control", "--", PROGRAM, "lab", "scene",
                    "inversion", "--cpu", CPU, "-d", seconds(1), codes=(1,))
    named = [s["diagnosis"] for s in found if s["diagnosis"]]
    assert named
    # Medium computes for 5 ms, of which 0.5 were over when control wanted the mutex.
    assert sorted(d["ns"] for d in named)[len(named) // 2] == pytest.approx(4.5 * MS, rel=0.1)
    assert all(d["holder_pid"] and d["culprit_pid"] for d in named)


def test_a_task_that_waits_at_the_end_of_a_recording_is_told(tmp_path):
    file = tmp_path / "run.why"
    recorder = subprocess.Popen([PROGRAM, "record", "-o", file, "--", "sh", "-c", f"echo; exec sleep {2 * SLOW}"],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert recorder.stdout.readline() == b"\n"  # it has begun
    load = Load("starve", cpu=CPU, **{"for": seconds(4)})
    truth = load.tally()
    recorder.communicate()
    found = [s for s in stories("explain", file, "--slo", "sched.wakeup=100ms")
             if s["task"]["pid"] == truth["victim"]]
    load.close()
    assert len(found) == 1 and found[0]["is_open"]
    assert found[0]["causes"][0]["pid"] == truth["hog"]


def test_what_a_watch_saves_tells_the_same_again(tmp_path):
    told = stories("watch", "--slo", "task.relief=3ms", "--comm", "control", "--save", tmp_path / "saved",
                   "--", PROGRAM, "lab", "scene", "inversion", "--cpu", CPU, "-d", seconds(1), codes=(1,))
    files = sorted((tmp_path / "saved").iterdir())
    assert len(files) == len({s["nr"] for s in told}) >= 20
    for file, live in zip(files, (s for s in told if not s["is_open"])):
        assert file.name == f"{live['nr']:06}-task.relief.why"
        again = [s for s in stories("explain", "--slo", "task.relief=3ms", "--comm", "control", file)
                 if s["start_ns"] == live["start_ns"]]
        assert len(again) == 1, (live, again)
        for field in ("end_ns", "causes", "unexplained_ns", "complete", "story", "diagnosis", "task"):
            assert again[0][field] == live[field], field
        assert json.loads(run("report", file, "--json", "-"))["recording"]["complete"]


def test_a_directory_that_cannot_be_written_is_told(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    done = subprocess.run([PROGRAM, "watch", "--slo", "irq.vector=1ns", "-n", "2", "--save", file / "sub"],
                          capture_output=True, text=True, timeout=20 * SLOW)
    assert done.returncode == 1 and "sub" in done.stderr and done.stderr.count("\n") == 1, done.stderr
