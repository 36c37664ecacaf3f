# SPDX-License-Identifier: GPL-2.0-only
"""The checkers can fail: each rule is broken once in a document that is otherwise right."""
import copy

import pytest
import sample
import semantics
import validator

pytestmark = pytest.mark.no_program

# what is broken: where it is, what to put there, and a word of the complaint expected;
# latencies/0 to 2 are sched.wakeup merged, of CPU 0 and of CPU 1, 3 is sched.run, 5 has no samples
RULES = {
    "causes off by a nanosecond": ("latencies/0/causes/task", lambda ns: ns + 1, "causes sum"),
    "a cause without time": ("latencies/1/causes/softirq", lambda ns: 0, "causes sum"),
    "a merged cause that is not the sum":
        ("latencies/0/causes", lambda old: {"task": sum(old.values()), "unexplained": 0},
         "merged cause"),
    "a bucket that lost a sample": ("latencies/0/buckets/0/2", lambda n: n + 1, "bucket total"),
    "an overflow that is in a bucket": ("latencies/1/overflow", lambda n: 1, "bucket total"),
    "a sum that no bucket can hold": ("latencies/3/sum_ns", lambda ns: ns * 9, "does not fit"),
    "a bucket too wide": ("latencies/3/buckets/0/1", lambda high: high + 9, "wider than"),
    "buckets that overlap": ("latencies/1/buckets/1/0", lambda low: 4, "out of order"),
    "a bucket upside down": ("latencies/1/buckets/0/1", lambda high: 0, "out of order"),
    "a minimum outside its bucket": ("latencies/1/min_ns", lambda ns: 4, "minimum 4 is outside"),
    "a maximum outside its bucket": ("latencies/1/max_ns", lambda ns: 2000, "maximum 2000 is out"),
    "a mean that is not sum by count": ("latencies/1/mean_ns", lambda ns: ns + 2, "mean"),
    "a median that is a lower bound": ("latencies/1/p50_ns", lambda ns: ns - 2, "p50_ns"),
    "a quantile above the maximum": ("latencies/1/p99_ns", lambda ns: ns + 1, "p99_ns"),
    "a p90 of another bucket": ("latencies/0/p90_ns", lambda ns: 70, "p90_ns"),
    "a p999 of another bucket": ("latencies/0/p999_ns", lambda ns: 1010, "p999_ns"),
    "a minimum that is null": ("latencies/3/min_ns", lambda ns: None, "null although"),
    "a minimum without samples": ("latencies/5/min_ns", lambda ns: 0, "should be null"),
    "a bucket without samples": ("latencies/5/buckets", lambda old: [[1, 2, 1]], "without samples"),
    "an open age without a wait": ("latencies/5/open/oldest_ns", lambda ns: 9, "open count"),
    "a worst that is not the maximum": ("latencies/0/worst/ns", lambda ns: ns - 1, "worst is"),
    "a worst of no time": ("latencies/0/worst/at_ns", lambda ns: 0, "outside the measurement"),
    "a worst of another CPU": ("latencies/1/worst/cpu", lambda cpu: 1, "worst is of CPU"),
    "no worst": ("latencies/3/worst", lambda old: None, "worst is null"),
    "an open wait without age": ("latencies/0/open/oldest_ns", lambda ns: 0, "open count"),
    "an open wait older than all":
        ("latencies/0/open/oldest_ns", lambda ns: 3_000_000_000, "older than"),
    "a row twice": ("latencies/2/cpu", lambda cpu: 0, "is there 2 times"),
    "no merged row": ("latencies", lambda old: old[1:], "0 merged rows"),
    "a merged count without a CPU's": ("latencies", lambda old: old[:2], "is not the sum"),
    "a merged minimum of none":
        ("latencies/0/min_ns", lambda ns: 6, "minimum 6 is outside"),
    "a merged maximum of none": ("latencies/0/max_ns", lambda ns: 64_001, "max_ns is not that"),
    "a merged bucket of none": ("latencies/0/buckets/0", lambda old: [6, 7, 1], "merged buckets"),
    "a difference that is none":
        ("reconciliation/0/difference", lambda n: n + 1, "is not kernel - whylate"),
    "a loss that is not the difference": ("reconciliation/1/lost", lambda n: 0, "is not lost"),
    "a merged loss that is not the sum":
        ("reconciliation/0", lambda old: old | {"lost": 3, "whylate": 17, "difference": 3},
         "merged lost"),
    "no row of a CPU": ("reconciliation", lambda old: old[:1], "a row per CPU"),
    "a task with more than all": ("tasks/0/wakeup/count", lambda n: 5, "more wakeup samples"),
    "a task's mean above its maximum": ("tasks/0/wakeup/max_ns", lambda ns: 6, "not ordered"),
    "a task that waited too long": ("tasks/0/wait_ns", lambda ns: ns + 1, "more than all waits"),
    "a task that waited less than it did": ("tasks/0/wait_ns", lambda ns: 1, "its waits are"),
    "a task that ran too long": ("tasks/0/run_ns", lambda ns: 3_000_000_000, "longer than"),
    "a CPU of more than all time":
        ("cpus/0/idle_ns", lambda ns: 2_000_000_000, "classes sum"),
    "a CPU twice": ("cpus/1/cpu", lambda cpu: 0, "a CPU twice"),
    "occupants of too many waits": ("occupants/0/waits", lambda n: 1000, "blamed for more"),
    "a series that goes back": ("series/1/at_ns", lambda ns: sample.START_NS, "ascend"),
    "a series too long": ("series/1/span_ns", lambda ns: 2_000_000_000, "spans more"),
    "a series of more than all": ("series/0/latencies/0/count", lambda n: 50, "more than the wh"),
    "a series' p99 above its maximum":
        ("series/0/latencies/0/p99_ns", lambda ns: 1001, "above its maximum"),
    "a series' maximum that nobody saw":
        ("series/0/latencies/0/max_ns", lambda ns: 64_001, "above that of the whole"),
    "frequencies out of order": ("switch_frequency", lambda old: old[::-1], "switch_frequency"),
    "keys that are not the whole": ("latencies/8/count", lambda n: n + 1, "of its keys"),
    "an unknown number without why": ("cpus/0/steal_ns", lambda ns: None, "nothing says why"),
}


def broken(path, change):
    """The sample with the value at path changed."""
    document = copy.deepcopy(sample.profile())
    if path.startswith("cpus/0/steal"):
        del document["cpus"][0]["why"]
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    place = document
    for step in way:
        place = place[step]
    place[last] = change(place[last])
    return document


def test_the_sample_breaks_no_rule():
    assert validator.complaints(sample.profile(), "profile") == []
    assert semantics.complaints(sample.profile()) == []


@pytest.mark.parametrize("what", RULES)
def test_a_broken_rule_is_found(what):
    path, change, word = RULES[what]
    found = semantics.complaints(broken(path, change))
    assert any(word in complaint for complaint in found), found


def test_every_rule_was_broken_once():
    documents = [broken(path, change) for path, change, _ in RULES.values()]
    for rule in semantics.RULES:
        assert any(list(rule(document)) for document in documents), rule.__name__
