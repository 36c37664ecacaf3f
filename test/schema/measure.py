# SPDX-License-Identifier: GPL-2.0-only
"""What the rules share: which kinds are waits, what a CPU can be doing, when was it."""
WAITS = ("sched.wakeup", "sched.preempted", "sched.new")
CPU_CLASSES = ("idle_ns", "task_ns", "hardirq_ns", "softirq_ns", "nmi_ns", "switch_ns",
               "offline_ns")
SLACK_NS = 100_000_000          # a stamp may be taken this long before or after its event


def is_inside(document, at_ns):
    start = document["whylate"]["start_ns"]
    end = start + document["whylate"]["duration_ns"]
    return start - SLACK_NS <= at_ns <= end + SLACK_NS


def merged_rows(document):
    """kind -> its merged row."""
    return {row["kind"]: row for row in document["latencies"]
            if row["cpu"] is None and row["key"] is None}


def name(row):
    where = "merged" if row["cpu"] is None else f"CPU {row['cpu']}"
    return f"{row['kind']} {row['key'] or ''}{where}"
