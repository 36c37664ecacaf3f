# SPDX-License-Identifier: GPL-2.0-only
"""/proc/syscall-trace counts every call and times it, takes no wrong word, and leaves nothing behind."""
import json

import pytest

from asking import MODULE, ask

KERNELS = ("6.1-rt", "6.12")
FOUR = ("read", "mmap", "futex", "openat")
# On this one kretprobes are of another make, too; it has no Python.
ARM64 = "6.12-rt-arm64"
ARM64_SCRIPT = f"""
trace=/proc/syscall-trace load=build/arm64/test/load/syscalls module=build/guest/{ARM64}/kmod/whylate.ko
run() {{
	mkdir $GUEST_OUT/$step
	$load "$@" --trace $trace --snapshot $GUEST_OUT/$step/text > $GUEST_OUT/$step/tally
}}
insmod $module
echo enable all > $trace
echo enable uname > $trace
step=exact run --read 200 --mmap 151 --futex 102 --openat 53 --fifo 50
uname > /dev/null
grep ^uname $trace > $GUEST_OUT/uname
$load --sleepers 8 --sleep 2s > /dev/null &
sleep 1
rmmod whylate
wait $!
insmod $module syscall_instances=1
echo enable futex > $trace
step=missing run --sleepers 8 --rounds 5
rmmod whylate
"""

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module", params=KERNELS)
def steps(request, tmp_path_factory):
    """What test/guest/syscall_steps.py found, by step."""
    out = tmp_path_factory.mktemp("guest")
    ask(out, request.param, "sh", "-c", f"test/guest/syscall_steps.py build/guest/{request.param}/{MODULE} "
        "> $GUEST_OUT/steps.json", timeout=240)
    return json.loads((out / "out/steps.json").read_text())


def parse(text):
    """{name: row}: as any script would, by the header's own names."""
    header, *lines = text.splitlines()
    assert header.startswith("#")
    columns = header[1:].split()
    assert columns[:8] == ["name", "state", "count", "total_ns", "avg_ns", "min_ns", "max_ns", "missed"]
    assert columns[8:] == ["0ns"] + [f"{256 << i}ns" for i in range(15)]
    rows = {}
    for line in lines:
        words = line.split()
        assert len(words) == 24 and words[1] in ("on", "off"), line
        numbers = [None if word == "-" else int(word) for word in words[2:]]
        rows[words[0]] = dict(zip(columns[1:8], [words[1], *numbers[:6]]), buckets=numbers[6:])
    return rows


def states(text):
    return {name: row["state"] for name, row in parse(text).items()}


def on(text):
    return sorted(name for name, state in states(text).items() if state == "on")


def assert_adds_up(row):
    assert sum(row["buckets"]) == row["count"], row
    if not row["count"]:
        assert row["total_ns"] == 0 and row["avg_ns"] is row["min_ns"] is row["max_ns"] is None, row
        return
    assert row["min_ns"] <= row["avg_ns"] <= row["max_ns"], row
    assert row["avg_ns"] == row["total_ns"] // row["count"], row
    filled = [i for i, n in enumerate(row["buckets"]) if n]
    for ns, bucket in ((row["min_ns"], filled[0]), (row["max_ns"], filled[-1])):
        assert ns >= (256 << bucket - 1 if bucket else 0), row
        assert bucket == 15 or ns < 256 << bucket, row


def test_nothing_is_hooked_until_asked_for(steps):
    found = steps["at_load"]
    rows = parse(found["text"])
    assert list(rows) == list(FOUR)
    assert found["probes"] == [] and on(found["text"]) == []
    for row in rows.values():
        assert_adds_up(row)
        assert row["count"] == row["missed"] == 0


def test_it_is_roots_alone(steps):
    assert steps["at_load"]["mode"] == 0o600 and steps["at_load"]["uid"] == 0
    assert steps["hostile"]["nobody"] != 0
    assert steps["hostile"]["bare"] != 0, "root without CAP_SYS_ADMIN"


def test_every_call_is_counted_once(steps):
    tally, rows = steps["exact"]["tally"], parse(steps["exact"]["text"])
    for name in FOUR:
        assert (rows[name]["state"], rows[name]["count"], rows[name]["missed"]) == ("on", tally[name], 0), name


def test_calls_together_take_no_longer_than_the_time_they_were_made_in(steps):
    tally, rows = steps["exact"]["tally"], parse(steps["exact"]["text"])
    assert 0 < sum(rows[name]["total_ns"] for name in FOUR) < tally["elapsed_ns"]


@pytest.mark.parametrize("step", ["exact", "moving", "disabled", "added", "crowd", "full", "missing"])
def test_buckets_minimum_average_and_maximum_add_up(steps, step):
    for text in (text for key, text in steps[step].items() if key in ("text", "before", "counted", "off", "on")):
        for row in parse(text).values():
            assert_adds_up(row)


def test_a_call_that_ends_on_another_cpu_is_counted_with_its_whole_length(steps):
    tally, row = steps["moving"]["tally"], parse(steps["moving"]["text"])["futex"]
    assert tally["waits"] >= 80
    assert (row["count"], row["missed"]) == (tally["futex"], 0)
    assert row["buckets"][15] >= 80 * 0.9, row
    assert row["max_ns"] >= 25_000_000


