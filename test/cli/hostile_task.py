#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""hostile_task.py HEX SECONDS: sleeps in short turns under a command name given in hexadecimal."""
import ctypes
import sys
import time

PR_SET_NAME = 15

if __name__ == "__main__":
    ctypes.CDLL(None).prctl(PR_SET_NAME, bytes.fromhex(sys.argv[1]) + b"\0", 0, 0, 0)
    print("ready", flush=True)
    end = time.monotonic() + float(sys.argv[2])
    while time.monotonic() < end:
        time.sleep(0.002)
