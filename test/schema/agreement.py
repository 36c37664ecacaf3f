# SPDX-License-Identifier: GPL-2.0-only
"""Rules between rows of one kind: unique, per CPU and merged, us and the kernel."""
from collections import Counter

from measure import WAITS


def rows_unique(document):
    rows = Counter((row["kind"], str(row["key"]), row["cpu"]) for row in document["latencies"])
    for (kind, _, cpu), times in rows.items():
        if times > 1:
            yield f"{kind} of CPU {cpu} is there {times} times"


def _buckets(rows):
    total = Counter()
    for row in rows:
        for low, high, count in row["buckets"]:
            total[low, high] += count
    return total


def merged(document):
    """A merged row is the sum of its CPUs' rows."""
    rows = [row for row in document["latencies"] if row["key"] is None]
    for kind in {row["kind"] for row in rows}:
        whole = [row for row in rows if row["kind"] == kind and row["cpu"] is None]
        parts = [row for row in rows if row["kind"] == kind and row["cpu"] is not None]
        if len(whole) != 1:
            yield f"{kind} has {len(whole)} merged rows"
            continue
        if not parts and whole[0]["count"] == 0:
            continue        # a kind with keys of which none was seen has no row of any CPU
        for field in ("count", "sum_ns", "overflow"):
            if whole[0][field] != sum(row[field] for row in parts):
                yield f"{kind}: merged {field} is not the sum over CPUs"
        if _buckets(whole) != _buckets(parts):
            yield f"{kind}: merged buckets are not the sum over CPUs"
        for field, pick in (("min_ns", min), ("max_ns", max)):
            known = [row[field] for row in parts if row[field] is not None]
            if known and whole[0][field] != pick(known):
                yield f"{kind}: merged {field} is not that of its CPUs"


def keyed(document):
    """Of each kind with keys, the keys sum to the whole, on each CPU and merged."""
    rows = [row for row in document["latencies"]]
    for kind in {row["kind"] for row in rows if row["key"]}:
        for cpu in {row["cpu"] for row in rows if row["kind"] == kind}:
            here = [row for row in rows if row["kind"] == kind and row["cpu"] == cpu]
            for field in ("count", "sum_ns"):
                if sum(row[field] for row in here if row["key"]) != \
                        sum(row[field] for row in here if not row["key"]):
                    yield f"{kind} of CPU {cpu}: {field} of its keys is not the whole's"


def merged_causes(document):
    for kind in WAITS:
        total = Counter()
        for row in document["latencies"]:
            if row["kind"] == kind and row["key"] is None:
                sign = 1 if row["cpu"] is None else -1
                for cause, ns in row["causes"].items():
                    total[cause] += sign * ns if isinstance(ns, int) else 0
        for cause in (cause for cause, ns in total.items() if ns):
            yield f"{kind}: merged cause {cause} is not the sum over CPUs"


def reconciliation(document):
    fields = ("kernel", "whylate", "lost", "difference")
    rows = document["reconciliation"]
    for row in rows:
        if None in (row["kernel"], row["whylate"], row["difference"]):
            continue
        if row["difference"] != row["kernel"] - row["whylate"]:
            yield f"{row['what']}: difference is not kernel - whylate"
        if row["difference"] != row["lost"]:
            yield f"{row['what']}: difference {row['difference']} is not lost {row['lost']}"
    for what in {row["what"] for row in rows}:
        whole = [row for row in rows if row["what"] == what and row["cpu"] is None]
        parts = [row for row in rows if row["what"] == what and row["cpu"] is not None]
        if len(whole) != 1 or not parts:
            yield f"{what}: not one merged row and a row per CPU"
            continue
        for field in fields:
            if None not in [row[field] for row in (*whole, *parts)] and \
                    whole[0][field] != sum(row[field] for row in parts):
                yield f"{what}: merged {field} is not the sum over CPUs"


RULES = (rows_unique, merged, keyed, merged_causes, reconciliation)
