# SPDX-License-Identifier: GPL-2.0-only
"""What a live document and the replayed one of the same measurement must have in common: every
count, latency, bucket and task figure to the last digit, and causes but for the counted skew."""
import json

# What only the kernel's side can count: refused reads, memory and room.
KERNEL_ALONE = {"torn_read", "no_task_state", "claim_failed", "work_dropped", "exited_dropped",
                "row_dropped", "recursion_misses", "clock_back"}
SKEW = 1e-5     # of a kind's waiting time


def rows(document):
    return {(r["kind"], json.dumps(r["key"]), r["cpu"]): r for r in document["latencies"]}


def tasks(document):
    """By name, pid and whether they are dead; those hidden from every walk over tasks left out."""
    return {(t["comm"], t["pid"], t["exited"]): t for t in document["tasks"]
            if t["tgid"] or t["exited"]}


def latencies_are_the_same(both):
    live, replayed = map(rows, both)
    assert live.keys() == replayed.keys()
    for key, row in live.items():
        other = replayed[key]
        for name, value in row.items():
            if name == "open":
                assert value["count"] == other["open"]["count"], key
                assert value["oldest_ns"] == other["open"]["oldest_ns"], key
            elif name != "causes":
                assert value == other[name], (key, name, value, other[name])
    return sum(r["count"] for r in live.values() if r["cpu"] is None)


def causes_differ_by_no_more_than_the_counted_skew(both, stop_ns=1000):
    """What live called unexplained for its two clock readings. Beside it a waker may read another
    CPU's account when that has its clock for a change already and has not made it: where it stops
    just then, for as long as it stops."""
    live, replayed = map(rows, both)
    for key, row in live.items():
        if "causes" not in row:
            continue
        other = replayed[key]["causes"]
        assert sum(other.values()) == row["sum_ns"], key
        counted = row["causes"]["unexplained"] - other["unexplained"]
        for cause, ns in row["causes"].items():
            if cause != "unexplained":
                assert abs(other[cause] - ns) <= counted + SKEW * row["sum_ns"] + stop_ns, (
                    key, cause, row["causes"], other)


def tasks_are_the_same(both):
    live, replayed = map(tasks, both)
    # Who died between the end and the walk over the tasks, live tells nothing of.
    assert not live.keys() - replayed.keys()
    assert not [key for key in replayed.keys() - live.keys() if key[2]]
    for key, row in live.items():
        causes = {"hardirq_ns", "softirq_ns", "cgroup", "cgroup_why"}
        same = {name: value for name, value in row.items() if name not in causes}
        assert same == {name: replayed[key][name] for name in same}, key


def cpus_rates_and_losses_are_the_same(both):
    live, replayed = both
    for one, other in zip(live["cpus"], replayed["cpus"]):
        for name in ("task_ns", "idle_ns", "hardirq_ns", "softirq_ns", "unseen_ns"):
            assert one[name] == other[name], (one["cpu"], name)
    # Who died between the end and the walk over the tasks has a last second that live misses.
    missed = len(tasks(replayed).keys() - tasks(live).keys())
    apart = [sum(n for *_, n in d["switch_frequency"]) for d in (live, replayed)]
    assert 0 <= apart[1] - apart[0] <= missed
    assert missed or live["switch_frequency"] == replayed["switch_frequency"]
    for name, n in live["losses"].items():
        assert name in KERNEL_ALONE or replayed["losses"][name] == n, name
