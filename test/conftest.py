# SPDX-License-Identifier: GPL-2.0-only
"""The last line, and the rule that in CI a check that could not run has failed."""
import os

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


def pytest_terminal_summary(terminalreporter):
    failed = count(terminalreporter, "failed") + count(terminalreporter, "error")
    line = f"{count(terminalreporter, 'passed')} passed, {failed} failed"
    if count(terminalreporter, "skipped"):
        line += f", {count(terminalreporter, 'skipped')} skipped"
    terminalreporter.config.whylate_line = line


def pytest_unconfigure(config):
    if hasattr(config, "whylate_line"):
        print(config.whylate_line, flush=True)
