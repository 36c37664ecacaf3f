# SPDX-License-Identifier: GPL-2.0-only
"""The lab's kernel modules, by what use_modules.py got out of them in a guest: they do what they say,
on the CPU they say, refuse what they must, and come and go. Then whylate, by the driver's own clock.
"""
import json
import pathlib

import pytest

from asking import ask

import use_modules as use

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STAMPS = ("asserted", "hard", "hard_end", "thread", "done")
# HZ is 250: a section of 20 ms has 5 ticks, or hides them, and one comes when it ends. A guest that
# is stopped misses some: so those of a kind that hides them are compared with those of one that doesn't.
HIDES, SHOWS = ("irqsoff", "rawlock", "hardirq"), ("preemptoff", "bhoff")
FEWER = 0.6
# From a handler's clock to whylate's: 0.4 to 1.5 us in 32 means of four guests; of the thread, with the
# waking of the writer and the way to its switch-out between them, 1.8 to 9.7 us. On a host that has
# other work one stop of the guest may fall right there, and adds 100 us to a mean of 50, so the least
# of three means counts.
HANDLER_NS, THREAD_NS = 10_000, 30_000

pytestmark = pytest.mark.timeout(330)


@pytest.fixture(scope="module", params=["6.1-rt", "6.12"])
def found(request, tmp_path_factory):
    """What each step left, by its name."""
    modules = ROOT / "build/lab-kmod" / request.param
    out = tmp_path_factory.mktemp("modules")
    ask(out, request.param, HERE / "use_modules.py", modules, options=["--qemu", "-device edu"], timeout=300)
    return {path.stem: json.loads(path.read_text()) for path in (out / "out").glob("*.json")}


def runs(found):
    for run in found["raising"]["runs"]:
        assert run["error"] is None
        yield run


def assert_in_order(records):
    assert [r["seq"] for r in records] == list(range(len(records)))
    stamps = [r[name] for r in records for name in STAMPS]
    assert stamps == sorted(stamps) and stamps[0] > 0


# --- irq_demo ---

def test_every_interrupts_instants_are_in_order(found):
    for run in runs(found):
        assert len(run["records"]) == use.INTERRUPTS
        assert_in_order(run["records"])


def test_the_kernel_counted_as_many_on_the_cpu_that_the_driver_says(found):
    for run in runs(found):
        expected = [use.INTERRUPTS if cpu == run["cpu"] else 0 for cpu in range(2)]
        assert run["counted"] == expected
        assert {r["cpu"] for r in run["records"]} == {run["cpu"]}


def test_a_gap_is_left_between_interrupts(found):
    for run in runs(found):
        for before, after in zip(run["records"], run["records"][1:]):
            assert after["asserted"] - before["done"] >= run["gap_us"] * 1000


def test_handlers_take_as_long_as_they_are_told(found):
    for run in runs(found):
        for r in run["records"]:
            assert r["hard_end"] - r["hard"] >= run["hard_us"] * 1000
            assert r["done"] - r["thread"] >= run["thread_us"] * 1000
    assert run["hard_us"] == use.HARD_US and run["thread_us"] == use.THREAD_US


def test_the_hard_handler_is_hard_on_every_kernel(found):
    """One that is forced into a thread has that thread's name with -s-; the driver warns as well."""
    name, = found["raising"]["threads"]
    assert "-s-" not in name


def test_a_writer_that_is_killed_leaves_whole_records(found):
    told = found["interrupting"]
    assert told["code"] == -15 and 0 < len(told["records"]) < 1000
    assert_in_order(told["records"])
    assert told["next"] is None


def test_an_interrupt_that_does_not_come_is_an_error_and_no_record(found):
    told = found["missing"]
    assert told["without"] == ["ETIMEDOUT", 0]
    assert told["back"] is None and len(told["records"]) == 3
    assert_in_order(told["records"])


def test_the_device_may_go_while_its_file_is_open(found):
    assert found["unplugging"] == {"without": "ENODEV", "back": None, "records": 3}


# --- fault ---

