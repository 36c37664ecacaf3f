# SPDX-License-Identifier: GPL-2.0-only
"""Recordings as files: every version's go on saying the same, damaged ones say what is wrong with
them in one line and give what can be saved, and what is no recording is refused."""
import json
import pathlib
import random
import re

import golden
import pytest
import validator
from program import KINDS, run
from verdict import done, refused, usage

pytestmark = pytest.mark.no_program
GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden"
FILES = sorted(GOLDEN.glob("*.why"))
ONE = GOLDEN / "v1.why"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_recording_goes_on_saying_what_it_said(path):
    assert golden.report(path) == json.loads(path.with_suffix(".json").read_text())


def test_the_json_of_a_report_is_as_the_schema_says():
    found = validator.parse(run("report", str(ONE), "--json", "-").out)
    assert not list(validator.complaints(found, "profile"))
    found["recording"]["complete"] = 1
    assert list(validator.complaints(found, "profile"))


def judged(path):
    """The report's document, or None where it was refused with one line."""
    result = run("report", str(path), "--json", "-", timeout=20)
    assert result.code in (0, 1), (result.code, result.err)
    if result.code:
        refused(result, 1, path.name)
        return None
    return json.loads(result.out)


def test_a_recording_cut_off_anywhere_gives_what_came_before(tmp_path):
    whole, path = ONE.read_bytes(), tmp_path / "cut.why"
    events, refusals = [], 0
    for size in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:size])
        found = judged(path)
        refusals += found is None
        if found:
            assert found["recording"]["complete"] is False and found["recording"]["damage"]
            events.append(found["recording"]["events"])
    assert events == sorted(events) and events[-1] > 9000
    assert refusals < 20


@pytest.mark.parametrize("seed", range(4))
def test_a_flipped_bit_is_told_of_and_never_crashes(tmp_path, seed):
    whole, path, draw = ONE.read_bytes(), tmp_path / "flipped.why", random.Random(seed)
    good = golden.essence(json.loads(run("report", str(ONE), "--json", "-").out))
    for _ in range(20):
        at, changed = draw.randrange(len(whole)), bytearray(whole)
        changed[at] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        found = judged(path)
        if found is None:
            continue
        told = found["recording"]
        # A few bytes of the file mean nothing: then nothing has changed.
        assert told["damage"] or told["damaged"] or not told["complete"] \
            or golden.essence(found) == good, at


