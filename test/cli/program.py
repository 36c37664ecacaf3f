# SPDX-License-Identifier: GPL-2.0-only
"""Runs build/whylate as a user would, and says what came out.

WHYLATE names another program. Every process started here is waited for; STARTED keeps their ids.
"""
import os
import pathlib
import signal
import subprocess
import time
from typing import NamedTuple

PATH = os.environ.get("WHYLATE") or str(
    pathlib.Path(__file__).resolve().parents[2] / "build" / "whylate")
STARTED = set()
KINDS = ("irq.delivery.timer", "irq.delivery.ipi", "irq.handler", "irq.vector", "irq.thread",
         "softirq.wait", "softirq.run", "work.wait", "work.run", "sched.wakeup",
         "sched.preempted", "sched.new", "sched.run", "task.response", "task.relief")


class Run(NamedTuple):
    code: int           # negative: ended by that signal
    out: bytes
    err: bytes
    seconds: float


def environment(**more):
    plain = {key: value for key, value in os.environ.items()
             if key not in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE")}
    return plain | {"LC_ALL": "C.UTF-8"} | more


def start(*arguments, wrap=(), **popen):
    """Starts it, behind the command `wrap` where given; its own process group."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
               "env": environment(), "start_new_session": True} | popen
    process = subprocess.Popen([*wrap, PATH, *arguments], **options)
    STARTED.add(process.pid)
    return process


def finish(process, began, timeout=20):
    """Waits; what is not done in time is ended and fails the test."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"still running after {timeout} s; out {out!r} err {err!r}") from None
    return Run(process.returncode, out or b"", err or b"", time.monotonic() - began)


def run(*arguments, timeout=20, **options):
    began = time.monotonic()
    return finish(start(*arguments, **options), began, timeout)


def interrupt(*arguments, after, by=signal.SIGINT, **options):
    """Runs it and sends it the signal `by` when `after` seconds have passed."""
    began = time.monotonic()
    process = start(*arguments, **options)
    time.sleep(after)
    process.send_signal(by)
    return finish(process, began)
