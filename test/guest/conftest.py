# SPDX-License-Identifier: GPL-2.0-only
"""Several guests run at a time (mk/guest.mk): which tests are of one guest, and which begin.

A guest belongs to a fixture of the file's, and to one of its parameters where it has them; tests
without such a fixture each have their own guest. What may take longest, by its timeout, goes first. Each
worker has a CPU of its own: a guest that another one takes the CPU from stands still for milliseconds.
"""
import os

import pytest


def guest_of(item):
    """A name for the guest that the test shares with others, or None."""
    fixtures = item._fixtureinfo.name2fixturedefs
    shared = [name for name in item.fixturenames if name in fixtures and fixtures[name][-1].scope == "module"]
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return "-".join([item.path.stem, *(str(params[name]) for name in shared if name in params)]) if shared else None


def pytest_configure(config):
    worker, cpus = os.environ.get("PYTEST_XDIST_WORKER", ""), sorted(os.sched_getaffinity(0))
    if worker:
        os.sched_setaffinity(0, {cpus[int(worker.removeprefix("gw")) % len(cpus)]})


@pytest.hookimpl(tryfirst=True)      # pytest-xdist's own reads the marks
def pytest_collection_modifyitems(items):
    for item in items:
        if guest := guest_of(item):
            item.add_marker(pytest.mark.xdist_group(guest))
    items.sort(key=lambda item: -item.get_closest_marker("timeout", pytest.mark.timeout(0).mark).args[0])
