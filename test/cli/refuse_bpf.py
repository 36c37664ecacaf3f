#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""refuse_bpf.py COMMAND …: runs it where bpf(2) answers EPERM, as containers do (seccomp)."""
import ctypes
import errno
import os
import platform
import sys

AUDIT_ARCH, NR_BPF = {"x86_64": (0xC000003E, 321), "aarch64": (0xC00000B7, 280)}[
    platform.machine()]
PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 22, 2, 38
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8),
                ("k", ctypes.c_uint32)]


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(Instruction))]


def refuse():
    code = (Instruction * 6)(
        (LOAD, 0, 0, 4), (JUMP_EQUAL, 0, 3, AUDIT_ARCH),
        (LOAD, 0, 0, 0), (JUMP_EQUAL, 0, 1, NR_BPF),
        (RETURN, 0, 0, ERRNO | errno.EPERM), (RETURN, 0, 0, ALLOW))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
            PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(Filter(len(code), code)), 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    refuse()
    os.execv(sys.argv[1], sys.argv[1:])