def test_a_disabled_call_stands_still_and_keeps_its_counts(steps):
    found = steps["disabled"]
    before, after = parse(found["before"]), parse(found["text"])
    for name in ("futex", "read"):
        assert before[name]["state"] == "off" and before[name] == after[name]
    for name in ("mmap", "openat"):
        assert after[name]["count"] - before[name]["count"] >= 100
    assert found["probes"] == ["mmap", "openat"]


def test_any_call_can_be_added(steps):
    rows = parse(steps["added"]["counted"])
    assert rows["getppid"]["count"] == 123
    assert rows["uname"]["count"] == 1, "its function is newuname"


def test_all_are_those_that_were_ever_added(steps):
    assert steps["added"]["none"] == []
    assert steps["added"]["every"] == sorted([*FOUR, "getppid", "newuname"])


def test_a_reset_clears_counts_and_nothing_else(steps):
    found = steps["added"]
    rows = parse(found["text"])
    assert on(found["text"]) == sorted([*FOUR, "getppid", "uname"])
    for name in ("getppid", "uname"):
        assert rows[name]["count"] == 0 and rows[name]["min_ns"] is None


def test_twice_is_once(steps):
    found = steps["again"]
    assert set(found["answers"]) == {0}
    assert found["on"] == ["read"] and found["off"] == []


def expected_errno(command):
    text = eval(command)
    if len(text) > len("disable ") + 33:
        return "E2BIG"
    verb, _, name = text.partition(b" ")
    if verb in (b"enable", b"disable") and 0 < len(name) <= 32 and \
            all(chr(c) in "abcdefghijklmnopqrstuvwxyz0123456789_" for c in name):
        return "ENOENT"
    return "EINVAL"


def test_what_is_no_command_is_refused_and_changes_nothing(steps):
    found = steps["hostile"]
    assert found["answers"] == {command: expected_errno(command) for command in found["answers"]}
    assert found["noise"] > 900 and found["accepted"] == []
    assert found["fault"] == [-1, 14]
    assert found["before"] == found["after"] and found["probes"] == []


def test_a_full_table_says_so(steps):
    found = steps["full"]
    assert set(found["filled"]) == {0}
    assert found["over"] == "ENOSPC" and found["old"] == 0
    assert len(parse(found["text"])) == 64 == len(found["probes"])
    assert states(found["before"]) == states(found["text"])
    assert found["disabled"] == 0 and found["left"] == []


def test_switched_on_and_off_under_load_it_counts_whenever_it_is_on(steps):
    found = steps["switching"]
    assert all(found["alive"]) and found["probes"] == []
    assert len(found["texts"]) == 20
    for text in found["texts"]:
        for row in parse(text).values():
            assert_adds_up(row)
        assert sum(parse(text)[name]["count"] for name in on(text)) > 0


def test_half_a_count_is_never_read(steps):
    found = steps["switching"]
    assert found["counts"] > 100 and found["torn"] == []


def test_commands_of_several_at_once_each_take_effect(steps):
    found = steps["crowd"]
    assert found["answers"] == [0] * 4
    assert on(found["text"]) == [] == found["probes"]


def test_unloading_with_probes_on_and_calls_under_way_is_clean(steps):
    found = steps["unload"]
    assert found["code"] == 0 and not found["there"] and found["probes"] == []
    assert found["held"] in ("EIO", "ESRCH", "ENOENT")
    assert found["sleepers"] == 0 and found["tally"]["waits"] == 8


def test_a_call_without_room_is_counted_as_missed(steps):
    tally, row = steps["missing"]["tally"], parse(steps["missing"]["text"])["futex"]
    assert row["missed"] >= 20
    assert row["count"] + row["missed"] == tally["futex"]


def test_what_was_missed_outlasts_a_disable_and_begins_again_at_a_reset(steps):
    found = steps["missing"]
    missed = parse(found["text"])["futex"]["missed"]
    assert parse(found["off"])["futex"]["missed"] >= missed
    assert parse(found["on"])["futex"]["missed"] >= parse(found["off"])["futex"]["missed"]
    assert parse(found["before"])["futex"]["missed"] >= 8
    assert parse(found["cleared"])["futex"]["missed"] < 8


def test_no_absurd_room_is_asked_for(steps):
    assert steps["missing"]["absurd"] != 0 and steps["missing"]["probes"] == []


@pytest.fixture(scope="module")
def arm64(tmp_path_factory):
    """Folder of what that guest left."""
    out = tmp_path_factory.mktemp("guest")
    ask(out, ARM64, "sh", "-ec", ARM64_SCRIPT)
    return out / "out"


def step_of(folder, name):
    return json.loads((folder / name / "tally").read_text()), parse((folder / name / "text").read_text())


def test_on_arm64_every_call_is_counted_once(arm64):
    tally, rows = step_of(arm64, "exact")
    for name in FOUR:
        assert (rows[name]["state"], rows[name]["count"], rows[name]["missed"]) == ("on", tally[name], 0), name
        assert_adds_up(rows[name])
    assert (arm64 / "uname").read_text().split()[2] == "1"


def test_on_arm64_a_call_without_room_is_counted_as_missed(arm64):
    tally, rows = step_of(arm64, "missing")
    assert rows["futex"]["missed"] >= 20
    assert rows["futex"]["count"] + rows["futex"]["missed"] == tally["futex"]
