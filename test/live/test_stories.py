# SPDX-License-Identifier: GPL-2.0-only
"""`watch` against ground truth: every violation that an injector's label made must be blamed on it,
for as long as the label says. Prints who was blamed for what."""
import collections
import sys

import pytest

from stories import Scene, Verdict, rung, timed
from whylate import limit

pytestmark = limit(120)

OTHER = timed("--policy=other")
SINGLE = {
    "hardirq": Scene(["hardirq"], rung(), busy=True),
    "rq-lock": Scene(["rq-lock"], rung(), busy=True),
    "softirq": Scene(["softirq"]),
    "syscall": Scene(["syscall"]),
    "fifo": Scene(["fifo"], OTHER),
    "task": Scene(["task"], timed("--policy=other", prefix=("nice", "-n", "19"))),
    "niced": Scene(["niced"], rung("chrt", "-i", "0", fifo=0)),
}
MIXED = {
    "softirq and hardirq": Scene(["softirq", "hardirq"], rung(), busy=True),
    "fifo and softirq": Scene(["fifo", "softirq"], OTHER),
    "hardirq, softirq and syscall": Scene(["hardirq", "softirq", "syscall"], rung(), busy=True),
    "fifo, softirq and syscall": Scene(["fifo", "softirq", "syscall"], OTHER),
}
ALL = {**SINGLE, **MIXED}
LEAST_LABELLED = 1000


@pytest.fixture(scope="module")
def verdicts():
    """{scene: its verdict}, filled in as they are played."""
    return {}


@pytest.fixture(scope="module", params=ALL)
def verdict(request, verdicts):
    violations, labels, words = ALL[request.param].play()
    found = verdicts[request.param] = Verdict(request.param)
    for violation in violations:
        found.add(violation, labels)
    assert found.nr >= 40, words
    return found


def test_causes_and_the_unexplained_sum_to_the_latency(verdict):
    assert not verdict.sums


def test_the_window_is_complete(verdict):
    assert not verdict.incomplete


def test_the_story_agrees_with_the_account(verdict):
    """But where events were hidden, which is rare."""
    assert verdict.disagreed <= max(2, verdict.nr // 100), verdict.off


def test_the_top_cause_is_the_injector_and_as_long_as_its_label(verdict):
    least = 0.95 if verdict.name in SINGLE else 0.90
    assert verdict.right >= least * verdict.nr, verdict.off
    assert verdict.near >= least * verdict.nr, verdict.off


def test_confusion(verdicts, capsys):
    """All scenes together, as a matrix: what was injected, and what was blamed."""
    if len(verdicts) < len(ALL):
        pytest.skip("needs every scene of this file")
    all_of_them = collections.Counter()
    for found in verdicts.values():
        all_of_them += found.matrix
    blamed = sorted({b for _, b in all_of_them})
    with capsys.disabled():
        print("\n" + " " * 10 + "".join(f"{b[:22]:>24}" for b in blamed), file=sys.stderr)
        for kind in sorted({k for k, _ in all_of_them}):
            print(f"{kind:10}" + "".join(f"{all_of_them[kind, b]:>24}" for b in blamed),
                  file=sys.stderr)
    assert sum(found.nr for found in verdicts.values()) >= LEAST_LABELLED


def test_little_is_unexplained(verdicts):
    """At the 99th percentile of all violations: some kernels hide events."""
    if len(verdicts) < len(ALL):
        pytest.skip("needs every scene of this file")
    shares = sorted(share for found in verdicts.values() for share in found.unexplained)
    assert shares[len(shares) * 99 // 100] <= 0.01, shares[-20:]
