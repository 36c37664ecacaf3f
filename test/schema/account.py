# SPDX-License-Identifier: GPL-2.0-only
"""Rules between the parts and the whole of time: tasks, CPUs, occupants, spans of the series."""
from collections import Counter

from measure import CPU_CLASSES, SLACK_NS, WAITS, is_inside, merged_rows

STATISTICS = {"wakeup": "sched.wakeup", "preempted": "sched.preempted",
              "response": "task.response", "relief": "task.relief"}


def tasks(document):
    """No task has more than the whole."""
    whole = merged_rows(document)
    for field, kind in STATISTICS.items():
        stats = [row[field] for row in document["tasks"] if row[field] and row[field]["count"]]
        if kind not in whole:
            continue
        if sum(one["count"] for one in stats) > whole[kind]["count"]:
            yield f"tasks have more {field} samples than {kind}"
        for one in stats:
            ascending = [one["min_ns"], one["mean_ns"], one["max_ns"], whole[kind]["max_ns"]]
            if None in ascending or ascending != sorted(ascending):
                yield f"a task's {field} {one} is not ordered, or above the maximum of {kind}"
    waited = sum(row["wait_ns"] or 0 for row in document["tasks"])
    if all(kind in whole for kind in WAITS) and waited > sum(whole[k]["sum_ns"] for k in WAITS):
        yield f"tasks waited {waited} ns, more than all waits"


def task_times(document):
    for row in document["tasks"]:
        limit = document["whylate"]["duration_ns"] * row["merged"] + SLACK_NS
        if (row["run_ns"] or 0) + (row["open_run_ns"] or 0) > limit:
            yield f"task {row['pid']} ran for {row['run_ns']} ns, longer than the measurement"
        parts = [row[name] for name in ("wakeup", "preempted") if row[name] and row[name]["count"]]
        least = sum((one["mean_ns"] - 1) * one["count"] for one in parts)
        if row["wait_ns"] is not None and row["wait_ns"] < least:
            yield f"task {row['pid']} waited {row['wait_ns']} ns, its waits are {least} ns"


def cpus(document):
    """A CPU does one thing at a time: its classes cannot exceed the elapsed time."""
    header = document["whylate"]
    if sorted(row["cpu"] for row in document["cpus"]) != sorted(
            {row["cpu"] for row in document["cpus"]}) or len(document["cpus"]) > header["cpus"]:
        yield "cpus has a CPU twice, or more than there are"
    for row in document["cpus"]:
        total = sum(row[name] or 0 for name in CPU_CLASSES)
        if total > header["duration_ns"] + 1_000_000:
            yield f"CPU {row['cpu']}: classes sum to {total}, beyond {header['duration_ns']}"


def occupants(document):
    whole = merged_rows(document)
    if not all(kind in whole for kind in WAITS):
        return      # a wait of a kind that is not shown may have had an occupant too
    blamed = sum(row["waits"] for row in document["occupants"])
    if blamed > sum(whole[kind]["count"] for kind in WAITS):
        yield "occupants are blamed for more waits than there were"


def series(document):
    at = [span["at_ns"] for span in document["series"]]
    if at != sorted(set(at)) or not all(is_inside(document, one) for one in at):
        yield "series does not ascend inside the measurement"
    if sum(span["span_ns"] for span in document["series"]) > \
            document["whylate"]["duration_ns"] + SLACK_NS:
        yield "series spans more than the measurement"
    counts = Counter()
    for row in (row for span in document["series"] for row in span["latencies"]):
        counts[row["kind"]] += row["count"]
        if None not in (row["p99_ns"], row["max_ns"]) and row["p99_ns"] > row["max_ns"]:
            yield f"series: {row['kind']} p99 is above its maximum"
    for kind, row in merged_rows(document).items():
        if counts[kind] > row["count"]:
            yield f"series: {kind} counts more than the whole"
        for one in (one for span in document["series"] for one in span["latencies"]):
            if one["kind"] == kind and (one["max_ns"] or 0) > (row["max_ns"] or 0):
                yield f"series: {kind} has a maximum above that of the whole"


def frequency(document):
    end = 0
    for low, high, _ in document["switch_frequency"]:
        if low >= high or low < end:
            yield f"switch_frequency bucket [{low}, {high}) is out of order"
        end = high


RULES = (tasks, task_times, cpus, occupants, series, frequency)
