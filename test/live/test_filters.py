# SPDX-License-Identifier: GPL-2.0-only
"""-t, -p and --cgroup: the subject's events and no other's, and the same ones as without."""

import os
import pathlib

import pytest

import soundness
from whylate import CPU, WAITS, Load, limit

pytestmark = limit(60)

CYCLES = 500


def loop(**options):
    return Load("timers", waits_for_go=True, cycles=CYCLES, busy="50us", cpu=CPU, **options)


def assert_only(report, pids):
    """The rows are about these tasks, and the kinds hold what these tasks' rows hold."""
    soundness.assert_sound(report)
    assert {task["pid"] for task in report["tasks"] if not task["exited"]} == set(pids)
    assert not [task for task in report["tasks"] if task["exited"]]
    for kind in ("wakeup", "preempted"):
        row = report.row("sched." + kind)
        of_tasks = sum(task[kind]["count"] for task in report["tasks"])
        assert (row["count"] if row else 0) == of_tasks, kind


def counts(task):
    return {kind: task[kind]["count"] for kind in ("wakeup", "preempted", "response", "relief")} | {
        field: task[field] for field in ("switches_voluntary", "switches_involuntary")}


def test_a_thread_filter_shows_that_thread_as_the_whole_machine_does(measure):
    with loop() as load, loop() as other:
        with measure() as everything, measure("-t", str(load.pid)) as filtered:
            load.go(), other.go()
            truth, _ = load.tally(), other.tally()
            mine, whole = filtered.finish(), everything.finish()
    assert_only(mine, {load.pid})
    assert counts(mine.task(load.pid)) == counts(whole.task(load.pid))
    wakeups = mine.task(load.pid)["wakeup"]["count"]
    assert wakeups == pytest.approx(truth["cycles"], abs=mine.slack(CPU))


def test_a_thread_filter_leaves_out_the_other_threads_of_the_process(measure):
    with loop(io=True) as load, measure("-t", str(load.pid)) as filtered:
        load.go().tally()
        assert_only(filtered.finish(), {load.pid})


def test_a_process_filter_takes_all_threads_also_new_ones(measure):
    with Load("pingpong", waits_for_go=True, rounds=2000, threads=True, cpu=CPU) as load, \
         measure("-p", str(load.pid)) as filtered:
        truth = load.go().tally()
        report = filtered.finish()
    assert_only(report, {player["pid"] for player in truth["tasks"]})
    assert {task["tgid"] for task in report["tasks"]} == {load.pid}


def test_a_process_filter_leaves_out_its_child_processes(measure):
    with Load("pingpong", waits_for_go=True, rounds=2000, cpu=CPU) as load, \
         measure("-p", str(load.pid)) as filtered:
        load.go().tally()
        assert_only(filtered.finish(), {load.pid})


def test_who_was_in_the_way_is_named_though_it_is_no_subject(measure):
    with Load("pingpong", waits_for_go=True, rounds=2000, cpu=CPU) as load, \
         measure("-t", str(load.pid)) as filtered:
        truth = load.go().tally()
        report = filtered.finish()
    assert_only(report, {load.pid})
    (partner,) = [player["pid"] for player in truth["tasks"] if player["pid"] != load.pid]
    waits = {occupant["pid"]: occupant["waits"] for occupant in report["occupants"]}
    assert waits.get(partner, 0) >= 1000, report["occupants"]
    assert sum(waits.values()) <= sum(row["count"] for row in report.merged_waits())


@pytest.fixture
def cgroup():
    """A new cgroup of the unified hierarchy."""
    mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    unified = [mount[1] for mount in mounts if mount[2] == "cgroup2"]
    if not unified:
        pytest.skip("no cgroup2 hierarchy is mounted")
    path = pathlib.Path(unified[0]) / f"whylate-live-{os.getpid()}"
    path.mkdir()
    yield path
    path.rmdir()


def test_a_cgroup_filter_takes_the_tasks_inside_not_their_wakers(measure, cgroup):
    def enter():
        (cgroup / "cgroup.procs").write_text(str(os.getpid()))

    with loop(preexec=enter) as inside, loop() as outside:
        with measure("--cgroup", str(cgroup)) as filtered:
            inside.go(), outside.go()
            truth, _ = inside.tally(), outside.tally()
            report = filtered.finish()
    assert_only(report, {inside.pid})
    assert cgroup.name in report.task(inside.pid)["cgroup"]
    wakeups = report.task(inside.pid)["wakeup"]["count"]
    assert wakeups == pytest.approx(truth["cycles"], abs=report.slack(CPU))


@pytest.mark.parametrize("kind", [*WAITS, "sched.run", "task.response", "task.relief"])
def test_a_kind_asked_for_comes_alone(measure, kind):
    with loop() as load, measure("-k", kind) as measurement:
        load.go().tally()
        report = measurement.finish()
    assert {row["kind"] for row in report.rows()} <= {kind}
    assert report.row(kind) or kind == "sched.new"
    waits = sum(row["count"] for row in report.merged_waits())
    assert sum(occupant["waits"] for occupant in report["occupants"]) <= waits
    soundness.assert_sound(report)
