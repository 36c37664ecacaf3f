# SPDX-License-Identifier: GPL-2.0-only
"""Cycle by cycle against cyclictest -v: the parts of a timer's latency add up to its figure.

    programmed expiry E       timer delivery    wake path     sched.wakeup     return to user
    |------------------------>|---------------->|------------>|--------------->| cyclictest's clock
    hrtimer_start (tracefs)   local_timer       waking        switched in      sys_exit (tracefs)

The middle instants are whylate's own records; E and the system call's exit come from the kernel's
tracer. What is left, from that exit to the clock in user space, is no part of any latency of ours:
how long it takes here is measured beside it, before and after, by a loop of sleeps without any tool
running: a hypervisor's other guests come and go within seconds. Where that alone takes less than
3 us, so must the difference.
"""
import contextlib
import json
import pathlib
import re
import subprocess
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
INSTANCE = pathlib.Path("/sys/kernel/tracing/instances/whylate-cycles")
CYCLES, INTERVAL_US, CPU = 5000, 1000, 1
SWITCH, WAKING, VECTOR_ENTRY, LOCAL_TIMER = 1, 3, 14, 0    # core/record.h, core/irq.h


@contextlib.contextmanager
def tracer():
    if not (INSTANCE.parent.parent / "events").exists():
        subprocess.run(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"], check=True)
    if INSTANCE.exists():
        INSTANCE.rmdir()    # left by a run that was killed
    INSTANCE.mkdir()
    try:
        (INSTANCE / "trace_clock").write_text("mono")
        (INSTANCE / "buffer_size_kb").write_text("16384")
        for event in ("timer/hrtimer_start", "syscalls/sys_exit_clock_nanosleep"):
            (INSTANCE / "events" / event / "enable").write_text("1")
        yield
    finally:
        INSTANCE.rmdir()


def measure():
    """cyclictest's figures by cycle, the tracer's text, whylate's records."""
    seconds = CYCLES * INTERVAL_US / 1e6
    with tracer(), tempfile.TemporaryFile("w+") as out:
        events = subprocess.Popen([ROOT / "build/test/tool/events", str(seconds + 2)], text=True,
                                  stdout=out, stderr=subprocess.PIPE)
        assert events.stderr.readline() == "begun\n"
        done = subprocess.run(["cyclictest", "-t1", "-p80", f"-a{CPU}", f"-i{INTERVAL_US}", f"-l{CYCLES}",
                               "-v", "-N", "-m"], capture_output=True, text=True, check=True)
        lost = events.communicate(timeout=60)[1]
        out.seek(0)
        records = [tuple(map(int, line.split())) for line in out]
        trace = (INSTANCE / "trace").read_text()
    assert lost.strip() == "lost 0"
    figures = [int(m[1]) for m in re.finditer(r"^\s+0:\s+\d+:\s+(\d+)", done.stdout, re.M)]
    return figures, trace, records


def way_back():
    """From the exit of the system call to user space, sorted, by a load that notes its clock."""
    with tracer():
        done = subprocess.run([ROOT / "build/test/load/wayback", "--cycles", str(CYCLES), "--cpu", str(CPU)],
                              capture_output=True, text=True, check=True)
        trace = (INSTANCE / "trace").read_text()
    exits = [int(m[1]) * 1000000000 + int(m[2]) * 1000
             for m in re.finditer(r"wayback-.*?(\d+)\.(\d{6}): sys_clock_nanosleep -> ", trace)]
    noted = json.loads(done.stdout)["noted_ns"]
    return sorted(n - e for n, e in zip(noted, exits[-len(noted):]))


def programmed(trace):
    """[(E, time of the return to user)] of the measuring thread, in its order."""
    found, expiry = [], None
    pattern = re.compile(r"cyclictest-(\d+)\s.*?(\d+)\.(\d{6}): (?:hrtimer_start: .*function=hrtimer_wakeup "
                         r"expires=(\d+) softexpires=(\d+) mode=ABS |sys_clock_nanosleep -> )")
    tid = None
    for m in pattern.finditer(trace):
        if m[4]:
            tid, expiry = int(m[1]), int(m[4])
        elif expiry is not None and int(m[1]) == tid:
            found.append((expiry, (int(m[2]) * 1000000 + int(m[3])) * 1000))
            expiry = None
    return tid, found


def parts(tid, cycles, records):
    """For each (E, exit): (timer entry, waking, switched in), the first of each after E."""
    mine = sorted(r for r in records if r[2] in (SWITCH, WAKING) and r[3] == tid or
                  r[2] == VECTOR_ENTRY and r[1] == CPU and r[3] & 0xf == LOCAL_TIMER)
    i, out = 0, []
    for expiry, _ in cycles:
        while i < len(mine) and mine[i][0] < expiry:
            i += 1
        k, timer = i, None
        while k < len(mine) and mine[k][2] != WAKING:
            timer = timer or mine[k][0]
            k += 1
        waking = mine[k][0] if k < len(mine) else None
        while k < len(mine) and mine[k][2] != SWITCH:
            k += 1
        out.append((timer, waking, mine[k][0] if k < len(mine) else None))
    return out


def compare():
    """(share of cycles with hidden events, share of the others that add up)"""
    before = way_back()
    figures, trace, records = measure()
    # The worse of the two.
    alone = max(before, way_back(), key=lambda times: times[len(times) * 999 // 1000])
    allowed = max(3000, alone[len(alone) * 999 // 1000] + 1000)   # the tracer's text is in us
    tid, cycles = programmed(trace)
    assert len(figures) >= CYCLES * 0.99 and len(cycles) >= len(figures)
    split = parts(tid, cycles, records)
    apart, hidden = [], 0
    for figure, (expiry, back), (timer, waking, run) in zip(figures, cycles, split):
        if None in (timer, waking, run) or run > back + 1000:
            hidden += 1     # this machine hides events while a thread of pid 1 runs
            continue
        total = (timer - expiry) + (waking - timer) + (run - waking) + (back - run)
        apart.append(figure - total)
    apart.sort()
    print(f"{len(figures)} cycles, {hidden} with hidden events, "
          f"{sum(-1000 <= a <= 3000 for a in apart)} within 3 us, {sum(-1000 <= a <= allowed for a in apart)} "
          f"within {allowed} ns; median {apart[len(apart) // 2]} ns, {apart[0]} to {apart[-1]} ns; the way back "
          f"alone: median {alone[len(alone) // 2]} ns, p99.9 {alone[len(alone) * 999 // 1000]} ns")
    return hidden / len(figures), sum(-1000 <= a <= allowed for a in apart) / len(apart)


@pytest.mark.timeout(240)
def test_parts_of_every_cycle_add_up_to_cyclictests_figure():
    """The way back is measured before and after, and the host may take the CPU in between: what is
    wrong with us is so each time, what is wrong with the host is not."""
    for _ in range(3):
        hidden, good = compare()
        if hidden <= 0.01 and good >= 0.999:
            return
    assert hidden <= 0.01 and good >= 0.999
