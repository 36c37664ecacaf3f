# SPDX-License-Identifier: GPL-2.0-only
"""Ids of the kernel's eBPF programs, maps and links, to see what a run leaves behind.

Others may use eBPF meanwhile: what a living process that is not ours holds is theirs.
"""
import ctypes
import os
import platform
import re
import time

NR_BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
NEXT_ID = {"prog": 11, "map": 12, "link": 31}      # bpf(2): BPF_*_GET_NEXT_ID
HELD = re.compile(r"^(prog|map|link)_id:\s*(\d+)", re.M)
libc = ctypes.CDLL(None, use_errno=True)


def ids():
    """All of them now, as {("prog", 12), …}."""
    found = set()
    for what, command in NEXT_ID.items():
        attr = (ctypes.c_uint32 * 32)()
        while libc.syscall(NR_BPF, command, ctypes.byref(attr), 12) == 0:
            found.add((what, attr[1]))
            attr[0] = attr[1]
    return found


def _held_by_others(ours):
    held = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) in ours:
            continue
        try:
            for fd in os.listdir(f"/proc/{pid}/fdinfo"):
                with open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii", errors="replace") as info:
                    held |= {(what, int(number)) for what, number in HELD.findall(info.read())}
        except OSError:
            continue        # it ended meanwhile
    return held


def left_since(before, ours, patience_s=5):
    """What is new since `before` and nobody else's; the kernel frees some of it late."""
    end = time.monotonic() + patience_s
    while True:
        new = ids() - before
        if new:
            new -= _held_by_others(ours)
        if not new or time.monotonic() > end:
            return new
        time.sleep(0.05)
