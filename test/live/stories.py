# SPDX-License-Identifier: GPL-2.0-only
"""Scenes for `whylate watch`: a victim, injectors whose labels say who delayed it when, and what
the stories say. A violation's truth is what the labels that it overlaps have of it."""
import collections
import json
import subprocess
import tempfile
import time

from whylate import CPU, LOADS, PROGRAM, SLOW, seconds

PERIOD_US = 200
SLO_US = 120
LENGTHS = {"hardirq": 750, "rq-lock": 700, "softirq": 800, "syscall": 780, "fifo": 1500, "task": 1450,
           "niced": 1600}
# What takes time from what: a label's own time is without theirs.
ABOVE = {"hardirq": (), "softirq": ("hardirq",)}

Label = collections.namedtuple("Label", "kind begin end who")


class Injector:
    def __init__(self, kind, every_ms, duration, count=None):
        self.kind = kind
        # A pipe would be full before it is read.
        self.out = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [PROGRAM, "lab", "inject", kind, "--length", f"{LENGTHS[kind]}us", "--every",
             f"{every_ms}ms", "--cpu", str(CPU), "--json", "-", "-d", seconds(duration),
             *(("-n", str(count)) if count else ())],
            text=True, stdout=self.out, stderr=subprocess.PIPE)

    def labels(self):
        _, errors = self.process.communicate(timeout=60 * SLOW)
        self.out.seek(0)
        assert self.process.returncode == 0 and "lost 0" in errors, errors
        return [Label(self.kind, l["begin_ns"], l["end_ns"], self.process.pid)
                for l in map(json.loads, self.out)]


def timed(*policy, prefix=()):
    """A victim that its own timer wakes."""
    return "cyclictest", [*prefix, "cyclictest", "-q", "-t1", *policy, f"-a{CPU}",
                          f"-i{PERIOD_US}", "-D", "60"]


def rung(*prefix, fifo=80):
    """One that another CPU wakes, in the midst of interrupts too."""
    return "victim", [*prefix, LOADS / "rung", "--fifo", str(fifo), "--cpu", str(CPU), "--ringer-cpu", "0", "--period",
                    f"{PERIOD_US}us", "--for", "60s"]


class Scene:
    """`victim` is a name and a command; `kinds` inject at once, out of step."""

    def __init__(self, kinds, victim=timed("-p80"), busy=False, duration=2.5):
        self.kinds, self.victim, self.busy, self.duration = kinds, victim, busy, duration

    def play(self):
        """(violations, labels, the watch's last words)"""
        name, command = self.victim
        work = "while :; do :; done" if self.busy else ":"
        others = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
                  subprocess.Popen(["taskset", "-c", str(CPU), "sh", "-c", work])]
        time.sleep(0.5 * SLOW)
        watch = subprocess.Popen(
            ["taskset", "-c", "0", PROGRAM, "watch", "--slo", f"sched.wakeup={SLO_US}us",
             "--comm", name, "--rate", "100000", "--json", "-", "-d", seconds(self.duration + 2)],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            while "whylate: watching" not in (line := watch.stderr.readline()):
                assert line, f"the watch ended with {watch.wait()}"
            injectors = [Injector(kind, 17 + 4.7 * i, self.duration)
                         for i, kind in enumerate(self.kinds)]
            labels = [l for i in injectors for l in i.labels()]
            out, words = watch.communicate(timeout=60 * SLOW)
        finally:
            for process in (*others, watch):
                process.kill()
                process.wait()
        return [json.loads(line) for line in out.splitlines()], labels, words


def overlap(begin, end, label):
    return max(0, min(end, label.end) - max(begin, label.begin))


def own_time(violation, label, labels):
    """What of a violation is a label's, and of none that interrupts it."""
    begin, end = max(violation["start_ns"], label.begin), min(violation["end_ns"], label.end)
    above = ABOVE.get(label.kind, ("hardirq", "softirq"))
    return end - begin - sum(overlap(begin, end, l) for l in labels
                             if l.kind in above and l is not label) if begin < end else 0


def is_blamed(cause, label):
    """Whether a story's cause is what a label of that kind is to be called."""
    who = cause["who"] or ""
    if label.kind == "hardirq":
        return cause["cause"] == "hardirq" and who == "local_timer"
    if label.kind == "softirq":
        return (cause["cause"] == "softirq" and who == "NET_RX" and
                cause.get("raised_by", "").startswith("whylate:"))
    if label.kind == "rq-lock":
        # In whatever context the run queue was locked.
        return cause["cause"] in ("task", "hardirq", "softirq", "switch")
    return cause["cause"] == "task" and cause.get("pid") == label.who


class Verdict:
    """What became of one scene's violations."""

    def __init__(self, name):
        self.name = name
        self.nr = self.right = self.near = 0
        self.matrix = collections.Counter()
        self.off = []
        self.sums = self.incomplete = self.disagreed = 0
        self.unexplained = []

    def add(self, violation, labels):
        near = [l for l in labels if overlap(violation["start_ns"], violation["end_ns"], l)]
        spent = sorted(((own_time(violation, l, near), l) for l in near), key=lambda s: -s[0])
        v = violation
        self.sums += sum(c["ns"] for c in v["causes"]) + v["unexplained_ns"] != v["latency_ns"]
        self.incomplete += not v["complete"]
        self.disagreed += v["disagreed_ns"] != 0
        self.unexplained.append(v["unexplained_ns"] / v["latency_ns"])
        # What no label has half of is not the injectors'.
        if not spent or spent[0][0] < 0.5 * v["latency_ns"]:
            self.matrix["(other)", "-"] += 1
            return
        self.nr += 1
        truth, label = spent[0]
        top = v["causes"][0] if v["causes"] else {"cause": "-", "who": "-", "ns": 0}
        right = is_blamed(top, label)
        near = abs(top["ns"] - truth) <= max(10_000, 0.05 * truth)
        self.right += right
        self.near += right and near
        self.matrix[label.kind, f'{top["cause"]} {(top["who"] or "").split(":")[0]}'] += 1
        if not (right and near):
            self.off.append((label.kind, truth, v["causes"][:4]))
