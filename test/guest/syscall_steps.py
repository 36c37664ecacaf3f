#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs inside a guest: does things to /proc/syscall-trace and writes what came of them as JSON to
standard output. Judges nothing: test_syscall_trace.py does.

    syscall_steps.py MODULE.ko
"""
import ctypes
import errno
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRACE = pathlib.Path("/proc/syscall-trace")
PROBES = pathlib.Path("/sys/kernel/debug/kprobes/list")
LOAD = ROOT / "build/test/load/syscalls"
FOUR = ("read", "mmap", "futex", "openat")
HOSTILE = [b"", b"\n", b" ", b"\0", b"reset\0", b"rese", b"resets", b"Reset", b" reset", b"reset ", b"reset\n\n",
           b"reset\r\n", b"reset all", b"reset read", b"enable", b"enable ", b"enable\n", b"enable \n",
           b"enable  read", b"enable\tread", b"enable read ", b"enable read mmap", b"enable read\nenable mmap",
           b"enable read\n\n", b"enable READ", b"enable re-ad", b"enable ../read", b"enable read;", b"enable *",
           b"enable %s%n", b"enable \xc3\xa9", b"enable \xff", b"enable r\0ead", b"enable allx", b"ENABLE read",
           b"enabl read", b"disable", b"disable ", b"disable READ", b"disable  read", b"disable read\0",
           b"enable nosuch", b"enable x", b"enable _", b"enable 0", b"enable " + b"a" * 32, b"enable al",
           b"enable do_exit", b"enable x64_sys_read", b"disable nosuch", b"disable write",
           b"enable " + b"a" * 33, b"enable " + b"a" * 34, b"disable " + b"a" * 33, b"enable read" + b" " * 100,
           b"a" * 4096, b"enable read\n" * 10000]


def write(command):
    """0, or what errno it gave."""
    fd = os.open(TRACE, os.O_WRONLY)
    try:
        command = command if isinstance(command, bytes) else command.encode()
        return 0 if os.write(fd, command) == len(command) else "short"
    except OSError as error:
        return errno.errorcode[error.errno]
    finally:
        os.close(fd)


def must(*commands):
    for command in commands:
        assert write(command) == 0, command


def probes():
    """Which functions have a kretprobe: the kernel's own list."""
    return sorted(re.findall(r" r +(?:__x64_sys_|__do_sys_)?(\w+)", PROBES.read_text()))


def generate(*options, trace=True):
    """A generator's tally, and the file as it was when it had just ended."""
    extra = ["--trace", TRACE, "--snapshot", "/tmp/snapshot"] if trace else []
    done = subprocess.run([LOAD, *options, *extra], stdout=subprocess.PIPE, check=True)
    text = pathlib.Path("/tmp/snapshot").read_text() if trace else None
    return {"tally": json.loads(done.stdout), "text": text}


def at_load():
    return {"text": TRACE.read_text(), "mode": TRACE.stat().st_mode & 0o7777, "uid": TRACE.stat().st_uid,
            "probes": probes()}


def noise():
    """Random words and random bytes, none of them a command."""
    rng = random.Random(7)
    words = [b"enable", b"disable", b"reset", b" ", b"\n", b"\0", b"zz", b"all", b"read", b"x" * 30]
    made = [b"".join(rng.choices(words, k=rng.randint(3, 6))) for _ in range(500)]
    made += [rng.randbytes(rng.randint(1, 60)) for _ in range(500)]
    valid = re.compile(rb"reset\n?|(enable|disable) (all|read)\n?")
    return [command for command in made if not valid.fullmatch(command)]


def write_from_nowhere():
    """An address that is not the writer's: what write() returned, and errno."""
    libc, fd = ctypes.CDLL(None, use_errno=True), os.open(TRACE, os.O_WRONLY)
    answer = libc.write(fd, ctypes.c_void_p(1), 8), ctypes.get_errno()
    os.close(fd)
    return answer


