# SPDX-License-Identifier: GPL-2.0-only
"""The last line, and the rule that in CI a check that could not run has failed.

WHY_TALLY names a file that several runs add what they counted to: the last line is of all so far.
"""
import os
import pathlib

import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if os.environ.get("CI") and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"could not run: {report.longrepr}"


def count(reporter, name):
    return len([r for r in reporter.stats.get(name, []) if getattr(r, "when", "call") != "teardown"
                or name == "error"])


def add_to(tally, counts):
    before = map(int, tally.read_text().split()) if tally.exists() else [0] * len(counts)
    counts = [a + b for a, b in zip(before, counts)]
    tally.write_text(" ".join(map(str, counts)))
    return counts


def pytest_terminal_summary(terminalreporter):
    counts = [count(terminalreporter, "passed"),
              count(terminalreporter, "failed") + count(terminalreporter, "error"),
              count(terminalreporter, "skipped")]
    if "WHY_TALLY" in os.environ and not hasattr(terminalreporter.config, "workerinput"):   # pytest-xdist's
        counts = add_to(pathlib.Path(os.environ["WHY_TALLY"]), counts)
    passed, failed, skipped = counts
    terminalreporter.config.whylate_line = (f"{passed} passed, {failed} failed" +
                                            (f", {skipped} skipped" if skipped else ""))


def pytest_unconfigure(config):
    if hasattr(config, "whylate_line"):
        print(config.whylate_line, flush=True)
