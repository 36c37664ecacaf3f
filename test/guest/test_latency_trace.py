# SPDX-License-Identifier: GPL-2.0-only
"""/proc/latency_trace and /proc/whylate/max_latency: the longest of all histories, to the microsecond; its trace
against the kernel's own tracer, event by event and letter by letter; hostile writes; readers beside a writer.
"""
import json
import pathlib
import re

import pytest

import chosen
from asking import ask

KERNELS = chosen.kernels("6.12-rt", "6.1", "6.1-rt")
EVENTS = ("sched/sched_switch", "sched/sched_waking", "sched/sched_wakeup", "sched/sched_migrate_task",
          "sched/sched_process_fork", "irq/irq_handler_entry", "irq/irq_handler_exit", "irq/softirq_entry",
          "irq/softirq_exit", "irq_vectors")
HOSTILE = ("1", "-1", "-0", "+0", "00", "0x0", " 0", "0 ", "0 0", "0\n\n", "0\noff", "\n", "\0", "0\0", "of", "offf",
           "OFF", "off ", "off\n\n", "off\0", "on", "4294967296", "18446744073709551616", "9" * 30, "0" * 4096,
           "x" * 9000, "off" * 3000)
RING_BYTES = 8192 * 32 + 4096       # and a guard page, which vmalloc counts too
STEPS = f"""
import ctypes, json, os, pathlib, re, subprocess, sys, threading, time
slow, out = {chosen.SLOW}, pathlib.Path(os.environ["GUEST_OUT"])
proc, tracing = pathlib.Path("/proc"), pathlib.Path("/sys/kernel/tracing")
longest, trace, hists = proc / "whylate/max_latency", proc / "latency_trace", proc / "latency_hist"
found = {{}}

def write(path, text):
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode() if isinstance(text, str) else text)
        return 0
    except OSError as error:
        return error.errno
    finally:
        os.close(fd)

def must(path, text):
    assert write(path, text) == 0, (path, text)

def turn(kinds, on):
    for kind in kinds:
        must(hists / kind / "enable", on)

def reset(kinds):
    for kind in kinds:
        must(hists / kind / "reset", "0")

def most():
    texts = [path.read_text() for path in hists.glob("*/CPU*")]
    return max(int(us) for text in texts for us in re.findall(r"#Maximum latency: (\\d+) micro", text))

def rings():
    return sum("[whylate]" in line and " {RING_BYTES} " in line
               for line in open("/proc/vmallocinfo"))

def load(command="cyclictest -q -t1 -p80 -i2000 -l150; hackbench -g 1 -l 10"):
    subprocess.run(command, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

# Two tasks that switch all the time; with rests in between the guest's other CPU soon has its turn.
def switching(cpu, *more):
    return subprocess.Popen(["build/test/load/pingpong", "--cpu", str(cpu), "--rounds", "100000000", "--limit", "600s",
                             *more], stdout=subprocess.DEVNULL)

def end(*processes):
    for process in processes:
        process.kill()
        process.wait()

def look():
    return {{"max": longest.read_text(), "trace": trace.read_text(), "rings": rings()}}

def hostile():
    libc = ctypes.CDLL(None, use_errno=True)
    codes = [write(longest, text) for text in {HOSTILE!r}]
    fd = os.open(longest, os.O_WRONLY)
    bad = libc.write(fd, ctypes.c_void_p(1), 1), ctypes.get_errno()
    os.close(fd)
    return codes, bad

wakeup, timer = ["wakeup_latency"], ["timer_latency"]
found["modes"] = [oct(path.stat().st_mode) for path in (longest, trace)]
found["at_first"] = look()
found["hostile_off"] = hostile()
found["after_hostile_off"] = look()

# Not armed: a history alone keeps nothing.
turn(wakeup, "1")
load("cyclictest -q -t1 -p80 -i2000 -l20")
found["not_armed"] = look()
turn(wakeup, "0")
reset(wakeup)

must(longest, "0")
found["armed"] = look()

# Beside the kernel's own tracer, by the same clock.
def beside_tracer(name, kinds, command):
    (tracing / "trace").write_text("")
    for event in {EVENTS!r}:
        must(tracing / "events" / event / "enable", "1")
    turn(kinds, "1")
    found[name + "_rings"] = rings()
    load(command)
    turn(kinds, "0")
    for event in {EVENTS!r}:
        must(tracing / "events" / event / "enable", "0")
    (out / f"{{name}}.txt").write_text((tracing / "trace").read_text())
    found[name + "_overrun"] = [re.search(r"overrun: (\\d+)", (tracing / f"per_cpu/cpu{{cpu}}/stats").read_text())[1]
                                for cpu in (0, 1)]
    found[name] = look()
    found[name + "_most"] = most()

must(tracing / "trace_clock", "mono")
must(tracing / "buffer_size_kb", "16384")
beside_tracer("wakeup", wakeup, "cyclictest -q -t1 -p80 -i2000 -l150; hackbench -g 1 -l 10")
found["hostile_on"] = hostile()
found["after_hostile_on"] = look()

# Forgotten; the same again for another history, then for both.
must(longest, "0\\n")
found["forgotten"] = look()
reset(wakeup)
beside_tracer("timer", timer, "cyclictest -q -t1 -p80 -i2000 -l150")
must(tracing / "buffer_size_kb", "64")
fd = os.open(longest, os.O_WRONLY)
for _ in range(3):
    os.write(fd, b"0")
os.close(fd)
reset(timer)
turn(wakeup + timer, "1")
load()
turn(wakeup + timer, "0")
found["both"] = look()
found["both_most"] = most()

# Two readers and a writer, while maxima come.
is_over, texts = threading.Event(), []
def reading():
    while not is_over.is_set():
        texts.append(trace.read_text())
turn(wakeup + timer, "1")
readers = [threading.Thread(target=reading) for _ in range(2)]
busy = subprocess.Popen("hackbench -g 1 -l 1000", shell=True, stdout=subprocess.DEVNULL)
for thread in readers:
    thread.start()
for _ in range(25):
    must(longest, "0")
    time.sleep(0.2)
is_over.set()
for thread in readers:
    thread.join()
found["readings"] = texts[:: max(1, len(texts) // 150)]
found["nr_readings"] = len(texts)
end(busy)

# A CPU goes and comes.
must(longest, "0")
busy = [switching(cpu, "--burst", "20") for cpu in (0, 1)]
online = pathlib.Path("/sys/devices/system/cpu/cpu1/online")
for state in "01":
    must(online, state)
    time.sleep(0.3)
found["hotplug"] = look()

found["before_off"] = rings()
must(longest, "off\\n")
found["off"] = look()
must(longest, "off")
turn(wakeup + timer, "0")
end(*busy)

# A ring that is too small for it says so: a task is woken and waits behind another one until the rest have
# switched so often. That one asks the clock, for on PREEMPT_RT it keeps timers out too.
found["attempts"] = []
def switches():
    return int(re.search(r"^ctxt (\\d+)", pathlib.Path("/proc/stat").read_text(), re.M)[1])

os.sched_setaffinity(0, {{1}})
must("/proc/sys/kernel/sched_rt_runtime_us", "-1")
for server in pathlib.Path("/sys/kernel/debug/sched").glob("fair_server/cpu0/runtime"):
    must(server, "0")
waiter = subprocess.Popen(["taskset", "-c", "0", "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
time.sleep(0.5)
busy = switching(1)
time.sleep(0.5)
must(longest, "0")
turn(wakeup, "1")
hog = subprocess.Popen(["chrt", "-f", "1", "build/test/load/timers", "--cpu", "0", "--cycles", "1", "--busy",
                        f"{{30 * slow}}s"], stdout=subprocess.DEVNULL)
while int(pathlib.Path(f"/proc/{{hog.pid}}/schedstat").read_text().split()[0]) < 200_000_000:
    time.sleep(0.05)
def runs():
    return int(pathlib.Path(f"/proc/{{waiter.pid}}/schedstat").read_text().split()[2])

# It may yet run at once, where the other one has not come to its work: by the kernel's count of its runs.
for _ in range(10):
    before, enough = runs(), switches() + 8000
    waiter.stdin.write(b"x")
    waiter.stdin.flush()
    while switches() < enough and runs() == before:
        time.sleep(0.2)
    found["attempts"].append(runs() - before)
    if runs() == before:
        break
end(hog, busy)
waiter.stdin.close()
waiter.wait()
turn(wakeup, "0")
found["long"] = look()
must(longest, "off")

# Unloaded while it is open, armed and at work.
must(longest, "0")
turn(wakeup, "1")
held = open(trace)
held.read(10)
busy = switching(0)
time.sleep(0.3)
found["rmmod"] = subprocess.run(["rmmod", "whylate"]).returncode
found["gone"] = not trace.exists() and not longest.exists() and rings() == 0
end(busy)
(out / "found.json").write_text(json.dumps(found))
"""