def as_less(*less, script):
    return subprocess.run(["setpriv", *less, "sh", "-c", script], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode


def hostile():
    """With nothing on, so that no count may move either."""
    before, made = TRACE.read_text(), noise()
    return {"answers": {repr(command): write(command) for command in HOSTILE}, "noise": len(made),
            "accepted": [repr(command) for command in made if write(command) == 0],
            "fault": write_from_nowhere(),
            "nobody": as_less("--reuid", "65534", "--clear-groups", script=f"cat {TRACE} || echo reset > {TRACE}"),
            "bare": as_less("--bounding-set", "-sys_admin", script=f"cat {TRACE} || echo reset > {TRACE}"),
            "before": before, "after": TRACE.read_text(), "probes": probes()}


def again():
    """Twice is once."""
    answers = [write(c) for c in ("disable read", "enable read", "enable read", "enable read\n")]
    on = probes()
    answers += [write(c) for c in ("disable read", "disable read")]
    return {"answers": answers, "on": on, "off": probes()}


def exact():
    """One CPU, and nothing but the generator runs on it."""
    cpu1 = pathlib.Path("/sys/devices/system/cpu/cpu1/online")
    cpu1.write_text("0")
    pathlib.Path("/proc/sys/kernel/sched_rt_runtime_us").write_text("-1")
    must(*(f"enable {name}" for name in FOUR))
    found = generate("--read", "2000", "--mmap", "1501", "--futex", "1002", "--openat", "503", "--fifo", "50")
    cpu1.write_text("1")
    return found


def moving():
    """Calls that end on another CPU than they began on."""
    return generate("--sleepers", "8", "--rounds", "10")


def disabled():
    """futex and read off: they stand still while the others go on."""
    must("disable futex", "disable read")
    before = TRACE.read_text()
    found = generate("--read", "100", "--mmap", "100", "--futex", "100", "--openat", "100", trace=False)
    return {**found, "before": before, "text": TRACE.read_text(), "probes": probes()}


def added():
    """A call that nobody but us makes."""
    must("reset", "enable getppid", "enable uname")
    for _ in range(123):
        os.getppid()
    os.uname()
    counted = TRACE.read_text()
    must("disable all")
    none = probes()
    must("enable all")
    every = probes()
    must("reset")
    return {"counted": counted, "none": none, "every": every, "text": TRACE.read_text()}


def full():
    """As many as there is room for, and one more."""
    must("enable all")
    names = re.findall(r" __x64_sys_(\w{1,32})$", pathlib.Path("/proc/kallsyms").read_text(), re.M)
    known = {line.split()[0] for line in TRACE.read_text().splitlines()}
    fresh = [name for name in sorted(set(names)) if name not in known]
    room = 64 - (len(known) - 1)
    filled = [write(f"enable {name}") for name in fresh[:room]]
    before = TRACE.read_text()
    return {"filled": filled, "over": write(f"enable {fresh[room]}"), "old": write("enable read"),
            "before": before, "text": TRACE.read_text(), "probes": probes(), "disabled": write("disable all"),
            "left": probes()}


def torn(seconds):
    """Lines whose buckets are not as many as the count, read for so long beside a busy CPU."""
    fd, found, counts, end = os.open(TRACE, os.O_RDONLY), [], set(), time.monotonic() + seconds
    while time.monotonic() < end:
        for line in os.pread(fd, 1 << 16, 0).decode().splitlines()[1:5]:
            words = line.split()
            counts.add(words[2])
            if sum(map(int, words[8:])) != int(words[2]):
                found.append(line)
    os.close(fd)
    return {"torn": found, "counts": len(counts)}


def switching():
    """Switched on and off again and again under load: two CPUs busy, and threads asleep in the calls."""
    must("disable all")
    four = [option for name in FOUR for option in (f"--{name}", "20")]
    loads = (*four, "--for", "100s"), (*four, "--for", "100s"), ("--sleepers", "8", "--rounds", "20000", "--sleep", "5ms")
    load = [subprocess.Popen([LOAD, *options], stdout=subprocess.DEVNULL) for options in loads]
    texts = []
    for turn in range(20):
        name = FOUR[turn // 2 % 4] if turn % 2 else "all"
        must(f"enable {name}")
        time.sleep(0.05)
        texts.append(TRACE.read_text())
        must("reset" if turn % 3 else "disable mmap", f"disable {name}")
    must("enable all")
    read = torn(seconds=10)
    must("disable all")
    alive = [child.poll() is None for child in load]
    for child in load:
        child.kill()
        child.wait()
    return {"texts": texts, "alive": alive, "probes": probes(), **read}


def crowd():
    """Four at once, each with commands of its own choice."""
    for seed in range(4):
        if os.fork():
            continue
        rng = random.Random(seed)
        for _ in range(25):
            name = rng.choice([*FOUR, "getppid", "all"])
            must(rng.choice([f"enable {name}", f"disable {name}", "reset"]))
            TRACE.read_text()
        os._exit(0)
    answers = [os.wait()[1] for _ in range(4)]
    must("disable all")
    return {"answers": answers, "text": TRACE.read_text(), "probes": probes()}


def unload():
    """With probes on and threads asleep in the calls they are on; one holds the file open."""
    must("enable read", "enable futex")
    sleepers = subprocess.Popen([LOAD, "--sleepers", "8", "--sleep", "2s"], stdout=subprocess.PIPE)
    fd = os.open(TRACE, os.O_RDWR)
    time.sleep(1)
    code = subprocess.run(["rmmod", "whylate"]).returncode
    there = TRACE.exists()
    try:
        held = len(os.read(fd, 100))
    except OSError as error:
        held = errno.errorcode[error.errno]
    os.close(fd)
    tally = json.loads(sleepers.communicate()[0])
    return {"code": code, "there": there, "held": held, "probes": probes(), "tally": tally,
            "sleepers": sleepers.returncode}


def missing(ko):
    """Room for one call at a time, and eight at once."""
    absurd = subprocess.run(["insmod", ko, "syscall_instances=1000000000"], stderr=subprocess.DEVNULL).returncode
    subprocess.run(["insmod", ko, "syscall_instances=1"], check=True)
    must("enable futex")
    generate("--sleepers", "8", "--rounds", "2")
    before = TRACE.read_text()
    must("reset")
    cleared = TRACE.read_text()
    found = generate("--sleepers", "8", "--rounds", "5")
    must("disable futex")
    off = TRACE.read_text()
    must("enable futex")
    on = TRACE.read_text()
    subprocess.run(["rmmod", "whylate"], check=True)
    return {**found, "absurd": absurd, "before": before, "cleared": cleared, "off": off, "on": on,
            "probes": probes()}


def main():
    ko = sys.argv[1]
    subprocess.run(["insmod", ko], check=True)
    results = {step.__name__: step() for step in (at_load, hostile, again, exact, moving, disabled, added,
                                                  switching, crowd, full)}
    results["unload"] = unload()
    results["missing"] = missing(ko)
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
