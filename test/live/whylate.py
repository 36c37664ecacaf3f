# SPDX-License-Identifier: GPL-2.0-only
"""How the live tests run the program under test and the loads it is tested against.

Load         one generator from test/load, kept alive after its tally until closed.
Measurement  `whylate profile` around exactly what the test does between its two edges.
Report       the JSON of a profile, with look-ups.

Durations are stretched by WHYLATE_SLOW (a factor, for emulated machines). WHYLATE_STRICT=1 is for
kernels that hide no event: nothing may be lost there. WHYLATE_LONG=1 runs the long loads in full.
"""

import json
import os
import pathlib
import select
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WHYLATE_BUILD", ROOT / "build"))
PROGRAM = BUILD / "whylate"
LOADS = BUILD / "test" / "load"

SLOW = float(os.environ.get("WHYLATE_SLOW", "1"))
STRICT = os.environ.get("WHYLATE_STRICT") == "1"
LONG = os.environ.get("WHYLATE_LONG") == "1"

WAITS = ("sched.wakeup", "sched.preempted", "sched.new")
MS = 1_000_000
S = 1_000_000_000

# The highest CPU is the tests' own: interrupts mostly go to the first.
CPUS = sorted(os.sched_getaffinity(0))
CPU = CPUS[-1]


def limit(seconds):
    """The mark every test file carries: a test that hangs has failed."""
    return pytest.mark.timeout(seconds * SLOW)


def seconds(number):
    """An option's text for a duration, stretched on slow machines."""
    return f"{round(number * SLOW * 1e6)}us"


class Report:
    """What one profile found."""

    def __init__(self, text):
        self.json = json.loads(text)

    def __getitem__(self, name):
        return self.json[name]

    @property
    def start_ns(self):
        return self["whylate"]["start_ns"]

    @property
    def end_ns(self):
        return self.start_ns + self["whylate"]["duration_ns"]

    def rows(self, kind=None):
        return [row for row in self["latencies"] if kind in (None, row["kind"])]

    def wait_rows(self):
        return [row for row in self["latencies"] if row["kind"] in WAITS]

    def row(self, kind, cpu=None):
        """The row of a kind as a whole, or its part on one CPU; None where there is none."""
        found = [r for r in self.rows(kind) if r["key"] is None and r["cpu"] == cpu]
        assert len(found) <= 1, f"{len(found)} rows for {kind} on CPU {cpu}"
        return found[0] if found else None

    def merged_waits(self):
        return [row for row in map(self.row, WAITS) if row is not None]

    def cause_ns(self, cause):
        """All waits' time of one cause, over the kinds of wait."""
        return sum(row["causes"].get(cause) or 0 for row in self.merged_waits())

    def task(self, pid):
        found = [t for t in self["tasks"] if t["pid"] == pid and not t["exited"]]
        assert len(found) == 1, f"{len(found)} rows for living task {pid}"
        return found[0]

    def exited(self, comm):
        return [t for t in self["tasks"] if t["exited"] and t["comm"] == comm]

    def slack(self, cpu=None):
        """How far a count may be off: edges, and switches of the CPU that whylate itself names as
        hidden from it, each of which can cost a wait. None are where WHYLATE_STRICT is set.
        """
        return 2 + self.reconciliation(cpu)["lost"]

    def reconciliation(self, cpu=None):
        found = [r for r in self["reconciliation"]
                 if r["what"] == "context switches" and r["cpu"] == cpu]
        assert len(found) == 1, f"{len(found)} reconciliations of switches on CPU {cpu}"
        return found[0]


class Load:
    """A generator from test/load. Options are keyword arguments: cycles=5, io=True, busy="1ms"."""

    def __init__(self, name, waits_for_go=False, preexec=None, **options):
        command = [str(LOADS / name), "--linger", "--limit", f"{int(300 * SLOW)}s"]
        command += ["--go"] if waits_for_go else []
        for option, value in options.items():
            if value is not False:
                command.append("--" + option.replace("_", "-"))
            if not isinstance(value, bool):
                command.append(str(value))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        preexec_fn=preexec, text=True)
        self.pid = self.process.pid

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self

    def tally(self):
        """Wait for the work's end; the generator's tasks are asleep afterwards."""
        line = self.process.stdout.readline()
        if not line and self.process.wait(10) == 77:
            pytest.skip(f"this machine can't make the load {self.process.args[0]}")
        assert line, f"{self.process.args} ended with {self.process.wait(10)}"
        return json.loads(line)

    def close(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(10 * SLOW)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait(10)
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# Says it has begun, then stays asleep until told: a command whose life is the measurement.
GATE = 'echo > "$0/begun"; read x < "$0/finish"'


class Measurement:
    """`whylate profile ARGS` from __enter__ to finish(), its edges known to the test."""

    def __init__(self, folder, *args, prefix=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.out = self.folder / "report.json"
        self.command = [*prefix, str(PROGRAM), "profile", "--json", str(self.out), "-d",
                        "600s", *args, "--", "sh", "-c", GATE, str(self.folder)]

    def _fifo(self, name):
        path = self.folder / name
        if not path.exists():
            os.mkfifo(path)
        return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def __enter__(self):
        self.begun, self.end = self._fifo("begun"), self._fifo("finish")
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 30 * SLOW
        while not select.select([self.begun], [], [], 0.05)[0]:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                pytest.fail(f"no measurement began: {self.process.communicate()[1]}")
        return self

    def finish(self):
        os.write(self.end, b"\n")
        _, errors = self.process.communicate(timeout=60 * SLOW)
        self.exit_ns = time.monotonic_ns()
        assert self.process.returncode == 0, errors
        return Report(self.out.read_text())

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.write(self.end, b"\n")
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.communicate(timeout=20 * SLOW)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.communicate()
        os.close(self.begun)
        os.close(self.end)


def profile(*args, timeout=60):
    """Run `whylate profile ARGS` to its end; the completed process, output captured."""
    return subprocess.run([str(PROGRAM), "profile", *args], capture_output=True, text=True,
                          timeout=timeout * SLOW)


def proc_switches(tid):
    """(voluntary, involuntary) of a task, as the kernel counts them."""
    status = pathlib.Path(f"/proc/{tid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return int(fields["voluntary_ctxt_switches"]), int(fields["nonvoluntary_ctxt_switches"])


def total_switches():
    """Context switches since boot, all CPUs."""
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        if line.startswith("ctxt "):
            return int(line.split()[1])
    raise AssertionError("no ctxt line in /proc/stat")
