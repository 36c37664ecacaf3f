#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs in a guest that has the edu device: loads the lab's modules, uses them well and badly, and
leaves what came of it as $GUEST_OUT/<step>.json. Judges nothing; test_lab_modules.py does.

    use_modules.py FOLDER       of the modules for the guest's kernel
"""
import errno
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

# Nothing where the test imports this for its figures.
FOLDER = pathlib.Path(sys.argv[-1])
OUT = pathlib.Path(os.environ.get("GUEST_OUT", "."))
DEMO, FAULT = "/dev/irq_demo", "/dev/fault"
PARAMETERS = pathlib.Path("/sys/module/irq_demo/parameters")
KINDS = ("irqsoff", "preemptoff", "bhoff", "rawlock", "hardirq")
INTERRUPTS, GAP_US, HARD_US, THREAD_US = 50, 2000, 200, 300
LABELS = 1024       # fault's room
ROUNDS = 10
TICKING = 10        # sections of 20 ms
RUNS = 3            # of whylate, by each of these and by tracking
COLLECTORS = ("bpf", "module")
SYS = pathlib.Path("/sys/kernel/whylate")

HOSTILE_FAULTS = [
    "", "\n", " ", "irqsoff", "irqsoff ", "irqsoff -5", "irqsoff +5", "irqsoff 0x5", "irqsoff 5us",
    "irqsoff 0", "irqsoff 20001", "irqsoff 4294967296", "irqsoff 4294967301",
    "irqsoff 18446744073709551621", "irqsoff 5 @", "irqsoff 5 1", "irqsoff 5 @-1", "irqsoff 5 @2",
    "irqsoff 5 @99999", "irqsoff 5 @4294967297", "irqsoff 5 @0 @1", "irqsoff  5", " irqsoff 5",
    "irqsoff 5 ", "irqsoff 5\nirqsoff 5", "irqsoff 5\0", "IRQSOFF 5", "irqs 5", "clear 1",
    "irqsoff " + "0" * 60 + "5", "x" * 5000]
HOSTILE_RAISES = [
    "", "\n", "raise", "raise 0", "raise -1", "raise 1001", "raise 4294967297", "raise 5 -1",
    "raise 5 50001", "raise 5 1 1", "raise 5x", "raise 5\0", "lower 5", "x" * 5000]


def modules(action, *names):
    """What insmod or rmmod complains of, for each; empty: nothing. busybox's: kmod's take longer to start than the
    kernel to do what they ask for."""
    args = [["busybox", action, FOLDER / f"{name}.ko" if action == "insmod" else name] for name in names]
    return [subprocess.run(a, capture_output=True, text=True).stderr.strip() for a in args]


def load():
    failed = [error for error in modules("insmod", "irq_demo", "fault") if error]
    assert not failed, failed


def write(path, text):
    """The error's name, or None. Never makes a file, as a shell's > would where there is none."""
    try:
        file = os.open(path, os.O_WRONLY)
    except OSError as error:
        return errno.errorcode[error.errno]
    try:
        assert os.write(file, text.encode()) == len(text)
        return None
    except OSError as error:
        return errno.errorcode[error.errno]
    finally:
        os.close(file)


def read_records():
    names = ("seq", "asserted", "hard", "hard_end", "thread", "done", "cpu")
    return [dict(zip(names, map(int, line.split()))) for line in open(DEMO)]


def read_labels():
    labels = []
    for kind, cpu, start, end, function in map(str.split, open(FAULT)):
        labels.append({"kind": kind, "cpu": int(cpu), "start": int(start), "end": int(end),
                       "function": function})
    return labels


def counts(name):
    """A line of /proc/interrupts: its label, and its count on each CPU."""
    for line in open("/proc/interrupts"):
        words = line.split()
        if name in (words[0], words[-1]):
            return words[0].rstrip(":"), [int(word) for word in words[1:1 + os.cpu_count()]]
    return None


def move_line(cpu):
    """It moves when it next fires."""
    line, _ = counts("irq_demo")
    pathlib.Path(f"/proc/irq/{line}/smp_affinity_list").write_text(str(cpu))
    assert write(DEMO, "raise 1") is None


def leave(name, what):
    (OUT / f"{name}.json").write_text(json.dumps(what, indent=1))


def raising():
    """On each CPU, with handlers that do nothing and with some that take long."""
    found = []
    for cpu in range(os.cpu_count()):
        move_line(cpu)
        before = counts("irq_demo")[1]
        error = write(DEMO, f"raise {INTERRUPTS} {GAP_US * cpu}\n")
        found.append({"cpu": cpu, "error": error, "records": read_records(), "gap_us": GAP_US * cpu,
                      "counted": [b - a for a, b in zip(before, counts("irq_demo")[1])],
                      "hard_us": int((PARAMETERS / "hard_us").read_text()),
                      "thread_us": int((PARAMETERS / "thread_us").read_text())})
        write(PARAMETERS / "hard_us", str(HARD_US))
        write(PARAMETERS / "thread_us", str(THREAD_US))
    comms = [path.read_text().strip() for path in pathlib.Path("/proc").glob("[0-9]*/comm")]
    return {"runs": found, "threads": [comm for comm in comms if re.match("irq/.*irq_d", comm)]}


def faults():
    """Each kind, where the writer is and where it isn't."""
    orders = []
    for here in range(os.cpu_count()):
        os.sched_setaffinity(0, {here})
        for kind in KINDS:
            for us, cpu in ((1500, None), (1, 0), (20000, 1), (700, 0)):
                error = write(FAULT, f"{kind} {us}" + ("" if cpu is None else f" @{cpu}"))
                orders.append({"kind": kind, "us": us, "cpu": here if cpu is None else cpu,
                               "error": error})
    os.sched_setaffinity(0, range(os.cpu_count()))
    return {"orders": orders, "labels": read_labels()}


