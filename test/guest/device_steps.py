#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs in a guest with the module in: does to /dev/whylate all that abi/module.h does not allow, and says
"all refused" in the end. Two users of each sort, commands out of order, numbers out of range, calls with
memory that is not there."""
import ctypes
import errno
import fcntl
import mmap
import os
import random
import struct
import subprocess
import sys

DEVICE = "/dev/whylate"
# abi/module.h: direction, size, 'w', number.
libc = ctypes.CDLL(None, use_errno=True)


def ioc(direction, number, size):
    return direction << 30 | size << 16 | ord("w") << 8 | number


def call(fd, request, argument):
    """errno; 0: it was done."""
    ctypes.set_errno(0)
    return ctypes.get_errno() if libc.ioctl(fd, ctypes.c_ulong(request), argument) < 0 else 0


VERSION = 3     # WHY_MODULE_VERSION


def stalls(version=VERSION, over_ns=1_000_000, period_ns=0, steal=0, queue=(-1, -1)):
    """struct why_module_stalls."""
    return ctypes.create_string_buffer(struct.pack("<IIIiiIQQiii4x", version, 0, 0, *queue, 0, period_ns,
                                                   over_ns, 0, steal, 0))


STALLS = ioc(3, 6, len(stalls()) - 1)
STALLS_END, STALL_TALLY, EDGE, WALK = ioc(0, 7, 0), ioc(3, 8, 72), ioc(0, 3, 0), ioc(0, 4, 0)
EVENT = ioc(3, 1, 40)


def opened():
    return os.open(DEVICE, os.O_RDONLY)


def refused(what, got, *allowed):
    assert got in allowed, f"{what}: {errno.errorcode.get(got, got)}"


def open_for_writing():
    try:
        os.open(DEVICE, os.O_RDWR)
        return 0
    except OSError as error:
        return error.errno


def without_a_setup(fd):
    for request in (EDGE, WALK, STALLS_END):
        refused("out of order", call(fd, request, ctypes.c_long(0)), errno.EINVAL)
    refused("a tally of nothing", call(fd, STALL_TALLY, ctypes.create_string_buffer(72)), errno.EINVAL)
    assert os.read(fd, 4096) == b""
    for offset in (0, 1 << 40, 9 << 40, 4096):
        try:
            mmap.mmap(fd, 4096, mmap.MAP_SHARED, mmap.PROT_READ, offset=offset)
            raise AssertionError("mapped")
        except OSError as error:
            refused("mmap", error.errno, errno.EINVAL)


def wrong_stalls(fd):
    for wrong in ({"version": VERSION - 1}, {"version": 2**32 - 1}, {"period_ns": 1}, {"period_ns": 9999}, {"steal": 3},
                  {"steal": 2**30}, {"steal": -2**31}, {"queue": (8, 8)}, {"queue": (2**31 - 1, 0)},
                  {"queue": (-2**31, 0)}, {"queue": (3, 5)}):
        refused(wrong, call(fd, STALLS, stalls(**wrong)), errno.EINVAL)


def two_users():
    one, other = opened(), opened()
    assert call(one, STALLS, stalls()) == 0
    refused("twice", call(one, STALLS, stalls()), errno.EBUSY)
    refused("a second user", call(other, STALLS, stalls()), errno.EBUSY)
    refused("another's", call(other, STALLS_END, 0), errno.EINVAL)
    refused("no such CPU", call(one, STALL_TALLY, ctypes.create_string_buffer(struct.pack("<I68x", 4096))),
            errno.ENOENT)
    refused("an edge of what has none", call(one, EDGE, ctypes.c_long(0)), errno.EINVAL)
    assert subprocess.run(["rmmod", "whylate"], stderr=subprocess.DEVNULL).returncode
    assert call(one, STALLS_END, 0) == 0 and call(one, STALLS_END, 0) == 0
    try:
        os.read(one, 100)
        raise AssertionError("half a record")
    except OSError as error:
        refused("too small a read", error.errno, errno.EINVAL)
    os.close(one)
    assert call(other, STALLS, stalls()) == 0
    os.close(other)


def memory_that_is_not_there(fd):
    for request in (EVENT, STALLS, STALL_TALLY, ioc(1, 2, 1), ioc(3, 5, 40)):
        got = call(fd, request, ctypes.c_void_p(8))
        refused("no memory", got, errno.EFAULT, errno.ENOTTY)


def anything(fd):
    """Whatever comes: nothing may be left of it but an error, or a set-up, which close() undoes."""
    random.seed(1)
    for _ in range(3000):
        request = ioc(random.randrange(4), random.randrange(12), random.choice((0, 4, 8, 40, 56, 72, 160, 1024)))
        call(fd, request, ctypes.create_string_buffer(random.randbytes(2048)))
    for number in range(3000):
        call(fd, random.choice((EDGE, WALK, STALLS_END)), ctypes.c_ulong(random.getrandbits(64)))


def main():
    refused("open for writing", open_for_writing(), errno.EACCES)
    fd = opened()
    without_a_setup(fd)
    wrong_stalls(fd)
    memory_that_is_not_there(fd)
    two_users()
    anything(fd)
    os.close(fd)
    assert subprocess.run(["build/whylate", "profile", "--collector", "module", "-d", "200ms"],
                          stdout=subprocess.DEVNULL).returncode == 0
    print("all refused")


sys.exit(main())