def test_each_fault_is_as_long_as_asked_where_asked_and_named(found):
    orders, labels = found["faults"]["orders"], found["faults"]["labels"]
    assert len(labels) == len(orders)
    for order, label in zip(orders, labels):
        assert order["error"] is None
        assert (label["kind"], label["cpu"]) == (order["kind"], order["cpu"])
        assert label["end"] - label["start"] >= order["us"] * 1000
        assert label["function"] == f"fault_{order['kind']}"
    ends = [label[end] for label in labels for end in ("start", "end")]
    assert ends == sorted(ends)


def test_interrupts_are_off_where_a_fault_says_so_and_nowhere_else(found):
    ticks = found["ticking"]
    assert max(ticks[kind] for kind in HIDES) <= FEWER * min(ticks[kind] for kind in SHOWS), ticks


def test_what_there_is_no_room_for_is_refused(found):
    told = found["filling"]
    assert told["errors"] == [None] * use.LABELS + ["ENOSPC"] * 2
    assert told["full"] == use.LABELS and told["cleared"] == [None, 0]


# --- both ---

@pytest.mark.parametrize("which", ["faults", "raises", "parameters"])
def test_hostile_writes_are_refused(found, which):
    for text, error in found["hostile"][which]:
        assert error in ("EINVAL", "ERANGE"), (text, error)


def test_hostile_writes_leave_nothing(found):
    assert found["hostile"]["is_unchanged"]


def test_files_are_roots_alone(found):
    assert found["hostile"]["modes"] == ["0o600", "0o600"]


def test_a_module_whose_file_is_open_stays_and_works(found):
    told = found["holding"]
    assert all("temporarily unavailable" in refused for refused in told["refused"]), told
    assert told["errors"] == [None, None] and told["done"] == [3, 1]


def test_modules_come_and_go_under_load(found):
    told = found["reloading"]
    assert len(told["refusals"]) == use.ROUNDS
    assert min(told["done"]) >= use.ROUNDS and sum(map(sum, told["refusals"])) > 0, told
    assert set(told["errors"]) <= {"None", "ENOENT", "ENODEV", "ENXIO"}, told
    assert told["gone"] == ["", "", False, False]


# --- whylate ---

def mean(records, begin, end):
    return sum(r[end] - r[begin] for r in records) / len(records)


def differences(found, by, kind, begin, end):
    """Of each run: whylate's mean of a kind less the driver's mean time between two of its stamps."""
    for run, records in enumerate(found["measuring"][by]):
        row, = [r for r in found[f"{by}{run}"]["latencies"] if r["kind"] == kind
                and r["cpu"] is None and (r["key"] or {}).get("name") == "irq_demo"]
        assert row["count"] == len(records) == use.INTERRUPTS
        yield row["sum_ns"] / row["count"] - mean(records, begin, end)


@pytest.mark.parametrize("by", use.COLLECTORS)
def test_a_handlers_mean_is_the_drivers(found, by):
    differ = list(differences(found, by, "irq.handler", "hard", "hard_end"))
    assert len(differ) == use.RUNS and 0 <= min(differ) <= HANDLER_NS, differ


@pytest.mark.parametrize("by", use.COLLECTORS)
def test_a_threads_mean_is_the_drivers(found, by):
    differ = list(differences(found, by, "irq.thread", "hard_end", "done"))
    assert len(differ) == use.RUNS and 0 <= min(differ) <= THREAD_NS, differ


def test_a_tracked_threads_handling_time_is_the_drivers(found):
    differ = []
    for run in found["measuring"]["tracked"]:
        count, _, mean_ns, _, bound, violations = map(int, run["row"])
        assert count == violations == use.INTERRUPTS and bound == 1000
        differ.append(mean_ns - mean(run["records"], "hard_end", "done"))
    print("differ by", differ)
    assert 0 <= min(differ) <= THREAD_NS, differ


def test_a_lines_bound_counts_for_whichever_thread_it_has(found):
    for nr, run in enumerate(found["measuring"]["tracked"], 1):
        assert f"irq {run['line']} 1000 ({nr * use.INTERRUPTS} violations)\n" in run["bounds"]
