# SPDX-License-Identifier: GPL-2.0-only
"""Which kernels a test that has several of them runs in, and how patient it is there.

WHY_GUEST_KERNELS names others than the test's own, apart by spaces; WHY_GUEST_SLOW is how many times
as long everything may take in them. mk/debug-kernel.mk sets both.
"""
import os

SLOW = int(os.environ.get("WHY_GUEST_SLOW", "1"))


def kernels(*own):
    return tuple(os.environ.get("WHY_GUEST_KERNELS", "").split()) or own
