# SPDX-License-Identifier: GPL-2.0-only
"""Rules that hold inside one row: numbers known or explained, parts that sum, a worst that fits."""
import histogram
from measure import SLACK_NS, WAITS, is_inside, name

NULL_MEANS_NONE = ("open_wait_ns", "open_run_ns", "oldest_ns", "cpu", "key", "worst", "causes")


def numbers_unknown(value, path="$"):
    """A number that is null has a sibling that says why (or a sibling count of 0)."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from numbers_unknown(item, f"{path}[{index}]")
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if item is None and key not in NULL_MEANS_NONE and key != "why":
            if not value.get("why") and value.get("count") != 0:
                yield f"{path}.{key} is null and nothing says why"
        yield from numbers_unknown(item, f"{path}.{key}")


def causes(document):
    """The parts add up to the whole, to the nanosecond."""
    for row in document["latencies"]:
        parts = [ns for cause, ns in (row.get("causes") or {}).items()
                 if cause != "why" and ns is not None]
        if (row["kind"] in WAITS or parts) and sum(parts) != row["sum_ns"]:
            yield f"{name(row)}: causes sum to {sum(parts)}, not to sum_ns {row['sum_ns']}"


def histograms(document):
    for row in document["latencies"]:
        for complaint in histogram.complaints(row):
            yield f"{name(row)}: {complaint}"


def worst(document):
    for row in document["latencies"]:
        case = row["worst"]
        if (case is None) != (row["count"] == 0):
            yield f"{name(row)}: worst is null with samples, or there without"
        elif case and case["ns"] != row["max_ns"]:
            yield f"{name(row)}: worst is {case['ns']}, maximum {row['max_ns']}"
        elif case and not is_inside(document, case["at_ns"]):
            yield f"{name(row)}: worst at {case['at_ns']} is outside the measurement"
        elif case and row["cpu"] is not None and case["cpu"] != row["cpu"]:
            yield f"{name(row)}: worst is of CPU {case['cpu']}"


def open_waits(document):
    limit = document["whylate"]["duration_ns"] + SLACK_NS
    for row in document["latencies"]:
        waits = row.get("open")
        if not waits or waits["count"] is None:
            continue
        if (waits["count"] == 0) != (not waits["oldest_ns"]):
            yield f"{name(row)}: open count {waits['count']}, oldest {waits['oldest_ns']}"
        elif (waits["oldest_ns"] or 0) > limit:
            yield f"{name(row)}: open wait is older than the measurement"


RULES = (numbers_unknown, causes, histograms, worst, open_waits)