def ticking():
    """How many timer interrupts CPU 1 takes while sections of a kind have it, from CPU 0."""
    os.sched_setaffinity(0, {0})
    found = {}
    for kind in KINDS:
        before = counts("LOC:")[1][1]
        for _ in range(TICKING):
            assert write(FAULT, f"{kind} 20000 @1") is None
        found[kind] = counts("LOC:")[1][1] - before
    os.sched_setaffinity(0, range(os.cpu_count()))
    return found


def hostile():
    labels, records = read_labels(), read_records()
    return {"faults": [[text[:80], write(FAULT, text)] for text in HOSTILE_FAULTS],
            "raises": [[text[:80], write(DEMO, text)] for text in HOSTILE_RAISES],
            "parameters": [[text, write(PARAMETERS / name, text)]
                           for name in ("hard_us", "thread_us")
                           for text in ("10001", "-1", "4294967297", "x")],
            "modes": [oct(os.stat(path).st_mode & 0o777) for path in (DEMO, FAULT)],
            "is_unchanged": labels == read_labels() and records == read_records()}


def filling():
    """More than there is room for."""
    write(FAULT, "clear")
    errors = [write(FAULT, "irqsoff 1") for _ in range(LABELS + 2)]
    full = len(read_labels())
    return {"errors": errors, "full": full, "cleared": [write(FAULT, "clear"), len(read_labels())]}


def holding():
    """A module whose file is open stays, and works."""
    write(FAULT, "clear")
    with open(DEMO, "rb+", buffering=0), open(FAULT, "rb+", buffering=0):
        refused = modules("rmmod", "irq_demo", "fault")
        errors = [write(DEMO, "raise 3"), write(FAULT, "irqsoff 5")]
        done = [len(read_records()), len(read_labels())]
    return {"refused": refused, "errors": errors, "done": done}


def unplugging():
    """The device goes while its file is open, and comes back."""
    driver = pathlib.Path("/sys/bus/pci/drivers/irq_demo")
    device, = driver.glob("0000:*")
    with open(DEMO, "rb+", buffering=0):
        (device / "remove").write_text("1")
        without = write(DEMO, "raise 3")
        pathlib.Path("/sys/bus/pci/rescan").write_text("1")
        back = write(DEMO, "raise 3")
    return {"without": without, "back": back, "records": len(read_records())}


def interrupting():
    """A writer that is told to go while it raises."""
    before = sum(counts("irq_demo")[1])
    writer = subprocess.Popen(["sh", "-c", f"echo raise 1000 20000 > {DEMO}"])
    while sum(counts("irq_demo")[1]) < before + 5:
        time.sleep(0.01)
    writer.terminate()
    code = writer.wait(timeout=10)
    return {"code": code, "records": read_records(), "next": write(DEMO, "raise 3")}


