# SPDX-License-Identifier: GPL-2.0-only
"""What a run must look like: refused with one clear line, or done with a report."""
import re

import validator

LINE = re.compile(r"whylate: \S[^\n]*")
WHAT_AND_WHY = re.compile(r"whylate: \S[^\n]*: \S[^\n]*")
HINT = re.compile(r" \([^()]*\S[^()]*\)$")
ESCAPES = re.compile(rb"\x1b")
RAW_CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
FAST_S = 2


def error_line(run):
    """The one line on standard error; its inner form has tests of its own in test_usage_line."""
    text = run.err.decode("utf-8")
    assert text.count("\n") == 1 and text.endswith("\n"), f"not exactly one line: {text!r}"
    assert LINE.fullmatch(text[:-1]), f"does not begin with 'whylate: ': {text!r}"
    assert not RAW_CONTROLS.search(run.err), f"raw control bytes: {run.err!r}"
    return text[:-1]


def refused(run, code, *words, hint=False):
    """Exit `code`, one line with every one of `words`, nothing on standard output, fast."""
    assert run.code == code, f"exit {run.code}, not {code}; err {run.err!r} out {run.out[:200]!r}"
    line = error_line(run)
    assert run.out == b"", f"on standard output: {run.out[:300]!r}"
    for word in words:
        assert word.lower() in line.lower(), f"{word!r} is not in {line!r}"
    if hint:
        assert HINT.search(line), f"no hint in parentheses: {line!r}"
    assert run.seconds < FAST_S, f"took {run.seconds:.1f} s to refuse"
    return line


def usage(run, *words, hint=False):
    return refused(run, 2, *words, hint=hint)


def done(run):
    assert run.code == 0, f"exit {run.code}; err {run.err!r}; out {run.out[:300]!r}"
    assert b"Traceback" not in run.err and b"libbpf:" not in run.err, run.err
    return run


def reported(run):
    """A text report: header line, table, causes; standard error empty, nothing raw."""
    done(run)
    assert run.err == b"", f"on standard error: {run.err!r}"
    text = run.out.decode("utf-8")
    assert text.startswith("whylate "), text[:200]
    assert "LATENCY" in text, text[:500]
    assert not RAW_CONTROLS.search(run.out), "raw control bytes in the report"
    return text


def document(run):
    """The JSON document on standard output, which is all there is."""
    done(run)
    assert run.err == b"", f"on standard error: {run.err!r}"
    return validator.parse(run.out)