pytestmark = pytest.mark.timeout(300 * chosen.SLOW)


@pytest.fixture(scope="module", params=KERNELS)
def out(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("guest")
    (folder / "steps.py").write_text(STEPS)
    ask(folder, request.param, "sh", "-ec",
        f"insmod build/guest/{request.param}/kmod/whylate.ko; python3 {folder}/steps.py", timeout=240)
    return folder / "out"


@pytest.fixture(scope="module")
def found(out):
    return json.loads((out / "found.json").read_text())


HEADER = re.compile(
    r"# (?P<kind>\w+) latency trace v1\.1\.5 on (?P<release>\S+)\n"
    r"# -{68}\n"
    r"# latency: (?P<us>\d+) us, #(?P<have>\d+)/(?P<total>\d+), CPU#(?P<cpu>\d+) \| "
    r"\(M:(server|desktop|preempt|preempt_rt) VP:0, KP:0, SP:0 HP:0 #P:[12]\)\n"
    r"#    -{17}\n"
    r"#    \| task: (?P<comm>.{1,15})-(?P<pid>\d+) \(uid:\d+ nice:-?\d+ policy:\d rt_prio:\d+\)\n"
    r"#    -{17}\n"
    r"#  length (?P<ns>\d+) ns, ended at (?P<end>\d+) ns \(CLOCK_MONOTONIC\)\n"
    r"#  entries: events, not functions, of all CPUs; 0 us is where it began\n"
    r"#  (complete|NOT complete: (?P<missing>\d+) entries or more are missing)\n"
    r"#\n"
    r"#                    _------=> CPU#\n"
    r"#                   / _-----=> irqs-off/BH-disabled\n"
    r"#                  \| / _----=> need-resched\n"
    r"#                  \|\| / _---=> hardirq/softirq\n"
    r"#                  \|\|\| / _--=> preempt-depth \(\?: not known\)\n"
    r"#                  \|\|\|\| /     delay\n"
    r"#  cmd     pid     \|\|\|\|\| time  \|   caller\n"
    r"#     \\   /        \|\|\|\|\|  \\    \|   /\n")
EVENT = (r"sched_switch: \d+ \((?:sleeps|runnable|dies)\) ==> \d+|sched_(?:waking|wakeup): \d+ on CPU \d+|"
         r"sched_migrate_task: \d+ to CPU \d+|sched_process_fork: \d+ by \d+|"
         r"(?:irq_handler|softirq)_(?:entry|exit): \d+|[a-z0-9_]+_(?:entry|exit)")
LINE = re.compile(r"(?P<comm>.{8})-(?P<pid>\d+) *(?P<cpu>(?<=[ ])\d+)(?P<letters>[dDb.][.npNlbLB][.sHhzZ][.1-9a-f]) "
                  rf"+(?P<us>-?\d+)us(?P<mark>[ +!#*@$]): (?P<event>{EVENT})")
MARKS = ((1000000, "$"), (100000, "@"), (10000, "*"), (1000, "#"), (100, "!"), (10, "+"))


def parse(text):
    """The header's figures and the lines, each of which must be as it has to be, of a whole file."""
    header = HEADER.match(text)
    assert header, text[:2000]
    lines = []
    for line in text[header.end():].splitlines():
        assert LINE.fullmatch(line), line
        lines.append(LINE.fullmatch(line))
    return header, lines


def check(text):
    header, lines = parse(text)
    times = [int(line["us"]) for line in lines]
    missing = int(header["missing"] or 0)
    assert times == sorted(times) and int(header["ns"]) // 1000 == int(header["us"])
    assert len(lines) == int(header["have"]) == int(header["total"]) - missing
    assert not times or (times[0] >= -201 and times[-1] <= int(header["us"]))
    for line, here, after in zip(lines, times, times[1:]):
        # The gap itself is told in whole microseconds of its own.
        may_be = {next((mark for over, mark in MARKS if gap > over), " ") for gap in (after - here - 1, after - here)}
        assert line["mark"] in may_be, line[0]
    assert not lines or lines[-1]["mark"] == " "
    return header, lines


def letters_of_kernel(shown, has_lazy):
    """The kernel's letters as ours; where it does not tell two apart, both."""
    if not has_lazy:
        return {shown[:4]}
    irqs, resched, lazy, level, depth = shown[:5]
    both = {".": ".p", "n": "nN", "N": "N"}[resched]
    if lazy != ".":
        both = "".join({".": "l", "p": "L", "n": "b", "N": "B"}[one] for one in both)
    return {irqs + one + level + depth for one in both}


KERNEL_LINE = re.compile(r" *(?P<comm>.+)-(?P<pid>\d+) +\[(?P<cpu>\d+)\] (?P<letters>\S+) +(?P<s>\d+)\.(?P<us>\d{6}): "
                         r"(?P<event>\w+): (?P<rest>.*)")
NUMBERS = {"sched_switch": "prev_pid next_pid", "sched_waking": "pid target_cpu", "sched_wakeup": "pid target_cpu",
           "sched_migrate_task": "pid dest_cpu", "sched_process_fork": "child_pid pid", "irq_handler_entry": "irq",
           "irq_handler_exit": "irq", "softirq_entry": "vec", "softirq_exit": "vec"}


def kernel_events(text):
    """CPU -> (time in us, pid, letters, what) of each line of the kernel's trace"""
    events = {0: [], 1: []}
    has_lazy = "need-resched-lazy" in text
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        k = KERNEL_LINE.fullmatch(line)
        assert k, line
        numbers = [int(re.search(rf"(?:^| ){name}=(\d+)", k["rest"])[1]) for name in
                   NUMBERS.get(k["event"], "").split()]
        events[int(k["cpu"])].append((int(k["s"]) * 1000000 + int(k["us"]), int(k["pid"]),
                                      letters_of_kernel(k["letters"], has_lazy), (k["event"], *numbers)))
    return events


def what(line):
    """The same of a line of ours: what happened"""
    name, _, rest = line["event"].partition(": ")
    return name, *(int(number) for number in re.findall(r"\d+", rest))


def test_the_modes_are_those_of_root_alone(found):
    assert found["modes"] == ["0o100600", "0o100400"]


def test_nothing_is_kept_before_it_is_asked_for(found):
    off = {"max": "0\n", "trace": "# not kept: write 0 to /proc/whylate/max_latency\n", "rings": 0}
    assert found["at_first"] == found["after_hostile_off"] == found["not_armed"] == off
    armed = {"max": "0\n", "trace": "# no latency yet: a history has to be on (/proc/latency_hist)\n", "rings": 0}
    assert found["armed"] == found["forgotten"] == armed
    assert found["wakeup_rings"] == found["timer_rings"] == found["before_off"] == 2
    assert found["off"] == off


@pytest.mark.parametrize("when", ("off", "on"))
def test_hostile_writes_are_refused_and_change_nothing(found, when):
    codes, bad = found[f"hostile_{when}"]
    assert codes == [22] * len(HOSTILE), list(zip(HOSTILE, codes))
    assert bad == [-1, 14]
    before = found["at_first" if when == "off" else "wakeup"]
    assert found[f"after_hostile_{when}"] == before


@pytest.mark.parametrize("which", ("wakeup", "timer", "both"))
def test_the_maximum_is_that_of_the_histories(found, which):
    header, _ = check(found[which]["trace"])
    print(f"{which}: max_latency {found[which]['max'].strip()}, trace {header['us']}, histories {found[f'{which}_most']}")
    assert int(found[which]["max"]) == int(header["us"]) == found[f"{which}_most"] > 0
    assert which == "both" or header["kind"] == f"{which}_latency"


def test_a_wakeup_has_its_waking_at_its_beginning_and_its_switch_at_its_end(found):
    header, lines = check(found["wakeup"]["trace"])
    pid, us = header["pid"], header["us"]
    assert not header["missing"]
    first = [line["event"].split(":")[0] for line in lines if line["us"] == "0" and
             re.match(rf"sched_waking: {pid} on|sched_switch: {pid} \(sleeps\)", line["event"])]
    # Both, where the waker read its clock before the sleep that it ended: the waking has its time.
    assert first and len(set(first)) == len(first), found["wakeup"]["trace"]
    assert lines[-1]["us"] == us and lines[-1]["event"].endswith(f" ==> {pid}") and lines[-1]["cpu"] == header["cpu"]
    # Nobody else switched to it meanwhile, and there is context before.
    assert sum(line["event"].endswith(f" ==> {pid}") for line in lines if int(line["us"]) >= 0) == 1


def test_a_timer_ends_with_its_interrupt(found):
    header, lines = check(found["timer"]["trace"])
    assert not header["missing"]
    assert lines[-1]["us"] == header["us"] and lines[-1]["event"] == "local_timer_entry"
    assert lines[-1]["cpu"] == header["cpu"] and lines[-1]["letters"][2] in "hH"


@pytest.mark.parametrize("which", ("wakeup", "timer"))
def test_each_event_is_the_kernels_own_letter_by_letter(out, found, which):
    assert found[f"{which}_overrun"] == ["0", "0"]
    header, lines = check(found[which]["trace"])
    kernel = kernel_events((out / f"{which}.txt").read_text())
    begin_us = (int(header["end"]) - int(header["ns"])) / 1000
    compared = crossed = 0
    for cpu, theirs in kernel.items():
        ours = [line for line in lines if int(line["cpu"]) == cpu]
        names = [what(line) for line in ours]
        at = [i for i in range(len(theirs) - len(ours) + 1)
              if [event for *_, event in theirs[i:i + len(ours)]] == names]
        # As many of the kernel's in a row, none left out.
        assert at, (cpu, names, [e for e in theirs if abs(e[0] - begin_us) < 50000])
        nearest = min(at, key=lambda i: abs(theirs[i][0] - begin_us - int(ours[0]["us"])) if ours else 0)
        for line, (at_us, pid, letters, event) in zip(ours, theirs[nearest:]):
            # Its hook runs behind ours: in between another CPU may have asked this one to reschedule.
            crossed += line["letters"] not in letters
            may_be = letters | {text[0] + "." + text[2:] for text in letters}
            assert int(line["pid"]) == pid and line["letters"] in may_be, (line[0], letters)
            # But before the history's, whose times both ends have.
            is_end = line["us"] in ("0", header["us"])
            assert (-20000 if is_end else -1.01) < at_us - begin_us - int(line["us"]) < 20000, (line[0], at_us - begin_us)
            compared += 1
    letters = {line["letters"] for line in lines}
    print(f"{compared} events of {header['us']} us; letters {sorted(letters)}")
    assert compared == len(lines) > 0 and crossed <= 1
    assert which == "timer" or len(letters) > 2


def test_readers_see_one_trace_or_the_other_while_it_is_armed_again(found):
    whole = [text for text in found["readings"] if not text.startswith("# no latency yet")]
    lengths = {check(text)[0]["ns"] for text in whole}
    print(f"{found['nr_readings']} readings, {len(whole)} looked at, {len(lengths)} maxima")
    assert len(lengths) > 10


def test_a_cpu_that_goes_and_comes_leaves_a_trace_that_is_whole_or_says_so(found):
    header, lines = check(found["hotplug"]["trace"])
    assert lines and int(found["hotplug"]["max"]) >= int(header["us"])


def test_what_the_rings_no_longer_have_is_told(found):
    header, lines = check(found["long"]["trace"])
    print(f"{header['us']} us, #{header['have']}/{header['total']}, runs {found['attempts']}")
    assert int(header["missing"] or 0) > 0 and lines


def test_it_unloads_while_it_is_open_and_at_work(found):
    assert found["rmmod"] == 0 and found["gone"]