def missing():
    """The device may not write to memory for a while, so its message doesn't come."""
    device, = pathlib.Path("/sys/bus/pci/drivers/irq_demo").glob("0000:*")
    with open(device / "config", "rb+", buffering=0) as config:
        command = os.pread(config.fileno(), 2, 4)
        os.pwrite(config.fileno(), bytes([command[0] & ~4, command[1]]), 4)
        without, records = write(DEMO, "raise 3"), len(read_records())
        os.pwrite(config.fileno(), command, 4)
    return {"without": [without, records], "back": write(DEMO, "raise 3"), "records": read_records()}


class Load(threading.Thread):
    """Writes again and again, a third of the time; counts how often there was something to write to."""

    def __init__(self, path, text):
        super().__init__()
        self.path, self.text, self.done, self.errors, self.over = path, text, 0, set(), False

    def run(self):
        while not self.over:
            begin = time.monotonic()
            error = write(self.path, self.text)
            self.done += error is None
            self.errors.add(error)
            time.sleep(0.004 + 2 * (time.monotonic() - begin))


def unload_soon():
    """How often each was refused for being in use."""
    refusals, deadline = [0, 0], time.monotonic() + 60
    for number, name in enumerate(("irq_demo", "fault")):
        while modules("rmmod", name)[0]:
            assert time.monotonic() < deadline, name
            refusals[number] += 1
    return refusals


def reloading():
    """Under load of their own; then once without."""
    loads = [Load(DEMO, "raise 20"), Load(FAULT, "hardirq 300 @1"), Load(FAULT, "bhoff 300")]
    for thread in loads:
        thread.start()
    refusals = []
    for _ in range(ROUNDS):
        time.sleep(0.05)
        refusals.append(unload_soon())
        load()
    for thread in loads:
        thread.over = True
    for thread in loads:
        thread.join()
    gone = modules("rmmod", "irq_demo", "fault") + [os.path.exists(DEMO), os.path.exists(FAULT)]
    return {"refusals": refusals, "done": [thread.done for thread in loads],
            "errors": sorted({str(error) for thread in loads for error in thread.errors}), "gone": gone}


def measuring():
    """What the driver says of interrupts that whylate measured, RUNS times. Line and writer are on
    CPU 0, where the thread, which goes first, has switched out before the writer raises the next."""
    os.sched_setaffinity(0, {0})
    load()
    move_line(0)
    write(PARAMETERS / "hard_us", str(HARD_US))
    write(PARAMETERS / "thread_us", str(THREAD_US))
    subprocess.run(["insmod", FOLDER.parents[1] / "guest" / FOLDER.name / "kmod/whylate.ko"], check=True)
    found = {by: [measure(by, OUT / f"{by}{run}.json") for run in range(RUNS)] for by in COLLECTORS}
    found["tracked"] = [track() for _ in range(RUNS)]
    modules("rmmod", "whylate")
    return found


def measure(by, path):
    subprocess.run(["build/whylate", "profile", "--collector", by, "--json", path, "--", "sh", "-c",
                    f"echo raise {INTERRUPTS} > {DEMO}"], check=True, stdout=subprocess.DEVNULL)
    return read_records()


def track():
    """The line's thread as the module tracks it: its figures, and violations of a bound of the line."""
    # The kernel cuts names: irq/28-irq_demo
    names = {pid: pathlib.Path(f"/proc/{pid}/comm").read_text() for pid in os.listdir("/proc") if pid.isdigit()}
    (thread, line), = [(pid, found[1]) for pid, name in names.items()
                       if (found := re.match(r"irq/(\d+)-irq_d", name))]
    write(SYS / "add_pid", thread)
    write(SYS / "set_slo_irq_handling_bound", f"irq {line} 1000")
    write(SYS / "set_slo_irq_handling_bound", f"{thread} 1000")
    write(DEMO, f"raise {INTERRUPTS}")
    row, = [words for words in map(str.split, pathlib.Path("/proc/whylate/tasks").read_text().splitlines())
            if words[0] == thread and words[3] == "irq_handling"]
    bounds = (SYS / "set_slo_irq_handling_bound").read_text()
    write(SYS / "del_pid", thread)
    return {"row": row[4:], "bounds": bounds, "line": line, "records": read_records()}


def main():
    load()
    for step in (raising, faults, ticking, hostile, filling, holding, unplugging, interrupting,
                 missing, reloading, measuring):
        leave(step.__name__, step())


if __name__ == "__main__":
    main()