def test_a_run_that_is_damaged_is_lost_and_its_time_is_nobodys(tmp_path):
    path, bytes_ = tmp_path / "hole.why", bytearray(ONE.read_bytes())
    good = json.loads(run("report", str(ONE), "--json", "-").out)
    bytes_[len(bytes_) // 2] ^= 0x10
    path.write_bytes(bytes_)
    found = judged(path)
    told = found["recording"]
    assert (told["complete"], told["damaged"]) == (False, 1) and 0 < told["lost"] < told["events"]
    assert found["losses"]["ring_overrun"] == told["lost"]
    for cpu, other in zip(found["cpus"], good["cpus"]):
        assert cpu["sum_ns"] == other["sum_ns"]
    assert sum(c["unseen_ns"] for c in found["cpus"]) > sum(c["unseen_ns"] for c in good["cpus"])
    for row in (r for r in found["latencies"] if "causes" in r):
        assert sum(row["causes"].values()) == row["sum_ns"]


def test_a_damaged_recording_says_so_in_its_report(tmp_path):
    path = tmp_path / "cut.why"
    path.write_bytes(ONE.read_bytes()[:20_000])
    text = done(run("report", str(path))).out.decode()
    assert "recording: " in text and "cut off" in text


@pytest.mark.parametrize("content, word", ((b"", "empty"), (b"hello\n" * 100, "recording"),
                                           (b"\x00" * 5000, "recording"), (b"WHY", "recording")))
def test_what_is_no_recording_is_refused(tmp_path, content, word):
    path = tmp_path / "no.why"
    path.write_bytes(content)
    refused(run("report", str(path)), 1, "no.why", word, hint=True)


def test_a_later_version_is_refused(tmp_path):
    path, bytes_ = tmp_path / "later.why", bytearray(ONE.read_bytes())
    for at in range(4, 16):     # wherever the version is: docs/trace-format.md
        if bytes_[at] == 1:
            bytes_[at] = 99
            break
    path.write_bytes(bytes_)
    refused(run("report", str(path)), 1, "later.why", "version")


def test_places_that_are_no_file_are_refused(tmp_path):
    refused(run("report", str(tmp_path / "none.why")), 1, "none.why", "No such file")
    refused(run("report", str(tmp_path)), 1)
    refused(run("report", "/dev/null"), 1)


def test_report_wants_one_file_and_a_part_that_is_one():
    usage(run("report"), "recording")
    usage(run("report", str(ONE), str(ONE)), "v1.why")
    usage(run("report", str(ONE), "--from", "2s", "--to", "1s"), "--from")
    usage(run("report", str(ONE), "--from", "2"), "--from", "unit", hint=True)
    usage(run("report", str(ONE), "--frobnicate"), "frobnicate")
    usage(run("report", str(ONE), "--hist", "sched.wake"), "sched.wake")


def drawn(text):
    """{kind: (samples, sum of its lines)} of the histograms in a report."""
    found = re.findall(r"^(\S+) · ([\d,]+) samples\n((?: .*\n)*)", text, re.M)
    return {kind: (int(nr.replace(",", "")),
                   sum(int(n.replace(",", "")) for n in re.findall(r"s +([\d,]+) ?[▉-▏█]*$", lines, re.M)))
            for kind, nr, lines in found}


@pytest.mark.parametrize("kind", KINDS)
def test_a_histogram_holds_all_that_its_kind_counts(kind):
    document = json.loads(run("report", str(ONE), "--json", "-").out)
    count = next(row["count"] or 0 for row in document["latencies"]
                 if row["kind"] == kind and row["cpu"] is None and row["key"] is None)
    text = done(run("report", str(ONE), "--hist", kind)).out.decode()
    assert drawn(text) == {kind: (count, count)}


def test_histograms_alone_are_those_of_the_whole_report():
    def parts(text, title):
        return {part.strip("\n") for part in text.split("\n\n") if part.startswith(title)}

    alone = done(run("report", str(ONE), "--histograms")).out.decode()
    whole = "\n".join(done(run("report", str(ONE), "--hist", kind)).out.decode() for kind in KINDS)
    counts = drawn(whole)
    assert drawn(alone) == {kind: n for kind, n in counts.items() if n[0]} and len(drawn(alone)) > 5
    for kind in drawn(alone):
        assert parts(alone, kind + " ·") == parts(whole, kind + " ·"), kind
    for title in ("LATENCY", "CPUS", "COUNTS", "LOSSES"):
        assert parts(alone, title) and parts(alone, title) == parts(whole, title), title
    assert "n/a: causes and tasks were left out" in alone
    assert "\nTASKS" not in alone and "unexplained" not in alone
    usage(run("report", str(ONE), "--histograms", "--json", "-"), "--histograms", "JSON", hint=True)


def test_options_may_follow_the_file():
    one, other = (done(run(*words)).out.decode() for words in (
        ("report", str(ONE), "--series"), ("report", "--series", str(ONE))))
    strip = [line for line in one.splitlines() if "read in" not in line]
    assert strip == [line for line in other.splitlines() if "read in" not in line]


@pytest.mark.parametrize("words, named", (
    (("--keep", "3"), "--keep"), (("--rotate", "10", "-d", "1s"), "--rotate"),
    (("--rotate", "1k"), "--rotate"), (("--rotate", "0M"), "--rotate"),
    (("--rotate", "1s", "--keep", "0"), "--keep"), (("--rotate", "1s", "--keep", "x"), "--keep"),
    (("--rotate", "10ms"), "--rotate"), (("--rotate", "1s", "-o", "-"), "--rotate"),
    (("-o", ""), "--output"), (("--series",), "series"), (("stray",), "stray")))
def test_record_refuses_what_it_cannot_mean(words, named):
    usage(run("record", *words, timeout=5), named)


def test_parts_that_hold_nothing_are_refused():
    refused(run("report", str(ONE), "--from", "1h"), 1, "v1.why", "--from")
    found = json.loads(done(run("report", str(ONE), "--from", "1s", "--to", "1100ms", "--json",
                                "-")).out)
    assert found["whylate"]["duration_ns"] == 100_000_000
    assert [c["sum_ns"] for c in found["cpus"]] == [100_000_000, 100_000_000]


def test_what_is_in_the_way_stays(tmp_path):
    path = tmp_path / "it.why"
    path.write_bytes(ONE.read_bytes())
    refused(run("record", "-o", str(path), "--", "/nonexistent"), 1, "/nonexistent")
    assert path.read_bytes() == ONE.read_bytes()
    (tmp_path / "it.why.1").mkdir()
    refused(run("record", "--rotate", "1s", "-o", str(path)), 1, "it.why.1", "exists")
    refused(run("record", "--rotate", "1s", "-o", str(tmp_path / "it.why.1")), 1, "regular file")
    usage(run("record", "-o", str(path), "--json", str(path)), "--json")
    usage(run("record", "-o", "-", "--json", "-"), "--json")
    assert path.read_bytes() == ONE.read_bytes()


def test_what_a_command_prints_does_not_get_into_the_recording(tmp_path):
    path = tmp_path / "it.why"
    result = done(run("record", "-o", "-", "--", "sh", "-c", "echo HELLO; sleep 0.3; echo BYE"))
    assert b"HELLO" in result.err and b"BYE" in result.err
    path.write_bytes(result.out)
    assert judged(path)["recording"]["complete"] is True


def test_record_says_where_it_cannot_write(tmp_path):
    refused(run("record", "-d", "100ms", "-o", str(tmp_path / "no" / "it.why")), 1, "it.why",
            "No such file")
