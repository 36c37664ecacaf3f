# SPDX-License-Identifier: GPL-2.0-only
"""How it was started must not matter: signals ignored or held back by whoever did it."""
import os
import signal
import subprocess
import threading
import time

from program import finish, interrupt, run, start
from verdict import refused, reported


def ignoring(number):
    return lambda: signal.signal(number, signal.SIG_IGN)


def test_the_end_of_a_command_is_noticed_though_its_signal_was_ignored():
    result = run("-d", "15s", "--", "true", preexec_fn=ignoring(signal.SIGCHLD))
    reported(result)
    assert result.seconds < 10


def test_a_hang_up_that_was_ignored_ends_nothing():
    result = interrupt("-d", "2s", after=0.7, by=signal.SIGHUP, preexec_fn=ignoring(signal.SIGHUP))
    reported(result)
    assert result.seconds >= 2


def test_a_hang_up_ends_a_measurement_early_and_still_reports():
    result = interrupt("-d", "20s", after=1, by=signal.SIGHUP)
    reported(result)
    assert result.seconds < 10


def test_the_command_gets_signals_as_they_were():
    show = ("grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status")
    plain = subprocess.run(show, capture_output=True, check=True, preexec_fn=ignoring(signal.SIGHUP))
    result = run("-d", "10s", "--", *show, preexec_fn=ignoring(signal.SIGHUP))
    assert plain.stdout in result.out


def test_a_thread_is_no_process():
    """Not even one of ours: its process is named."""
    ready, over = threading.Event(), threading.Event()
    tid = []

    def live():
        tid.append(threading.get_native_id())
        ready.set()
        over.wait()

    thread = threading.Thread(target=live)
    thread.start()
    ready.wait()
    try:
        refused(run("-d", "200ms", "-p", str(tid[0])), 1, str(tid[0]), str(os.getpid()), "-t")
        reported(run("-d", "200ms", "-t", str(tid[0])))
    finally:
        over.set()
        thread.join()


def test_a_process_whose_first_thread_has_ended_lives_on(child):
    code = ("import ctypes, threading, time\n"
            "threading.Thread(target=time.sleep, args=(30,)).start()\n"
            "ctypes.CDLL(None).pthread_exit(None)")
    process = child("/usr/bin/python3", "-c", code)
    deadline = time.monotonic() + 10
    while ") Z " not in open(f"/proc/{process.pid}/stat").read():
        assert time.monotonic() < deadline, "its first thread goes on"
        time.sleep(0.05)
    reported(run("-d", "200ms", "-p", str(process.pid)))


def test_progress_is_shown_on_a_terminal_and_gone_at_the_end():
    began = time.monotonic()
    ours, theirs = os.openpty()
    process = start("-d", "2500ms", stderr=theirs)
    os.close(theirs)
    result = finish(process, began)
    shown = os.read(ours, 4096)
    os.close(ours)
    assert result.code == 0 and b"LATENCY" in result.out
    assert b"1 s of 2.5 s" in shown and b"2 s of 2.5 s" in shown
    assert shown.endswith(b"\r\x1b[K")
